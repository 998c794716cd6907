"""Random sequences of operations under random faults, against a small model: all of it converges, nothing is doubled.

The engine is played by `Engine`: it keeps a state, runs again what failed, and after a crash looks for the creation
that was under way by the id that the inputs tell, as the sandbox's `up` does.
"""

import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import example_tenant as example
from sandbox.cloud import faults, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.faults import Fault, Kind
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Store
from sandbox.plugins.gcp import transport
from sandbox.plugins.gcp.provider import GcpProvider, id_of
from sandbox.plugins.protocol import InitFailedError, Properties, ProviderError, Resource
from unit.sandbox import no_defaults

NETWORK = "gcp:compute/network:Network"
SECRET = "gcp:secretmanager/secret:Secret"
MEMBER = "gcp:projects/iAMMember:IAMMember"
PROJECT = f"//cloudresourcemanager.googleapis.com/projects/{example.PROJECT}"
SEED = b"\x01\x02\x03\x04"
MOST_TRIES = 40  # three rules of a dozen hits at most

KINDS: tuple[Kind, ...] = ("quota", "unavailable", "lost-request", "timeout", "crash-before", "crash-after")
METHODS = ("*", "*.create", "*.insert", "*.get", "*.patch", "*.delete", "*.setIamPolicy")


def network(name: str, routing: str) -> tuple[str, Properties]:
    return NETWORK, {"name": name, "autoCreateSubnetworks": False, "routingMode": routing}


def secret(name: str, team: str) -> tuple[str, Properties]:
    return SECRET, {"secretId": name, "replication": {"auto": {}}, "labels": {"team": team}}


def member(team: str) -> tuple[str, Properties]:
    return MEMBER, {"project": example.PROJECT, "role": "roles/viewer", "member": f"group:{team}@example.com"}


names = st.sampled_from(("a", "b"))
resources = (
    st.builds(network, names, st.sampled_from(("REGIONAL", "GLOBAL")))
    | st.builds(secret, names, st.sampled_from(("shop", "search")))
    | st.builds(member, st.sampled_from(("security-team", "database-team")))
)
single = st.lists(st.integers(1, 8), min_size=1, max_size=3, unique=True).map(tuple[int, ...])
calls = single | st.integers(transport.ATTEMPTS, 2 * transport.ATTEMPTS + 1).map(lambda most: tuple(range(1, most)))
armed = st.lists(st.builds(Fault, st.sampled_from(METHODS), st.sampled_from(KINDS), calls), max_size=3)
steps = st.lists(st.tuples(st.sampled_from(("up", "down")), resources, armed), max_size=8)


class CrashError(BaseException):
    """Stands for the end of the plugin's process."""


@dataclass
class Entry:
    """A resource in the engine's state."""

    id: str
    inputs: Properties
    outputs: Properties
    failed: bool = False


@dataclass
class Engine:
    """The engine's part: a state, and repetition until everything is as declared."""

    provider: GcpProvider
    state: dict[tuple[str, str], Entry] = field(default_factory=dict[tuple[str, str], Entry])

    def up(self, token: str, wanted: Properties) -> None:
        """Brings a resource to what is declared, once."""
        key = (token, _name(wanted))
        entry = self.state.get(key)
        inputs, failures = self.provider.check(_resource(key), {}, wanted, SEED)
        assert failures == []
        try:
            if entry is None:
                identifier, outputs = self.provider.create(_resource(key), inputs, preview=False)
                self.state[key] = Entry(identifier, inputs, outputs)
            elif entry.failed or entry.inputs != inputs:
                resource = _resource(key, entry.id)
                outputs = self.provider.update(resource, entry.inputs, entry.outputs, inputs, preview=False)
                self.state[key] = Entry(entry.id, inputs, outputs)
        except InitFailedError as error:
            self.state[key] = Entry(error.resource_id, error.inputs, error.outputs, failed=True)
            raise
        except CrashError:
            if entry is None:
                self._find_pending(key, inputs)
            raise

    def down(self, token: str, wanted: Properties) -> None:
        """Takes a resource away, once."""
        key = (token, _name(wanted))
        entry = self.state.get(key)
        if entry is not None:
            self.provider.delete(_resource(key, entry.id), entry.outputs)
            del self.state[key]

    def _find_pending(self, key: tuple[str, str], inputs: Properties) -> None:
        """Imports the creation that a crash interrupted, if it took effect; faults are over by then."""
        identifier = id_of(key[0], inputs)
        assert identifier is not None
        with _no_faults(self.provider):
            found, present, outputs = self.provider.read(_resource(key, identifier), {}, {})
        if found:
            self.state[key] = Entry(found, present, outputs)


