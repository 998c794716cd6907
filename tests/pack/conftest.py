"""One server of the pack for all of its tests."""

from collections.abc import Generator

import pytest

from ambient import environment_of_its_own, pytest_configure
from pack.analyzer import Analyzer, serving

# pytest finds them here.
__all__ = ["environment_of_its_own", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The mutation tests change the pack of this process, which no server would know of."""
    parser.addoption("--in-process", action="store_true", help="ask the pack of this process, without a server")


@pytest.fixture(scope="session")
def analyzer(request: pytest.FixtureRequest) -> Generator[Analyzer]:
    """The running pack."""
    if request.config.getoption("--in-process"):
        from pack import local  # noqa: PLC0415 - the tests of the server load nothing of the pack

        yield local.analyzer()
    else:
        with serving() as running:
            yield running
