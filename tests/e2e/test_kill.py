"""A run that ends in the middle, killed or interrupted, is carried on by the next plain `make up`.

One sandbox goes through all of it, one interruption after the other, so each run also carries on the one before. Where
the run before has finished the stacks below, only the stacks of the next moment are brought up. The moments are chosen
by what is in the audit log and the state, and held open by answers of the simulated cloud that come late: in each, the
cloud has done what the engine does not know yet.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cli.layout import Stack
from e2e.harness import FOUNDATION, NAMESPACES, STACKS, STORAGE, STOREFRONT, Sandbox, ended, is_write, kill_tree, until
from e2e.inventory import inventory
from e2e.person import Person
from e2e.sandboxes import BroughtUp, made
from sandbox import servers
from waiting import eventually, sparing


@dataclass(frozen=True)
class Begun:
    """A run that has begun: the audit log's last entry before, and when (seconds since 1970)."""

    mark: int
    at: float


@dataclass(frozen=True)
class Moment:
    """When to end a run.

    Attributes:
        has_come: looks at the sandbox, since a run has begun.
        late: the API method whose answers are late; "" for none.
        only: options that narrow the run.
    """

    has_come: Callable[[Sandbox, Begun], bool]
    late: str = ""
    only: tuple[str, ...] = ()

    def environment(self, seconds: float) -> dict[str, str]:
        """Variables that delay the answers of the simulated cloud."""
        fault = {"method": self.late, "kind": "latency", "seconds": seconds}
        return {"SANDBOX_FAULTS": json.dumps([fault])} if self.late else {}


def _done(method: str) -> Callable[[Sandbox, Begun], bool]:
    return lambda sandbox, begun: any(
        call.method == method and call.status == "OK" for call in sandbox.calls(begun.mark)
    )


def _begun(stack: Stack, kind: str) -> Callable[[Sandbox, Begun], bool]:
    def has_come(sandbox: Sandbox, begun: Begun) -> bool:
        log = sandbox.directory.logs() / f"{stack.project}-{stack.name}-up.log"
        # Before its update begins, what the state holds is the run's before.
        if not log.exists() or log.stat().st_mtime < begun.at:
            return False
        state = sandbox.state(stack)
        return state is not None and any(each.resource.type == kind for each in state.pending)

    return has_come


def _servers_start(sandbox: Sandbox, begun: Begun) -> bool:
    return len(sandbox.server_processes()) == 2 and servers.status(sandbox.path)[0].state == "starting"


SERVERS_START = Moment(_servers_start)
ACCOUNT_MADE = Moment(_done("iam.projects.serviceAccounts.create"), "iam.projects.serviceAccounts.get")
CONTRACT_WRITTEN = Moment(_done("secretmanager.projects.secrets.addVersion"), "secretmanager.*.versions.enable")
DATABASE_MADE = Moment(_done("sql.instances.insert"), "sql.instances.get")
NAMESPACE_BEGUN = Moment(_begun(NAMESPACES, "kubernetes:core/v1:Namespace"), only=("--layer", "platform"))
DEPLOYMENT_BEGUN = Moment(_begun(STOREFRONT, "kubernetes:apps/v1:Deployment"))
SETTLING = Moment(lambda sandbox, _: any(sandbox.path.glob("run/unread-*.json")), only=("--app", "storefront"))


@pytest.fixture(scope="module")
def unlucky(e2e_folder: Path, person: Person) -> Iterator[Sandbox]:
    """The sandbox whose runs end too early."""
    with made(Sandbox(e2e_folder / "unlucky", person)) as sandbox:
        yield sandbox


def _begin(sandbox: Sandbox, moment: Moment, seconds: float) -> subprocess.Popen[str]:
    """Start a run and wait for the moment in it; late answers take that many seconds."""
    begun = Begun(sandbox.mark(), time.time())
    running = sandbox.start("up", *moment.only, **moment.environment(seconds))

    def has_come() -> bool:
        return moment.has_come(sandbox, begun)

    # What late answers hold open is not missed between two looks.
    until(sparing(has_come) if moment.late else has_come, running)
    return running


@pytest.mark.parametrize(
    ("moment", "with_servers"),
    [
        pytest.param(SERVERS_START, True, id="while-servers-start"),
        pytest.param(ACCOUNT_MADE, False, id="account-made-and-not-recorded", marks=pytest.mark.sweep),
        pytest.param(CONTRACT_WRITTEN, True, id="contract-written-and-not-recorded", marks=pytest.mark.sweep),
        pytest.param(DATABASE_MADE, False, id="database-made-and-not-recorded"),
        pytest.param(NAMESPACE_BEGUN, True, id="namespace-begun", marks=pytest.mark.sweep),
        pytest.param(DEPLOYMENT_BEGUN, False, id="deployment-begun"),
        pytest.param(SETTLING, True, id="while-the-interrupted-update-is-settled"),
    ],
)
def test_a_run_gets_to_the_moment_at_which_it_is_killed(unlucky: Sandbox, moment: Moment, with_servers: bool) -> None:
    running = _begin(unlucky, moment, seconds=60)

    kill_tree(running.pid, spare=() if with_servers else unlucky.server_processes())
    if with_servers:
        for pid in unlucky.server_processes():
            kill_tree(pid)
        eventually(lambda: unlucky.server_processes() == [])  # the kernel clears them away
    killed = ended(running)

    assert killed.code == -signal.SIGKILL
    assert len(unlucky.server_processes()) == (0 if with_servers else 2)


def test_the_next_plain_up_carries_on_so_that_nothing_is_doubled_or_lost_or_left_to_do(
    all_layers: BroughtUp, unlucky: Sandbox
) -> None:
    unlucky.run("up").succeeded()
    mark = unlucky.mark()

    again = unlucky.run("up").succeeded()

    assert "no changes; up in" in again.out
    assert [call.method for call in unlucky.calls(mark) if is_write(call)] == []
    states = [unlucky.state(stack) for stack in STACKS]
    assert [state.pending if state else None for state in states] == [()] * len(STACKS)
    assert inventory(unlucky) == all_layers.inventory
    for sandbox in (unlucky, all_layers.sandbox):  # idle servers would slow down what follows
        servers.stop(sandbox.path)


@pytest.fixture(scope="module")
def stopped(e2e_folder: Path, person: Person) -> Iterator[Sandbox]:
    """The sandbox whose runs are interrupted by the person."""
    with made(Sandbox(e2e_folder / "stopped", person)) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("stack", "moment"),
    [
        pytest.param(FOUNDATION, ACCOUNT_MADE, id="identity"),
        pytest.param(STORAGE, DATABASE_MADE, id="storage", marks=pytest.mark.sweep),
    ],
)
def test_ctrl_c_ends_with_130_says_what_is_left_and_the_next_up_carries_on(
    stopped: Sandbox, stack: Stack, moment: Moment
) -> None:
    alone = replace(moment, only=("--layer", stack.project))
    running = _begin(stopped, alone, seconds=1)  # well within the time that the engine is given to finish
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does
    interrupted = ended(running)

    assert interrupted.code == 130, interrupted.text
    assert "Traceback" not in interrupted.text
    assert "`make up` continues, `make down` discards everything" in interrupted.err
    state = stopped.state(stack)
    assert state
    assert state.pending == ()
    assert len(stopped.server_processes()) == 2

    stopped.run("up", "--layer", stack.project).succeeded()
    assert "no changes; up in" in stopped.run("up", "--layer", stack.project).succeeded().out