@contextmanager
def _no_faults(provider: GcpProvider) -> Generator[None]:
    store = provider.session.cloud.store
    before = store.setting(faults.SETTING) or "[]"
    store.set_setting(faults.SETTING, "[]")
    yield
    store.set_setting(faults.SETTING, before)


def _name(inputs: Properties) -> str:
    return str(inputs.get("name") or inputs.get("secretId") or inputs["member"])


def _resource(key: tuple[str, str], identifier: str = "") -> Resource:
    return Resource(f"urn:pulumi:sandbox::x::{key[0]}::{key[1]}", *key, identifier)


def _repeated(operation: Callable[[str, Properties], None], token: str, inputs: Properties) -> None:
    """Runs an operation until it succeeds, as a user does; faults hit only so many calls."""
    for _ in range(MOST_TRIES):
        try:
            operation(token, inputs)
        except (ProviderError, InitFailedError, CrashError):
            continue
        return
    pytest.fail(f"{operation} of {token} {inputs} did not converge in {MOST_TRIES} runs")


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A seeded cloud with the APIs on, to copy."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        seed.seed(directory, 6443, example.TENANT)
        cloud = Cloud(directory / "cloud.db")
        no_defaults.prevent(cloud.store)
        for service in ("compute", "secretmanager"):
            name = f"projects/{example.PROJECT}/services/{service}.googleapis.com"
            cloud.call("serviceusage.services.enable", name, Caller(seed.ADMIN))
        cloud.store.close()
        seed.write_credentials(directory, seed.ADMIN)
        yield directory


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=steps)
def test_whatever_fails_on_the_way_a_repeated_run_ends_where_it_should(
    template: Path, monkeypatch: pytest.MonkeyPatch, sequence: list[tuple[str, tuple[str, Properties], list[Fault]]]
) -> None:
    def crash() -> None:
        raise CrashError

    def no_pause(seconds: float) -> None:
        del seconds

    monkeypatch.setattr(faults, "crash", crash)
    monkeypatch.setattr(transport, "pause", no_pause)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(shutil.copytree(template, Path(folder) / "sandbox"))
        monkeypatch.setenv("SANDBOX_DIR", str(directory))
        credentials = directory / "credentials" / "admin.json"
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials))
        provider = GcpProvider()
        provider.configure({"project": example.PROJECT, "region": example.REGION})
        engine, model = Engine(provider), dict[tuple[str, str], Properties]()
        store = provider.session.cloud.store
        for verb, (token, inputs), hitting in sequence:
            store.set_setting(faults.SETTING, faults.describe(hitting))
            _repeated(getattr(engine, verb), token, inputs)
            if verb == "up":
                model[token, _name(inputs)] = inputs
            else:
                model.pop((token, _name(inputs)), None)
        store.set_setting(faults.SETTING, "[]")
        _assert_equal(store, engine, model)
        store.close()


def _assert_equal(store: Store, engine: Engine, model: dict[tuple[str, str], Properties]) -> None:
    """State, cloud and model are one."""
    assert engine.state.keys() == model.keys()
    assert not any(entry.failed for entry in engine.state.values())
    found = {(NETWORK, item.body["name"]): item.body for item in store.find("compute.networks", "//")}
    found |= {
        (SECRET, item.name.rpartition("/")[2]): item.body for item in store.find("secretmanager.projects.secrets", "//")
    }
    bindings = store.policy(PROJECT)["bindings"]
    viewers = [member for binding in bindings if binding["role"] == "roles/viewer" for member in binding["members"]]
    assert len(viewers) == len(set(viewers))
    assert found.keys() | {(MEMBER, member) for member in viewers} == model.keys()
    for (token, name), inputs in model.items():
        if token == NETWORK:
            assert found[token, name]["routingConfig"]["routingMode"] == inputs["routingMode"]
        if token == SECRET:
            assert found[token, name]["labels"] == inputs["labels"]
