"""The instance `orders` on a real PostgreSQL, and its administrator."""

from collections.abc import Iterator

import pytest

from cli.databases.actual import Send
from cli.embedded.cloud import SimulatedCloud
from unit.sandbox.sql.world import DBA, World, opened


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The instance `orders` with the databases `orders` and `invoices`, and a user for each of two apps."""
    with opened(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture(scope="module")
def send(world: World) -> Send:
    """SQL as the administrator."""
    return SimulatedCloud.sender(world.cloud, DBA.member)
