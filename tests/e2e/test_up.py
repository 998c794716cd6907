"""The whole way: from nothing to three layers, again without a change, and away."""

import base64
import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.layout import Stack
from e2e.harness import (
    FOUNDATION,
    IDENTITY,
    NAMESPACES,
    PLATFORM,
    PROJECT,
    STACKS,
    STORAGE,
    TEAM,
    Ran,
    Sandbox,
    account,
    ended,
    is_write,
)
from e2e.person import Person
from e2e.sandboxes import BroughtUp, made
from identity_layer.kit.envelope import secret_id
from sandbox import servers
from toolchain.environments import CHECKOUT

LAYERS = ("identity", "platform", "apps")
STORES = ("foundation", "identity", "team", "platform", "storage", "namespaces", "apps")
PREVIEWERS = (
    "identity-preview",
    "team-preview",
    "platform-preview",
    "storage-preview",
    "namespaces-preview",
    "apps-shop-preview",
)
SECRETS = ("ya29.", "PRIVATE KEY", *(f"sandbox-{store}" for store in STORES))


def _states(sandbox: Sandbox) -> dict[str, str]:
    """Every file of the three backends by its digest."""
    root = sandbox.path / "state"
    return {str(file.relative_to(root)): _digest(file) for file in root.rglob("*") if file.is_file()}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _projects() -> dict[str, str]:
    """Every file of the layers and the pack, environments and byte code excepted."""
    found: dict[str, str] = {}
    for project in (*LAYERS, "policies"):
        for folder, folders, files in os.walk(CHECKOUT / project):
            folders[:] = [name for name in folders if name not in (".venv", "__pycache__")]
            found |= {f"{folder}/{name}": _digest(Path(folder) / name) for name in files}
    return found


def test_up_from_nothing_tells_layers_identities_and_verdicts(brought_up: BroughtUp) -> None:
    rows = [line.split() for line in brought_up.first.out.splitlines()]
    told = {row[0]: row for row in rows if row and row[0] in {stack.title for stack in STACKS}}

    assert {name: row[-3:-1] for name, row in told.items()} == {
        "identity/foundation": ["admin", "passed"],
        "identity": ["identity-deploy", "passed"],
        "identity/team-shop": ["team-deploy", "passed"],
        "platform": ["platform-deploy", "passed"],
        "platform/storage": ["storage-deploy", "passed"],
        "platform/namespaces-shop": ["namespaces-deploy", "passed"],
        "apps/reports": ["apps-shop-deploy", "passed"],
        "apps/storefront": ["apps-shop-deploy", "passed"],
    }
    assert all(int(row[1]) > 0 and row[2] == "created" for row in told.values())


@pytest.mark.parametrize(
    ("stack", "contract", "output", "number"),
    [
        (FOUNDATION, "foundation", "contract", 1),
        (IDENTITY, "identity", "contract", 2),
        (TEAM, "team", "contract", 1),
        (PLATFORM, "network", "contract-network", 1),
        (PLATFORM, "platform", "contract", 3),
        (STORAGE, "storage", "contract", 2),
        (NAMESPACES, "namespaces", "contract", 1),
    ],
)
def test_a_stack_hands_over_what_its_output_shows(
    shared: Sandbox, stack: Stack, contract: str, output: str, number: int
) -> None:
    secret = secret_id(contract, stack.of_team())
    with shared.cloud() as cloud:
        name = f"//secretmanager.googleapis.com/{PROJECT}/secrets/{secret}/versions/1"
        version = cloud.store.get(name)
    assert version is not None
    written = json.loads(base64.b64decode(version.body["payload"]["data"]))

    assert written == shared.outputs(stack)[output]
    assert (written["contract"], written["version"]) == (contract, number)


def test_no_stack_but_the_datastores_own_has_a_datastore_within_reach(shared: Sandbox) -> None:
    kinds = {stack: {resource["type"] for resource in shared.raw_state(stack)["resources"]} for stack in STACKS}
    of_sql = {stack: {kind for kind in types if kind.startswith("gcp:sql/")} for stack, types in kinds.items()}

    assert {stack for stack, types in of_sql.items() if types} == {STORAGE, NAMESPACES}
    # A team's logins open no table, and hold no data.
    assert of_sql[NAMESPACES] == {"gcp:sql/user:User"}
    assert not {kind for kind in kinds[STORAGE] if kind.startswith(("gcp:compute/", "gcp:container/", "kubernetes:"))}


def test_the_app_is_available_with_as_many_pods_as_its_autoscaler_keeps(shared: Sandbox) -> None:
    # The autoscaler looks every 15 seconds; until its first look a new app has one pod.
    until = "kubectl wait deployment storefront --for=jsonpath='{.status.availableReplicas}'=2 --timeout=600s >&2"
    done = shared.shell("apps", f"{until}; kubectl get deployment storefront --output json").succeeded()
    status = json.loads(done.out)["status"]

    assert status["availableReplicas"] == status["replicas"] == 2
    assert {each["type"]: each["status"] for each in status["conditions"]}["Available"] == "True"


