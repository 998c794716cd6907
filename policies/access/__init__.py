"""Answers of `make access`: principals, their effective permissions, and the path to each.

One document (`iam/document.py`) has all of it: roles, grants that refer to them, and the impersonation graph. It is
built from states and fetched policies (`iam/build.py`); every question is answered from the document alone
(`iam/decide.py`), so that every reader of the document gets the same answer.
"""
