"""One server of the pack for all of its tests."""

from collections.abc import Generator

import pytest

from pack.analyzer import Analyzer, serving


@pytest.fixture(scope="session")
def analyzer() -> Generator[Analyzer]:
    """The running pack."""
    with serving() as running:
        yield running
