"""The move of what stacks of today declare out of the states of earlier divisions, by the real engine.

The first sandbox holds a state as the commit before the first division made it (unit/policies/engine). The second one
is brought up, its states are joined to the shapes that they had before each division, and after the move nothing is
left to do.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cli import layout, state
from cli.embedded.environment import administrator_environment
from cli.embedded.start import ServerStart
from cli.layout import Stack
from e2e.harness import IDENTITY, NAMESPACES, PLATFORM, STACKS, STORAGE, TEAM, Sandbox, is_write, ran
from e2e.person import Person
from e2e.sandboxes import Draft, made
from engine import states
from engine.division import Chain, Names, chains, divided
from toolchain.environments import CHECKOUT

STATES = CHECKOUT / "tests/unit/policies/engine"
BEFORE = STATES / "one_platform_stack.json"
WITHOUT_TEAMS = STATES / "stacks_without_teams.json.gz"
# Names of the datastores and their logins, by the stack that declares them.
DATASTORES = {
    STORAGE: {"orders", "orders-orders", "orders-administrators-database"},
    NAMESPACES: {"orders-user-storefront"},
}
HELD = set[str]().union(*DATASTORES.values())


def _pulumi(sandbox: Sandbox, stack: Stack, *arguments: str) -> str:
    command = [str(sandbox.directory.bin / "pulumi"), *arguments, "--non-interactive"]
    env = administrator_environment(sandbox.directory, stack)
    folder = sandbox.checkout / stack.project
    return ran(command, folder, env).succeeded().out


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

    for name in DATASTORES[STORAGE]:  # the first of its destinations
        assert name in shown.out
    assert _digest(undivided, PLATFORM) == before
    assert _datastores(undivided, PLATFORM) == HELD


def test_everything_of_a_datastore_is_in_the_other_state_afterwards_and_nothing_in_the_cloud_is_touched(
    undivided: Sandbox,
) -> None:
    before, mark = _deployment(undivided, PLATFORM), undivided.mark()

    undivided.run("move", "--yes", "yes").succeeded()

    assert _datastores(undivided, PLATFORM) == set()
    assert {stack: _datastores(undivided, stack) for stack in DATASTORES} == DATASTORES
    ids = {each["id"] for each in before["resources"] if each.get("id")}
    after = [each for stack in (PLATFORM, *DATASTORES) for each in _deployment(undivided, stack)["resources"]]
    assert {each["id"] for each in after if each.get("id")} == ids
    assert [call.method for call in undivided.calls(mark) if is_write(call)] == []


def test_a_run_that_ended_between_the_two_states_goes_on(undivided: Sandbox) -> None:
    digests = [_digest(undivided, stack) for stack in DATASTORES]
    _write(undivided, PLATFORM, states.deployment(BEFORE.read_bytes(), BEFORE.name))

    undivided.run("move", "--yes", "yes").succeeded()

    assert _datastores(undivided, PLATFORM) == set()
    assert [_digest(undivided, stack) for stack in DATASTORES] == digests


def test_there_is_nothing_to_do_a_second_time(undivided: Sandbox) -> None:
    digests = [_digest(undivided, stack) for stack in (PLATFORM, *DATASTORES)]

    done = undivided.run("move", "--yes", "yes").succeeded()

    assert "nothing was changed" in done.err
    assert [_digest(undivided, stack) for stack in (PLATFORM, *DATASTORES)] == digests


# Type and name of a resource in the cloud, and the stack whose state had it.
Shape = Mapping[tuple[str, str], Stack]
_PROVIDER = "pulumi:providers:"
_KUBERNETES = "pulumi:providers:kubernetes"


def _without_teams() -> Shape:
    """The shape before teams were stacks."""
    shapes: dict[str, dict[str, Any]] = json.loads(gzip.decompress(WITHOUT_TEAMS.read_bytes()))
    return {
        (each["type"], each["urn"].rpartition("::")[2]): layout.named("sandbox", title)
        for title, deployment in shapes.items()
        for each in deployment["resources"]
        if each["custom"] and not each["type"].startswith(_PROVIDER)
    }


def _one_stack_a_layer() -> Shape:
    """The shape before foundation and datastores were stacks, without what came with them."""
    return {
        (kind, name): Stack(stack.project, "sandbox")
        for (kind, name), stack in _without_teams().items()
        if not name.startswith(("contract-foundation", "contract-storage", "state-foundation"))
    }


def _join(sandbox: Sandbox, shape: Shape) -> None:
    """Put resources back into the states that had them; what came with the stacks of today stays in theirs.

    A state has a component with all that is in it, so what a component has got since then goes with it.
    """
    for source in STACKS:
        targets = [stack for stack in set(shape.values()) if stack.project == source.project and stack != source]
        if not targets:
            continue
        held = chains(_deployment(sandbox, source)).values()
        components = {
            chain[1]: shape[chain[0]]
            for chain in held
            if chain[0] in shape and chain[1:] and chain[1][0].startswith("prodfirst:")
        }

        def before(chain: Chain, components: Shape = components) -> Stack | None:
            return shape.get(chain[0]) or (components.get(chain[1]) if chain[1:] else None)

        for target in targets:
            names = Names(source.project, source.name, target.name)
            opened = _deployment(sandbox, source, "--show-secrets")  # each state has a key of its own
            division = divided(
                opened, _deployment(sandbox, target), lambda chain, of=before, to=target: of(chain) == to, names
            )
            if division.moved:
                _write(sandbox, target, _by_the_clusters_provider(division.target))
                _write(sandbox, source, _needed(division.source))


def _by_the_clusters_provider(deployment: dict[str, Any]) -> dict[str, Any]:
    """A state in which objects of Kubernetes stand on the provider of the cluster, if the state has that."""
    clusters = {
        each["urn"]: f"{each['urn']}::{each['id']}"
        for each in deployment["resources"]
        if each["type"] == _KUBERNETES and f"${_KUBERNETES}" in each["urn"]
    }
    if not clusters:
        return deployment
    [own] = clusters.values()
    kept = [each for each in deployment["resources"] if each["type"] != _KUBERNETES or each["urn"] in clusters]
    of_kubernetes = (
        {**each, "provider": own} if f"{_KUBERNETES}::" in each.get("provider", "") else each for each in kept
    )
    return {**deployment, "resources": list(of_kubernetes)}


def _needed(deployment: dict[str, Any]) -> dict[str, Any]:
    """A state without providers that nothing stands on any more."""
    used = {each.get("provider", "").rpartition("::")[0] for each in deployment["resources"]}
    kept = [each for each in deployment["resources"] if each["type"] != _KUBERNETES or each["urn"] in used]
    return {**deployment, "resources": kept}


def _identities(sandbox: Sandbox) -> dict[Stack, set[tuple[str, str]]]:
    """Type and ID of everything in the cloud, by stack."""
    return {
        stack: {
            (each["type"], each["id"])
            for each in sandbox.raw_state(stack)["resources"]
            if each["custom"] and not each["type"].startswith(_PROVIDER)
        }
        for stack in STACKS
        if stack.project != "apps"
    }


@pytest.mark.parametrize(
    ("shape", "stopped"),
    [
        pytest.param(_without_teams, (IDENTITY, STORAGE), id="no stacks of teams", marks=pytest.mark.sweep),
        pytest.param(_one_stack_a_layer, (IDENTITY, PLATFORM), id="one stack a layer"),
    ],
)
def test_after_the_move_there_is_nothing_left_to_deploy(
    draft: Draft, shape: Callable[[], Shape], stopped: tuple[Stack, ...]
) -> None:
    draft.bring_up("identity", "platform")
    sandbox = draft.sandbox
    before = _identities(sandbox)
    _join(sandbox, shape())
    joined = _identities(sandbox)
    assert len(joined[TEAM]) < len(before[TEAM]) / 2
    assert len(joined[NAMESPACES]) < len(before[NAMESPACES]) / 2
    for stack in stopped:
        refused = sandbox.run("up", "--owner", stack.owner())
        refused.refused(1, "that other stacks declare now", "make move STACK=sandbox")
    mark = sandbox.mark()

    sandbox.run("move", "--yes", "yes").succeeded()

    after = _identities(sandbox)
    assert {stack.title: after[stack] ^ before[stack] for stack in before if after[stack] != before[stack]} == {}
    assert [call.method for call in sandbox.calls(mark) if is_write(call)] == []
    for layer in ("identity", "platform"):
        done = sandbox.run("up", "--layer", layer).succeeded()
        assert "no changes; up in" in done.out, done.text
