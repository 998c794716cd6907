"""Contracts as a plan would publish them: known values, published ones for unknown ones, and fields that are kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from plan_gate.chained import PlannedContract, planned_contracts
from plan_gate.change import changes
from plan_gate.plan import read
from unit.policies.plans import STACK, UNKNOWN, Preview

OLD: dict[str, Any] = {
    "version": 1,
    "cluster": {"name": "main", "server": "https://published"},
    "databaseProxyImage": "proxy@sha256:1",
    "destinations": {"mail": {"ports": [587]}},
    "registry": "published",
}


# Its readers take the rest from the published one.
FORETOLD = {field: value for field, value in OLD.items() if field not in ("cluster", "databaseProxyImage")}


def planned(folder: Path, new: Any, old: Any = OLD, output: str = "contract") -> list[PlannedContract]:
    """Contracts that a platform stack's plan would publish."""
    preview = Preview(folder)
    preview.stack(**({} if old is None else {output: old}))
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": {output: new}})
    plan = read(*preview.written())
    return list(planned_contracts(plan, changes(plan)))


def test_known_values_are_the_planned_ones(tmp_path: Path) -> None:
    destinations = {**OLD["destinations"], "bank": {"ports": [443]}}

    assert planned(tmp_path, {**OLD, "destinations": destinations}) == [
        PlannedContract("platform", {**FORETOLD, "destinations": destinations}, ())
    ]


def test_server_and_proxy_are_left_to_the_published_contract_and_reported(tmp_path: Path) -> None:
    elsewhere = {
        **OLD,
        "cluster": {"name": "main", "server": "https://elsewhere"},
        "databaseProxyImage": "proxy@sha256:2",
        "registry": "planned",
    }

    [contract] = planned(tmp_path, elsewhere)
    assert contract.document == {**FORETOLD, "registry": "planned"}
    assert contract.kept == ("cluster", "databaseProxyImage")


def test_a_server_that_only_the_update_makes_known_is_reported_as_kept(tmp_path: Path) -> None:
    [contract] = planned(tmp_path, {**OLD, "cluster": {"name": "main", "server": UNKNOWN}, "version": 2})

    assert contract == PlannedContract("platform", {**FORETOLD, "version": 2}, (), ("cluster",))


def test_an_unknown_value_stays_published_and_is_reported(tmp_path: Path) -> None:
    [contract] = planned(tmp_path, {**OLD, "registry": UNKNOWN, "version": 2})

    assert contract == PlannedContract("platform", {**FORETOLD, "version": 2}, ("registry",))


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (UNKNOWN, "all of it"),
        ({**OLD, "gateway": {"name": UNKNOWN}}, "gateway.name"),
        ({**OLD, "destinations": {"bank": {"ports": [UNKNOWN]}}}, "destinations.bank.ports.0"),
    ],
)
def test_an_unknown_value_that_was_never_published_leaves_the_contract_alone(
    tmp_path: Path, new: Any, path: str
) -> None:
    assert planned(tmp_path, new) == [PlannedContract("platform", None, (path,))]


def test_what_is_not_published_yet_has_no_reader_to_preview(tmp_path: Path) -> None:
    assert planned(tmp_path, OLD, None) == []


def test_an_output_that_nobody_reads_is_no_contract(tmp_path: Path) -> None:
    assert planned(tmp_path, {"a": 2}, {"a": 1}, "address") == []


def test_an_unchanged_contract_is_not_handed_on(tmp_path: Path) -> None:
    assert planned(tmp_path, json.loads(json.dumps(OLD))) == []


def test_a_stack_that_goes_publishes_nothing(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack(contract=OLD)
    preview.planned(STACK, "delete", custom=False)
    plan = read(*preview.written())

    assert list(planned_contracts(plan, changes(plan))) == []
