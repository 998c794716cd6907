"""Several processes at once on one cloud: nothing is lost, nothing is done twice, nobody meets a locked file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from toolchain.environments import CHECKOUT
from waiting import LONGEST_SECONDS

PROJECT = f"projects/{example.PROJECT}"
TOOLS = CHECKOUT / "tools"
PROCESSES, ROUNDS = 4, 6

# What each process does in each round; `me` and `turn` make its names its own, "shared" is wanted by all.
WORKER = """
import json, sys
from pathlib import Path
import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.types import Session

directory, me, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
session = Session(Cloud(directory / "cloud.db"), Caller(seed.ADMIN), {"project": example.PROJECT})
member, network, secret = (
    TYPES["gcp:projects/iAMMember:IAMMember"],
    TYPES["gcp:compute/network:Network"],
    TYPES["gcp:secretmanager/secretVersion:SecretVersion"],
)
won = []
print("ready", flush=True)
sys.stdin.readline()
for turn in range(rounds):
    mine = {"project": example.PROJECT, "role": "roles/viewer", "member": f"user:{me}-{turn}@example.com"}
    member.create(session, mine)
    network.create(session, {"project": example.PROJECT, "name": f"n-{me}-{turn}", "autoCreateSubnetworks": False})
    secret.create(session, {"secret": f"projects/{example.PROJECT}/secrets/shared", "secretData": f"{me}-{turn}"})
    try:
        network.create(session, {"project": example.PROJECT, "name": f"shared-{turn}", "autoCreateSubnetworks": False})
        won.append(turn)
    except ApiError as error:
        assert error.status == "ALREADY_EXISTS", error
    if turn % 2:
        member.delete(session, mine)
print(json.dumps(won), flush=True)
"""


@pytest.fixture
def outcomes(cloud: Cloud, tmp_path: Path) -> list[list[int]]:
    """The rounds in which each process won the network that all wanted."""
    body: Json = {"replication": {"automatic": {}}}
    cloud.call("secretmanager.projects.secrets.create", f"{PROJECT}/secrets/shared", Caller(seed.ADMIN), body)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(me), str(ROUNDS)],
            cwd=TOOLS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for me in range(PROCESSES)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate("go\n", timeout=LONGEST_SECONDS) for process in running]
    assert [errors for _, errors in answers] == [""] * PROCESSES
    return [json.loads(output) for output, _ in answers]


def test_no_update_is_lost_and_no_name_is_given_twice(cloud: Cloud, outcomes: list[list[int]]) -> None:
    assert sorted(turn for won in outcomes for turn in won) == list(range(ROUNDS))
    policy = cloud.store.policy(f"//cloudresourcemanager.googleapis.com/{PROJECT}")
    viewers = [
        member for binding in policy["bindings"] if binding["role"] == "roles/viewer" for member in binding["members"]
    ]
    kept = {f"user:{me}-{turn}@example.com" for me in range(PROCESSES) for turn in range(0, ROUNDS, 2)}
    assert sorted(viewers) == sorted(kept)
    networks = {item.body["name"] for item in cloud.store.find("compute.networks", "//")}
    own = {f"n-{me}-{turn}" for me in range(PROCESSES) for turn in range(ROUNDS)}
    assert networks == own | {f"shared-{turn}" for turn in range(ROUNDS)}
    versions = cloud.store.find("secretmanager.projects.secrets.versions", "//")
    assert {item.name.rpartition("/")[2] for item in versions} == {str(n) for n in range(1, PROCESSES * ROUNDS + 1)}
    assert len({json.dumps(item.declared) for item in versions}) == PROCESSES * ROUNDS
