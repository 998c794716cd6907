"""The instance of the tests of SQL, shared by the tests of a file."""

from collections.abc import Iterator

import pytest

from unit.sandbox.sql.world import World, opened


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The instance `orders` with two databases, two apps and the administrators' group as users."""
    with opened(tmp_path_factory.mktemp("sandbox")) as made:
        yield made
