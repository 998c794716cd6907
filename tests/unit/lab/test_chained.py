"""Changes of several layers, and the comparison of a predicted plan with the later one."""

from typing import Any

import pytest

from cli import contracts
from lab.chained.changes import CrossLayerChange, changes
from lab.chained.comparison import Compared, Comparison, stack_of
from lab.chained.results import row, summary
from lab.plans.cases import base
from toolchain.environments import CHECKOUT

CHANGES = list(changes())
LEAST = 50
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
NETWORK = "urn:pulumi:sandbox::platform::gcp:compute/network:Network::main"


def test_there_are_fifty_changes_of_several_layers_and_each_has_a_name() -> None:
    assert len(CHANGES) >= LEAST
    assert len({change.name for change in CHANGES}) == len(CHANGES)
    assert all(len(change.stacks) > 1 for change in CHANGES)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_the_stacks_of_a_change_are_in_their_order_and_each_has_a_contract_with_another(
    change: CrossLayerChange,
) -> None:
    stacks = [stack_of(title) for title in change.stacks]
    waves = [stack.place[0] for stack in stacks]
    assert waves == sorted(waves)
    for stack in stacks:
        others = [other for other in stacks if other != stack]
        assert any(
            contracts.depends(stack.program, other.program) or contracts.depends(other.program, stack.program)
            for other in others
        )


def test_every_contract_is_on_the_way_of_a_change() -> None:
    ways = [{stack_of(title).program for title in change.stacks} for change in CHANGES]
    missing = [
        (name, consumer)
        for name, contract in contracts.listed().items()
        for consumer in contract.consumers
        if not any({contract.producer, consumer} <= way for way in ways)
    ]
    assert missing == []


def test_the_checkout_still_has_what_the_changes_change() -> None:
    edits = {edit for change in CHANGES for edit in change.edits if edit.file.endswith(".py")}
    assert edits
    for edit in edits:
        content = (CHECKOUT / edit.file).read_text(encoding="utf-8")
        assert edit.change(content) != content
    assert base()


def compared(predicted: dict[str, Any], later: dict[str, Any], *announced: str) -> Compared:
    def plan(inputs: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
        return {NETWORK: ("update", inputs)} if inputs else {}

    return Compared("platform", plan(predicted), plan(later), announced)


@pytest.mark.parametrize(
    ("predicted", "later", "differences"),
    [
        ({"mtu": 1}, {"mtu": 1}, []),
        ({"mtu": UNKNOWN}, {"mtu": 1}, []),
        ({"a": {"b": [UNKNOWN, 2]}}, {"a": {"b": [1, 2]}}, []),
        ({"mtu": 1}, {"mtu": 2}, [f"update with other values: {NETWORK}"]),
        ({"mtu": 1}, {"mtu": 1, "more": 2}, [f"update with other values: {NETWORK}"]),
        ({"a": [1]}, {"a": [1, 2]}, [f"update with other values: {NETWORK}"]),
        ({}, {"mtu": 1}, [f"not predicted: update {NETWORK}"]),
        ({"mtu": 1}, {}, [f"not done: update {NETWORK}"]),
    ],
)
def test_a_predicted_plan_is_compared_by_resource_and_value(
    predicted: dict[str, Any], later: dict[str, Any], differences: list[str]
) -> None:
    assert compared(predicted, later).differences == differences


def test_another_operation_is_a_difference() -> None:
    replaced = Compared("platform", {NETWORK: ("update", {})}, {NETWORK: ("replace", {})})
    assert replaced.differences == [f"update became replace: {NETWORK}"]


def test_a_stack_is_falsely_unchanged_only_where_nothing_was_said() -> None:
    assert compared({}, {"mtu": 1}).is_falsely_unchanged
    assert not compared({}, {"mtu": 1}, "contract platform: cluster").is_falsely_unchanged
    assert not compared({}, {}).is_falsely_unchanged


def test_the_figures_tell_equal_announced_and_other_plans_apart() -> None:
    stacks = [compared({"a": 1}, {"a": 1}), compared({}, {"a": 1}, "said"), compared({}, {"a": 1})]
    done = Comparison(CHANGES[0], stacks)
    assert summary([done]) == (
        "1 changes, 3 predicted plans, 3 of them with changes: 1 equal the later plan, 1 differ as announced, "
        "1 differ, 1 are falsely unchanged"
    )
    assert len([*row(done)]) == 5
