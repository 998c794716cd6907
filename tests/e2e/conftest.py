"""Fixtures of the tests of whole commands.

Sandboxes that many files of tests share run while one of these files does, and stand still in between: an idle control
plane takes a tenth of a core, and each process of the run has its own.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ambient import environment_of_its_own, pytest_configure
from e2e.documents import Published
from e2e.harness import Ran, Sandbox
from e2e.kubernetes_objects import NAMESPACE, NUMBERS, create, provider_for
from e2e.person import Person
from e2e.sandboxes import BroughtUp, Draft, copy_checkout, made, running
from e2e.snapshots import Snapshots, removed_by_the_last
from e2e.tenants import admit, declare
from example_checkout import origin
from sandbox import programs, servers
from sandbox.gateway import kinds
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from toolchain.environments import CHECKOUT


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that writes the documents which a test compares."""
    parser.addoption("--update-documents", action="store_true", help="write the documents that a test compares")


@pytest.fixture
def published(request: pytest.FixtureRequest) -> Published:
    """The committed documents, compared or written."""
    update = bool(request.config.getoption("--update-documents"))
    return Published(CHECKOUT, origin(), update, request.node.nodeid.partition("::")[0])


# pytest finds them here.
__all__ = ["environment_of_its_own", "pytest_configure"]


@pytest.fixture(scope="session")
def e2e_folder() -> Iterator[Path]:
    """A folder with a short name: sockets in it have at most 100 characters."""
    folder = Path(tempfile.mkdtemp(prefix="e2e-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def person(e2e_folder: Path) -> Iterator[Person]:
    """The person who runs the commands."""
    somebody = Person(e2e_folder / "home")
    yield somebody
    somebody.leave()


@pytest.fixture(scope="session")
def snapshots(
    e2e_folder: Path, person: Person, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Snapshots]:
    """The snapshots of this run of the tests; the last of its processes removes them."""
    base = tmp_path_factory.getbasetemp()
    store = (base if worker_id == "master" else base.parent) / "snapshots"
    store.mkdir(exist_ok=True)
    with removed_by_the_last(store):
        yield Snapshots(store, e2e_folder, person)


@pytest.fixture(scope="package")
def all_layers(e2e_folder: Path, person: Person, snapshots: Snapshots) -> Iterator[BroughtUp]:
    """All layers, from nothing."""
    with made(Sandbox(e2e_folder / "shared", person)) as sandbox:
        yield BroughtUp(sandbox, snapshots.everything(sandbox))


@pytest.fixture(scope="module")
def brought_up(all_layers: BroughtUp) -> Iterator[BroughtUp]:
    """All layers, running. Tests leave them as they found them."""
    with running(all_layers.sandbox):
        yield all_layers


@pytest.fixture(scope="module")
def shared(brought_up: BroughtUp) -> Sandbox:
    """The sandbox that most tests share."""
    return brought_up.sandbox


@pytest.fixture(scope="package")
def two_teams(e2e_folder: Path, person: Person, snapshots: Snapshots) -> Iterator[tuple[Sandbox, Ran]]:
    """Two teams with an app each, up; and how the preview of the second app went before it was there."""
    folder = Path(tempfile.mkdtemp(prefix="two teams ", dir=e2e_folder))
    copy_checkout(folder / "checkout")
    with made(Sandbox(folder / "sandbox", person, folder / "checkout")) as sandbox:
        declare(sandbox.checkout)
        yield sandbox, snapshots.tenants(sandbox)


@pytest.fixture(scope="module")
def settled(two_teams: tuple[Sandbox, Ran]) -> Iterator[tuple[Sandbox, Ran]]:
    """The two teams' sandbox, running, with that preview."""
    with running(two_teams[0]):
        admit(two_teams[0])  # since it was started
        yield two_teams


@pytest.fixture(scope="module")
def tenants(settled: tuple[Sandbox, Ran]) -> Sandbox:
    """The sandbox of the two teams. Tests leave it as they found it."""
    return settled[0]


@pytest.fixture(scope="module")
def draft(e2e_folder: Path, person: Person, snapshots: Snapshots) -> Iterator[Draft]:
    """A copy of the checkout with nothing up yet."""
    folder = Path(tempfile.mkdtemp(prefix="a draft ", dir=e2e_folder))
    copy_checkout(folder / "checkout")
    with made(Sandbox(folder / "sandbox", person, folder / "checkout")) as sandbox:
        yield Draft(sandbox, snapshots)


@pytest.fixture(scope="module")
def kube_binary() -> Path:
    """The control plane."""
    found = programs.find_controlplane()
    if found is None:
        pytest.fail("the control plane is not built; `make tools` builds it")
    return found.path


@pytest.fixture(scope="module")
def kube_sandbox(kube_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster of its own."""
    folder = tmp_path_factory.mktemp("cluster") / "sandbox"
    servers.start(folder, kube_binary)
    try:
        servers.wait_ready(folder)
        kubectl = folder / "kubectl"  # the program's name says which part of it runs
        kubectl.symlink_to(kube_binary)
        kinds.install(folder, kubectl)
        yield folder
    finally:
        servers.stop(folder)


@pytest.fixture(scope="module")
def kube_admin(kube_sandbox: Path) -> KubernetesProvider:
    """The plugin as the administrator of that cluster."""
    return provider_for(str(kube_sandbox / "pki" / "admin.kubeconfig"))


@pytest.fixture
def kube_namespace(kube_admin: KubernetesProvider) -> str:
    """A namespace that nobody else has."""
    name = f"t-{next(NUMBERS)}"
    create(kube_admin, NAMESPACE, {"metadata": {"name": name}})
    return name
