"""The move of the datastores and of the foundation out of a state of one stack, by the real engine.

The first sandbox holds a state as the commit before the division made it (unit/policies/engine). The second one is
brought up, its two states are joined to that shape, and after the move nothing is left to do.
"""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import state
from cli.embedded.environment import administrator_environment
from cli.embedded.start import ServerStart
from cli.layout import Stack
from e2e.harness import FOUNDATION, IDENTITY, PLATFORM, STORAGE, Sandbox, is_write
from e2e.person import Person
from e2e.sandboxes import Draft, made
from engine import states
from engine.division import Names, divided
from toolchain.environments import CHECKOUT

BEFORE = CHECKOUT / "tests/unit/policies/engine/one_platform_stack.json"
DATASTORES = {"orders", "orders-orders", "orders-user-storefront", "orders-administrators-database"}


def _pulumi(sandbox: Sandbox, stack: Stack, *arguments: str) -> str:
    command = [str(sandbox.directory.bin / "pulumi"), *arguments, "--non-interactive"]
    env = administrator_environment(sandbox.directory, stack)
    folder = sandbox.checkout / stack.project
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _write(sandbox: Sandbox, stack: Stack, deployment: dict[str, Any]) -> None:
    file = sandbox.path / "run" / "deployment.json"
    file.write_text(states.exported(deployment))
    _pulumi(sandbox, stack, "stack", "import", "--stack", stack.name, "--file", str(file))


def _deployment(sandbox: Sandbox, stack: Stack, *options: str) -> dict[str, Any]:
    exported = _pulumi(sandbox, stack, "stack", "export", "--stack", stack.name, *options)
    return states.deployment(exported, stack.name)


def _datastores(sandbox: Sandbox, stack: Stack) -> set[str]:
    resources = sandbox.raw_state(stack).get("resources", [])
    return {each["urn"].rpartition("::")[2] for each in resources if each["type"].startswith("gcp:sql/")}


def _digest(sandbox: Sandbox, stack: Stack) -> str:
    file = state.file(sandbox.directory, stack)
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


@pytest.fixture(scope="module")
def undivided(e2e_folder: Path, person: Person) -> Iterator[Sandbox]:
    """A sandbox with the state of one platform stack, and nothing else."""
    with made(Sandbox(e2e_folder / "undivided", person)) as sandbox:
        with sandbox.directory.locked("preparing a state"):
            ServerStart(sandbox.directory).wait()
        _pulumi(sandbox, PLATFORM, "stack", "init", PLATFORM.name, "--secrets-provider", "passphrase", "--no-select")
        _write(sandbox, PLATFORM, states.deployment(BEFORE.read_bytes(), BEFORE.name))
        yield sandbox


def test_the_move_is_shown_and_waits_for_a_yes(undivided: Sandbox) -> None:
    before = _digest(undivided, PLATFORM)

    shown = undivided.run("move").refused(2, "agree to what is shown above with YES=yes")

    for name in DATASTORES:
        assert name in shown.out
    assert _digest(undivided, PLATFORM) == before
    assert _datastores(undivided, PLATFORM) == DATASTORES


def test_everything_of_a_datastore_is_in_the_other_state_afterwards_and_nothing_in_the_cloud_is_touched(
    undivided: Sandbox,
) -> None:
    before, mark = _deployment(undivided, PLATFORM), undivided.mark()

    undivided.run("move", "--yes", "yes").succeeded()

    assert _datastores(undivided, PLATFORM) == set()
    assert _datastores(undivided, STORAGE) == DATASTORES
    ids = {each["id"] for each in before["resources"] if each.get("id")}
    after = [*_deployment(undivided, PLATFORM)["resources"], *_deployment(undivided, STORAGE)["resources"]]
    assert {each["id"] for each in after if each.get("id")} == ids
    assert [call.method for call in undivided.calls(mark) if is_write(call)] == []


