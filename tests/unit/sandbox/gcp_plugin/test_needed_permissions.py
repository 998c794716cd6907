"""The permissions that policies/iam/needs.yaml predicts are those that the cloud decides on, type by type."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import example_tenant as example
from iam import names, needs
from iam.needs import Operation
from sandbox.cloud.store import Store
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.protocol import Properties
from unit.sandbox.gcp_plugin.conftest import Plugin
from unit.sandbox.gcp_plugin.edge_lives import EDGE_LIVES, EDGE_SETUP
from unit.sandbox.gcp_plugin.lives import LIVES, SETUP, Life
from unit.sandbox.gcp_plugin.more_lives import AUTOPILOT, MORE_LIVES, MORE_SETUP

_ALL = [*LIVES, *EDGE_LIVES, *MORE_LIVES]
_ABSENT = "gcp:projects/iamMemberRemove:IamMemberRemove"
# A policy for the whole project would take the test's own access away.
_ELSEWHERE = {"gcp:projects/iAMPolicy:IAMPolicy"}
_Decided = set[tuple[str, str]]


@contextmanager
def decisions(folder: Path) -> Generator[_Decided]:
    """The permissions, and the resources that they were decided on, of the calls within a block."""
    decided: _Decided = set()
    with closing(Store(folder / "cloud.db")) as store:
        last = store.calls()[-1].number
        yield decided
        decided |= {
            (str(decision["permission"]), names.canonical(str(decision["resource"]), example.PROJECT, ""))
            for call in store.calls(last)
            for decision in call.decisions
        }


def agree(
    life: Life, operation: Operation, before: Properties | None, after: Properties | None, decided: _Decided
) -> None:
    """Assert that exactly the decided permissions were predicted, each on the resource of the decision or above it."""
    waits = {one.permission for one in (needs.CALLS[life.token].waits if life.token in needs.CALLS else ())}
    predicted = [
        need
        for need in needs.needs(life.token, operation, before, after, example.PROJECT)
        if need.permission not in waits
    ]
    assert {need.permission for need in predicted} == {permission for permission, _ in decided}, operation
    project = names.project(example.PROJECT)
    for need in predicted:
        places = {place for permission, place in decided if permission == need.permission}
        assert need.resource == project or any(place.startswith(need.resource) for place in places), (need, places)


@pytest.mark.parametrize("life", _ALL, ids=[f"{number} {life.token}" for number, life in enumerate(_ALL)])
def test_an_update_requires_what_was_predicted(ready: Plugin, life: Life, tmp_path: Path) -> None:
    for name in life.needs.split():
        ready.create(*{**SETUP, **EDGE_SETUP, **MORE_SETUP}[name])
    if life.token == _ABSENT:  # the policy changes only if the member is there
        ready.create("gcp:projects/iAMMember:IAMMember", life.inputs)
    checked, _ = ready.check(life.token, life.inputs)
    with decisions(tmp_path) as created:
        resource_id, state = ready.create(life.token, life.inputs)
    agree(life, "create", None, checked, created)
    if life.change:
        changed, _ = ready.check(life.token, {**life.inputs, **life.change}, checked)
        with decisions(tmp_path) as updated:
            state = ready.update(life.token, resource_id, state, checked, changed)
        agree(life, "update", checked, changed, updated)
        checked = changed
    with decisions(tmp_path) as deleted:
        ready.delete(life.token, resource_id, state)
    agree(life, "delete", checked, None, deleted)


def test_every_type_has_a_life_and_known_permissions() -> None:
    assert set(TYPES) - {life.token for life in _ALL} == _ELSEWHERE
    assert [token for token in TYPES if not needs.is_known(token)] == []
    assert set(needs.CALLS) - set(TYPES) == set()


@pytest.mark.parametrize("skipped", [False, True])
def test_a_cluster_is_read_with_the_sizes_of_its_node_pools_unless_that_is_skipped(
    ready: Plugin, tmp_path: Path, *, skipped: bool
) -> None:
    for name in ("network", "subnetwork", "account"):
        ready.create(*SETUP[name])
    token, inputs = AUTOPILOT[0], {**AUTOPILOT[1], "skipNodePoolRefresh": skipped}
    checked, _ = ready.check(token, inputs)
    resource_id, _ = ready.create(token, inputs)

    with decisions(tmp_path) as decided:
        ready.read(token, resource_id, checked)

    places = {place for permission, place in decided if permission == "compute.instanceGroupManagers.list"}
    assert len(places) == (0 if skipped else 3)