def test_a_second_up_changes_nothing_anywhere(shared: Sandbox) -> None:
    states, files, mark = _states(shared), _projects(), shared.mark()

    done = shared.run("up").succeeded()

    assert "no changes; up in" in done.out
    assert done.err.count(" unchanged") == len(STACKS)
    assert "update …" not in done.err
    assert _states(shared) == states
    assert _projects() == files
    assert [call.method for call in shared.calls(mark) if is_write(call)] == []


def test_a_preview_runs_as_the_read_only_identities_and_writes_nothing(shared: Sandbox) -> None:
    states, files, mark = _states(shared), _projects(), shared.mark()

    done = shared.run("preview").succeeded()

    for name in PREVIEWERS:
        assert f"as {name}@" in done.err
    calls = shared.calls(mark)
    used = {call.resource.rpartition("/")[2] for call in calls if call.method.endswith(".generateAccessToken")}
    assert used == {account(name) for name in PREVIEWERS}
    callers = {call.principal for call in calls}
    # Who asks for a token is nobody yet; what comes of it is a job on a pull request.
    jobs = {caller for caller in callers if caller.endswith("/subject/400500600:1")}
    assert callers == {"allUsers", *jobs, *(f"serviceAccount:{name}" for name in used)}
    assert len(jobs) == 1
    assert [call.method for call in calls if is_write(call)] == []
    assert [call for call in calls if call.status != "OK" and not call.method.startswith("io.k8s.")] == []
    assert _states(shared) == states
    assert _projects() == files


@pytest.mark.parametrize(
    ("layer", "other"),
    [
        ("identity", "foundation"),
        ("identity", "platform"),
        ("team", "identity"),
        ("namespaces", "platform"),
        ("platform", "storage"),
        ("storage", "platform"),
        ("apps", "identity"),
    ],
)
def test_no_layer_opens_the_state_of_another_with_its_own_passphrase(shared: Sandbox, layer: str, other: str) -> None:
    foreign = shared.path / "passphrase" / other
    command = f"PULUMI_CONFIG_PASSPHRASE_FILE='{foreign}' pulumi preview --non-interactive"

    done = shared.shell(layer, command)

    assert done.code != 0
    assert "incorrect passphrase" in done.text


def _is_own(file: Path) -> bool:
    """Return whether a file is the sandbox's own; its programs are links to the programs of all sandboxes."""
    return file.is_file() and not file.is_symlink()


def test_no_secret_lies_in_clear_outside_its_place(shared: Sandbox) -> None:
    places = {shared.path / "pki", shared.path / "passphrase"}
    files = [file for file in shared.path.rglob("*") if _is_own(file) and places.isdisjoint(file.parents)]
    found = {
        (str(file.relative_to(shared.path)), secret)
        for file in files
        for secret in SECRETS
        if secret.encode() in file.read_bytes()
    }

    assert len(files) > 20
    assert found == set()


def test_the_engine_writes_no_file_of_its_state_in_two_steps(shared: Sandbox) -> None:
    # Metadata beside a file is not written whole, and a killed engine's half of it makes the state unreadable.
    assert list((shared.path / "state").rglob("*.attrs")) == []


def test_a_sandbox_is_its_owners_alone(shared: Sandbox) -> None:
    secret = [*(shared.path / "pki").glob("*.key"), *(shared.path / "passphrase").iterdir()]

    assert stat.S_IMODE(shared.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}


@pytest.fixture(scope="module")
def two_at_once(e2e_folder: Path, person: Person) -> Iterator[tuple[Sandbox, list[Ran]]]:
    """A sandbox that two people bring up in the same moment."""
    with made(Sandbox(e2e_folder / "both", person)) as sandbox:
        runs = [sandbox.start("up", "--layer", "identity") for _ in range(2)]
        yield sandbox, [ended(run) for run in runs]


def test_two_at_once_wait_for_each_other_and_do_the_work_once(two_at_once: tuple[Sandbox, list[Ran]]) -> None:
    sandbox, runs = two_at_once
    created = [call.resource for call in sandbox.calls() if call.method == "iam.projects.serviceAccounts.create"]

    assert [run.code for run in runs] == [0, 0], "\n".join(run.text for run in runs)
    assert sorted("waiting for process" in run.err for run in runs) == [False, True]
    assert sorted("no changes; up in" in run.out for run in runs) == [False, True]
    assert len(created) == len(set(created)) > 0


def test_down_stops_the_servers_discards_the_folder_and_says_why(two_at_once: tuple[Sandbox, list[Ran]]) -> None:
    sandbox, _ = two_at_once
    processes = sandbox.server_processes()
    ports = servers.read_ports(sandbox.path)

    done = sandbox.run("down").succeeded()

    assert "datastores are protected, and no layer's identity may destroy one" in done.err
    assert not sandbox.path.exists()
    assert list(sandbox.path.parent.glob("both*")) == []
    assert len(processes) == 2
    assert [pid for pid in processes if _runs(pid)] == []
    assert ports


def _runs(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(told.stdout.strip()) and not told.stdout.strip().startswith("Z")


def test_nothing_of_the_persons_own_set_up_is_read_or_written(shared: Sandbox, person: Person) -> None:
    shared.run("status").succeeded()

    assert person.opened == set()
    assert person.added == set()