def test_a_run_that_ended_between_the_two_states_goes_on(undivided: Sandbox) -> None:
    storage = _digest(undivided, STORAGE)
    _write(undivided, PLATFORM, states.deployment(BEFORE.read_bytes(), BEFORE.name))

    undivided.run("move", "--yes", "yes").succeeded()

    assert _datastores(undivided, PLATFORM) == set()
    assert _digest(undivided, STORAGE) == storage


def test_there_is_nothing_to_do_a_second_time(undivided: Sandbox) -> None:
    digests = [_digest(undivided, stack) for stack in (PLATFORM, STORAGE)]

    done = undivided.run("move", "--yes", "yes").succeeded()

    assert "nothing was changed" in done.err
    assert [_digest(undivided, stack) for stack in (PLATFORM, STORAGE)] == digests


def _is_datastore(kind: str) -> bool:
    return kind.startswith("gcp:sql/")


def _join(sandbox: Sandbox) -> None:
    """Put everything of the datastores back into the state of network and cluster."""
    names = Names("platform", STORAGE.name, PLATFORM.name)
    joined = divided(_deployment(sandbox, STORAGE), _deployment(sandbox, PLATFORM), _is_datastore, names)
    _write(sandbox, PLATFORM, joined.target)
    _write(sandbox, STORAGE, joined.source)


def test_after_the_move_there_is_nothing_left_to_deploy(draft: Draft) -> None:
    draft.bring_up("identity", "platform")
    _join(draft.sandbox)
    assert _datastores(draft.sandbox, PLATFORM) == DATASTORES
    stopped = draft.sandbox.run("up", "--owner", "platform")
    stopped.refused(1, "cannot be deleted", "because it is protected")

    draft.sandbox.run("move", "--yes", "yes").succeeded()
    done = draft.sandbox.run("up", "--layer", "platform").succeeded()

    assert "no changes; up in" in done.out


def _is_new(resource: dict[str, Any]) -> bool:
    """Return whether a resource exists only since the foundation is a stack of its own."""
    name = resource["urn"].rpartition("::")[2]
    return name.startswith(("contract-foundation", "state-foundation"))


def _closed(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Resources without dependencies on others."""
    urns = {resource["urn"] for resource in resources}
    return [
        {
            **resource,
            "dependencies": [urn for urn in resource.get("dependencies") or () if urn in urns],
            "propertyDependencies": {},
        }
        for resource in resources
    ]


def _identities(sandbox: Sandbox, stack: Stack) -> set[str]:
    resources = sandbox.raw_state(stack)["resources"]
    return {resource["id"] for resource in resources if resource.get("id") and not _is_new(resource)}


def test_the_foundation_leaves_the_state_of_daily_work_and_nothing_is_left_to_deploy(draft: Draft) -> None:
    draft.bring_up("identity", "platform")
    sandbox = draft.sandbox
    before = {stack: _identities(sandbox, stack) for stack in (FOUNDATION, IDENTITY)}
    separate = _deployment(sandbox, FOUNDATION, "--show-secrets")  # each state has a key of its own
    # As it was: one state, without what the foundation has for itself.
    new = [resource for resource in separate["resources"] if _is_new(resource)]
    old = {**separate, "resources": [resource for resource in separate["resources"] if resource not in new]}
    names = Names("identity", FOUNDATION.name, IDENTITY.name)
    joined = divided(old, _deployment(sandbox, IDENTITY), lambda _: True, names)
    _write(sandbox, IDENTITY, joined.target)
    kept = [
        resource
        for resource in separate["resources"]
        if not resource["custom"] or resource["type"] == "pulumi:providers:gcp" or _is_new(resource)
    ]
    _write(sandbox, FOUNDATION, {**separate, "resources": _closed(kept)})
    mark = sandbox.mark()

    sandbox.run("move", "--yes", "yes").succeeded()

    assert {stack: _identities(sandbox, stack) for stack in (FOUNDATION, IDENTITY)} == before
    assert [call.method for call in sandbox.calls(mark) if is_write(call)] == []
    done = sandbox.run("up", "--layer", "identity").succeeded()
    assert "no changes; up in" in done.out
