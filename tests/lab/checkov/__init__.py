"""Runs checkov over everything that a sandbox deployed, with a written reason for every exception.

Owns the conversion from our states to what checkov reads, and the list of exceptions. The checks are checkov's own, so
they do not share our errors.
"""
