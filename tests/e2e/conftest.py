"""Fixtures of the tests of whole commands."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import Person, Ran, Sandbox
from e2e.sandboxes import BroughtUp, Draft, copy_checkout, made
from e2e.tenants import settle


@pytest.fixture(scope="session")
def e2e_folder() -> Iterator[Path]:
    """A folder with a short name: sockets in it have at most 100 characters."""
    folder = Path(tempfile.mkdtemp(prefix="e2e-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def person(e2e_folder: Path) -> Iterator[Person]:
    """Who runs the commands."""
    somebody = Person(e2e_folder / "home")
    yield somebody
    somebody.leave()


@pytest.fixture(scope="session")
def brought_up(e2e_folder: Path, person: Person) -> Iterator[BroughtUp]:
    """All layers, from nothing. Tests leave it as they found it."""
    with made(Sandbox(e2e_folder / "shared", person)) as sandbox:
        yield BroughtUp(sandbox, sandbox.run("up").succeeded())


@pytest.fixture(scope="session")
def shared(brought_up: BroughtUp) -> Sandbox:
    """The sandbox that most tests share."""
    return brought_up.sandbox


@pytest.fixture(scope="session")
def settled(e2e_folder: Path, person: Person) -> Iterator[tuple[Sandbox, Ran]]:
    """Two teams with an app each, up; and how the preview of the second app went before it was there."""
    folder = Path(tempfile.mkdtemp(prefix="two teams ", dir=e2e_folder))
    copy_checkout(folder / "checkout")
    with made(Sandbox(folder / "sandbox", person, folder / "checkout")) as sandbox:
        yield sandbox, settle(sandbox)


@pytest.fixture(scope="session")
def tenants(settled: tuple[Sandbox, Ran]) -> Sandbox:
    """The sandbox of the two teams. Tests leave it as they found it."""
    return settled[0]


@pytest.fixture(scope="module")
def draft(e2e_folder: Path, person: Person) -> Iterator[Draft]:
    """A copy of the checkout with nothing up yet."""
    folder = Path(tempfile.mkdtemp(prefix="a draft ", dir=e2e_folder))
    copy_checkout(folder / "checkout")
    with made(Sandbox(folder / "sandbox", person, folder / "checkout")) as sandbox:
        yield Draft(sandbox)
