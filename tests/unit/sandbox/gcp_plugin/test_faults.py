"""Behaviour of the plugin at refusals for load, at silence and at its own death."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

import example_tenant as example
from sandbox.cloud import faults
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.faults import Fault
from sandbox.plugins.gcp import transport
from sandbox.plugins.gcp.provider import UNSETTLED
from sandbox.plugins.protocol import Properties
from toolchain.environments import CHECKOUT
from unit.sandbox.gcp_plugin.conftest import Plugin

NETWORK = "gcp:compute/network:Network"
MEMBER = "gcp:projects/iAMMember:IAMMember"
INPUTS: Properties = {"name": "main", "autoCreateSubnetworks": False}
TOOLS = CHECKOUT / "tools"
NAME = f"projects/{example.PROJECT}/global/networks/main"


class CrashError(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which take no time."""
    taken: list[float] = []
    monkeypatch.setattr(transport, "pause", taken.append)
    return taken


@pytest.fixture
def cloud(plugin: Plugin, tmp_path: Path) -> Cloud:
    """The cloud behind the plugin."""
    del plugin
    return Cloud(tmp_path / "cloud.db")


def arm(cloud: Cloud, *armed: Fault) -> None:
    cloud.store.set_setting(faults.SETTING, faults.describe(list(armed)))


def trailing(error: pytest.ExceptionInfo[grpc.RpcError]) -> list[str]:
    """The keys that came with an error."""
    metadata: Any = cast("Any", error.value).trailing_metadata()
    return [str(entry[0]) for entry in metadata or ()]


@pytest.mark.parametrize("kind", ["quota", "unavailable", "lost-request", "timeout"])
def test_a_passing_fault_is_not_seen_by_the_user(plugin: Plugin, cloud: Cloud, kind: faults.Kind) -> None:
    arm(cloud, Fault("compute.networks.insert", kind, (1,)))
    resource_id, outputs = plugin.create(NETWORK, INPUTS)
    assert (resource_id, outputs["name"]) == (NAME, "main")
    assert len(cloud.store.find("compute.networks", "//")) == 1


def test_attempts_are_bounded_and_their_pauses_grow(plugin: Plugin, cloud: Cloud, pauses: list[float]) -> None:
    arm(cloud, Fault("compute.networks.insert", "quota"))
    with pytest.raises(grpc.RpcError, match="Error 429: Quota exceeded"):
        plugin.create(NETWORK, INPUTS)
    assert pauses == [transport.FIRST_PAUSE * 2**n for n in range(transport.ATTEMPTS - 1)]


def test_a_full_quota_is_not_tried_again(plugin: Plugin, pauses: list[float]) -> None:
    with pytest.raises(grpc.RpcError, match="403"):
        plugin.create("gcp:storage/bucket:Bucket", {"name": "b", "location": "EU"})
    assert pauses == []


@pytest.mark.parametrize("kind", ["lost-request", "timeout"])
def test_a_creation_of_unknown_outcome_is_kept_and_settled_by_the_next_update(
    plugin: Plugin, cloud: Cloud, kind: faults.Kind
) -> None:
    arm(cloud, Fault("compute.networks.*", kind))
    with pytest.raises(grpc.RpcError, match="run the operation again") as kept:
        plugin.create(NETWORK, INPUTS)
    assert trailing(kept) == ["grpc-status-details-bin"]  # what tells the engine to keep the resource
    arm(cloud)
    checked, _ = plugin.check(NETWORK, INPUTS)
    outputs = plugin.update(NETWORK, NAME, {**checked, UNSETTLED: True}, checked, checked)
    assert UNSETTLED not in outputs
    assert plugin.read(NETWORK, NAME, checked)[:2] == (NAME, checked)
    assert len(cloud.store.find("compute.networks", "//")) == 1


def test_a_creation_that_was_refused_leaves_nothing_to_settle(plugin: Plugin, cloud: Cloud) -> None:
    arm(cloud, Fault("compute.networks.insert", "unavailable"))
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create(NETWORK, INPUTS)
    assert trailing(refused) == []


def test_somebody_elses_resource_is_never_taken_for_ones_own(plugin: Plugin, cloud: Cloud) -> None:
    plugin.create(NETWORK, {**INPUTS, "description": "another's"})
    arm(cloud, Fault("compute.networks.insert", "lost-request", (1,)))
    with pytest.raises(grpc.RpcError, match="Error 409") as conflict:
        plugin.create(NETWORK, INPUTS)
    assert trailing(conflict) == []


def test_a_deletion_whose_answer_was_lost_is_done(plugin: Plugin, cloud: Cloud) -> None:
    resource_id, state = plugin.create(NETWORK, INPUTS)
    arm(cloud, Fault("compute.networks.delete", "timeout", (1,)))
    plugin.delete(NETWORK, resource_id, state)
    assert plugin.read(NETWORK, resource_id, state)[0] == ""


def test_a_member_whose_answer_was_lost_is_there_once(plugin: Plugin, cloud: Cloud) -> None:
    arm(cloud, Fault("*.setIamPolicy", "timeout", (1,)))
    inputs: Properties = {
        "project": example.PROJECT,
        "role": "roles/viewer",
        "member": "group:security-team@example.com",
    }
    plugin.create(MEMBER, inputs)
    policy = cloud.store.policy(f"//cloudresourcemanager.googleapis.com/projects/{example.PROJECT}")
    viewers = [binding["members"] for binding in policy["bindings"] if binding["role"] == "roles/viewer"]
    assert viewers == [["group:security-team@example.com"]]


