"""Fixtures of all unit tests."""

from ambient import environment_of_its_own, pytest_configure

# pytest finds them here.
__all__ = ["environment_of_its_own", "pytest_configure"]
