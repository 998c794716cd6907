"""Judges of others that read Terraform's plans: their answers, and the figures that are made of them."""

from typing import Any

import pytest

from lab.bench.tables import README
from lab.plans.cases import cases
from lab.readers import comparison
from lab.readers.comparison import READERS, Figures, Reader, anonymous
from toolchain.environments import CHECKOUT

BY_NAME = {reader.name: reader for reader in READERS}


def document(kind: str, *actions: str, **before: Any) -> dict[str, Any]:
    """A plan with one change."""
    labels = {"address": f"{kind}.orders", "mode": "managed", "type": kind, "name": "orders"}
    after = None if actions == ("delete",) else {"name": "orders"}
    change = {"actions": list(actions), "before": before or None, "after": after}
    return {
        "format_version": "1.2",
        "resource_changes": [{**labels, "change": change}],
        "configuration": {"root_module": {"resources": [{**labels, "expressions": {}}]}},
    }


@pytest.mark.parametrize(
    ("reader", "kind", "action", "expected", "nameless"),
    [
        ("readtheplan", "google_compute_firewall", "create", "review", "safe"),
        ("readtheplan", "google_sql_database_instance", "delete", "irreversible", "irreversible"),
        ("preapply", "aws_db_instance", "delete", "REQUIRE_PEER_REVIEW", "AUTO_APPROVE"),
        ("preapply", "google_sql_database_instance", "delete", "AUTO_APPROVE", "AUTO_APPROVE"),
    ],
)
def test_a_judge_answers_by_the_type_where_it_knows_the_type(
    reader: str, kind: str, action: str, expected: str, nameless: str
) -> None:
    plan = document(kind, action, name="orders")
    levels, _ = BY_NAME[reader].judge([plan, anonymous(plan)])
    assert levels == [expected, nameless]


def test_a_plan_without_types_keeps_everything_else() -> None:
    plan = document("google_compute_firewall", "create")
    plan["configuration"]["root_module"]["resources"][0]["expressions"] = {
        "network": {"references": ["google_compute_firewall.orders.id", "google_other.x"]}
    }
    found = anonymous(plan)
    [change], [configured] = found["resource_changes"], found["configuration"]["root_module"]["resources"]
    assert (change["type"], change["address"], change["name"]) == ("unheard_of0", "unheard_of0.orders", "orders")
    assert change["change"] == plan["resource_changes"][0]["change"]
    assert configured["expressions"] == {"network": {"references": ["unheard_of0.orders.id", "google_other.x"]}}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_judge_refuses_from_a_level_upwards(reader: Reader) -> None:
    assert set(reader.refusing) <= set(reader.levels)
    for position, least in enumerate(reader.levels):
        assert [reader.refuses(level, least) for level in reader.levels] == [
            other >= position for other in range(len(reader.levels))
        ]
    assert (CHECKOUT / "tests" / "lab" / "readers" / f"{reader.name}.py").is_file()


def test_recall_is_of_dangerous_plans_and_false_refusals_are_of_everyday_ones() -> None:
    of = cases()
    dangerous = frozenset(case.name for case in of if case.is_dangerous)
    assert (figures(dangerous).recall(of), figures(dangerous).false(of)) == (1, 0)
    everyday = frozenset(case.name for case in of) - dangerous
    assert (figures(everyday).recall(of), figures(everyday).false(of)) == (0, 1)
    half = figures(frozenset(sorted(dangerous)[: len(dangerous) // 2]))
    assert half.recall(of) == pytest.approx(0.5, abs=0.01)


def figures(refused: frozenset[str]) -> Figures:
    return Figures("judge", "", refused, None, 0)


@pytest.mark.sweep
def test_the_document_of_measurements_has_todays_figures() -> None:
    """All but the time."""
    text = README.read_text(encoding="utf-8")
    figures = comparison.compared()
    for row in comparison.rows(figures):
        assert f"| {' | '.join(row[:-1])} |" in text, "make bench ARGS=plans"
    for row in comparison.by_kind(figures):
        assert f"| {' | '.join(row)} |\n" in text, "make bench ARGS=plans"
