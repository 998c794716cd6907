"""Answers of `make access`: principals, their effective permissions, and the path to each.

One document (`model.py`) holds it: roles once, grants that refer to them, and whom somebody can become. It is made
from states and from what the cloud says (`build.py`); every question is answered from it alone (`decide.py`), so what
reads the document elsewhere can answer the same.
"""