@pytest.mark.parametrize(("kind", "done"), [("crash-before", False), ("crash-after", True)])
def test_a_crash_leaves_the_call_done_or_not_done(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, kind: faults.Kind, *, done: bool
) -> None:
    def crash() -> None:
        raise CrashError

    monkeypatch.setattr(faults, "crash", crash)
    arm(cloud, Fault("*", kind, (1,)))
    happened: list[str] = []
    with pytest.raises(CrashError):
        faults.deliver(cloud.store, "compute.networks.insert", lambda: {"done": happened.append("x")})
    assert bool(happened) is done


@pytest.mark.parametrize(("kind", "done"), [("crash-before", 0), ("crash-after", 1)])
def test_a_crash_ends_the_process_and_leaves_whole_transactions(
    cloud: Cloud, tmp_path: Path, kind: faults.Kind, done: int
) -> None:
    program = (
        "import sys; from pathlib import Path; from sandbox.cloud import seed; from sandbox.cloud.api import Cloud\n"
        "from sandbox.cloud.iam import Caller; from sandbox.plugins.gcp.transport import call\n"
        f"cloud = Cloud(Path(sys.argv[1])); call(cloud, Caller(seed.ADMIN), 'compute.networks.insert', '{NAME}', {{}})"
    )
    arm(cloud, Fault("compute.networks.insert", kind))
    ended = subprocess.run([sys.executable, "-c", program, tmp_path / "cloud.db"], cwd=TOOLS, check=False)
    assert ended.returncode == faults.CRASHED
    assert len(cloud.store.find("compute.networks", "//")) == done


@pytest.fixture
def died(plugin: Plugin, cloud: Cloud, tmp_path: Path) -> None:
    """Another plugin created the network, and died before it could tell the engine."""
    arm(cloud, Fault("compute.networks.insert", "crash-after", (1,)))
    program = (
        "import json, sys; from sandbox.plugins.gcp.provider import GcpProvider\n"
        "from sandbox.plugins.protocol import Resource; provider = GcpProvider(); provider.configure({})\n"
        f"provider.create(Resource('', '{NETWORK}', 'x', ''), json.loads(sys.argv[1]), preview=False)"
    )
    inputs = json.dumps(plugin.check(NETWORK, INPUTS)[0])
    env = {**os.environ, "SANDBOX_DIR": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", program, inputs], cwd=TOOLS, env=env, check=False)
    assert ended.returncode == faults.CRASHED


@pytest.mark.usefixtures("died")
def test_what_a_plugin_created_before_it_died_is_taken_over(plugin: Plugin, cloud: Cloud) -> None:
    assert plugin.create(NETWORK, INPUTS)[0] == NAME
    assert len(cloud.store.find("compute.networks", "//")) == 1


@pytest.mark.usefixtures("died")
def test_it_is_taken_over_once(plugin: Plugin) -> None:
    plugin.create(NETWORK, INPUTS)
    with pytest.raises(grpc.RpcError, match="already exists"):
        plugin.create(NETWORK, INPUTS)


@pytest.mark.usefixtures("died")
def test_it_is_not_taken_over_by_a_resource_that_differs(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="already exists"):
        plugin.create(NETWORK, {**INPUTS, "routingMode": "GLOBAL"})


@pytest.mark.usefixtures("died")
def test_it_is_taken_over_after_a_refusal(plugin: Plugin, cloud: Cloud) -> None:
    attempts = tuple(range(1, transport.ATTEMPTS + 1))
    arm(cloud, Fault("compute.networks.insert", "quota", attempts))
    with pytest.raises(grpc.RpcError, match="Quota exceeded"):
        plugin.create(NETWORK, INPUTS)
    assert plugin.create(NETWORK, INPUTS)[0] == NAME


def test_two_resources_of_one_name_conflict_while_their_plugin_lives(plugin: Plugin, cloud: Cloud) -> None:
    plugin.create(NETWORK, INPUTS)
    cloud.store.set_setting(f"unanswered.compute.networks.insert.{NAME}", str(os.getpid()))
    with pytest.raises(grpc.RpcError, match="already exists"):
        plugin.create(NETWORK, INPUTS)


def test_delay_is_only_delay(cloud: Cloud) -> None:
    arm(cloud, Fault("*", "latency", seconds=0.001))
    assert faults.deliver(cloud.store, "compute.networks.get", lambda: {"a": 1}) == {"a": 1}


def test_a_chance_of_nothing_hits_nothing(cloud: Cloud) -> None:
    arm(cloud, Fault("*", "quota", probability=0.0))
    assert faults.deliver(cloud.store, "compute.networks.get", lambda: {"a": 1}) == {"a": 1}


def test_the_environment_sets_faults_too(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faults.VARIABLE, '[{"method": "*", "kind": "quota"}]')
    with pytest.raises(ApiError, match="429"):
        faults.deliver(cloud.store, "compute.networks.get", dict)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x", "Invalid JSON"),
        ('{"method": "*"}', "valid array"),
        ('[{"kind": "quota"}]', "0.method: Field required"),
        ('[{"method": "*", "kind": "fire"}]', "0.kind: Input should be 'quota'"),
        ('[{"method": "*", "kind": "quota", "when": 1}]', "0.when: Unexpected keyword argument"),
    ],
)
def test_a_list_of_faults_that_cannot_be_read_is_refused_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(ApiError) as refused:
        faults.parse(text, "SANDBOX_FAULTS")
    assert fault in refused.value.message
