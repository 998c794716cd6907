"""Changes of a contract, field by field, and the readers of what goes."""

from pathlib import Path
from typing import Any

import pytest

from unit.policies.plans import INSTANCE, STACK, Preview


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (["a", "b"], ["b", "a"], ("~ field: in another order, or not as often",)),
        (["a"], ["a", "a"], ("~ field: in another order, or not as often",)),
        (["a"], ["b"], ("- field: a", "+ field: b")),
        (["a"], [], ("- field: a",)),
        (["a"], "a", ('~ field: ["a"] → a',)),
        ("a", ["a"], ('~ field: a → ["a"]',)),
        ([{"a": 1}], [{"a": 2}], ('~ field: [{"a": 1}] → [{"a": 2}]',)),
        (
            {"z": 1, "b": 1, "c": 1},
            {"b": 2, "c": 1, "a": [1, "x"]},
            ("- field.z: 1", "+ field.a: 1, x", "~ field.b: 1 → 2"),
        ),
        ({"a": {"b": True}}, {}, ("- field.a.b: True",)),
        (None, {"a": {}}, ("+ field.a: {}",)),
        (1.5, None, ("- field: 1.5",)),
    ],
)
def test_each_field_of_a_contract_is_told_with_its_values(
    tmp_path: Path, old: Any, new: Any, paths: tuple[str, ...]
) -> None:
    preview = Preview(tmp_path)
    before, after = ({"version": 1, **({} if value is None else {"field": value})} for value in (old, new))
    preview.stack(contract=before)
    preview.planned(STACK, "same", custom=False, outputDiff={"updates": {"contract": after}})

    [contract] = preview.judged().reach.contracts
    assert contract.paths == paths


@pytest.mark.parametrize(
    ("contract", "is_read"),
    [
        ({"version": 1, "databases": {"ledger": {"instance": "orders"}}}, True),
        ({"version": 1, "databases": {"orders": {"port": 5432}}}, True),
        ({"version": 1, "address": "projects/acme/instances/orders"}, True),
        ({"version": 1, "databases": {"main": {"port": 5432}}}, False),
        ({"version": 1, "databases": {"orders-2": {"port": 5432}}}, False),
    ],
    ids=["value", "field", "id", "its name in Pulumi", "another"],
)
def test_readers_of_what_goes_are_found_by_name_and_id(
    tmp_path: Path, contract: dict[str, Any], *, is_read: bool
) -> None:
    preview = Preview(tmp_path)
    preview.stack(contract=contract)
    gone = preview.held(INSTANCE, "main", inputs={"name": "orders"}, id="projects/acme/instances/orders")
    preview.planned(gone, "delete")

    [line] = preview.judged().reach.irreversible
    assert line.endswith("; read by platform/namespaces") == is_read


def test_what_has_no_name_in_the_cloud_is_read_by_its_name_in_pulumi(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack(contract={"version": 1, "databases": {"main": {"port": 5432}}})
    preview.planned(preview.held(INSTANCE, "main"), "delete")

    [line] = preview.judged().reach.irreversible
    assert line.endswith("; read by platform/namespaces")
