"""Recorded plans of the engine, judged by the gate with the pack's recorded findings: how well, and in what time."""

from lab.bench.tables import Table
from lab.plans.cases import cases
from lab.plans.judging import judge
from lab.plans.results import COLUMNS, rows, summary


def measured() -> Table:
    """Return the table of the benchmark of plans, its last row the sum."""
    judged = [judge(case) for case in cases()]
    total = ["in all", str(len(judged)), str(sum(not one.verdict.passed for one in judged)), "", summary(judged)]
    return Table("plans", COLUMNS, [*rows(judged), total])
