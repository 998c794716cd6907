"""Recorded plans of the engine, judged by the gate with the pack's recorded findings, and by others: how well."""

from collections.abc import Iterator

from lab.bench.tables import Table
from lab.plans import losses
from lab.plans.cases import cases
from lab.plans.judging import judge
from lab.plans.results import COLUMNS, rows, summary
from lab.readers import comparison


def measured() -> Iterator[Table]:
    """Yield the table of gate and pack, its last row the sum, and the tables of the judges that read other plans."""
    judged = [judge(case) for case in cases()]
    total = ["in all", str(len(judged)), str(sum(not one.verdict.passed for one in judged)), "", summary(judged)]
    yield Table("plans", COLUMNS, [*rows(judged), total])
    figures = comparison.compared(judged)
    yield Table("plans-judges", comparison.COLUMNS, list(comparison.rows(figures)))
    names = (f"{one.judge}, {one.refuses}" for one in comparison.first(figures))
    yield Table("plans-kinds", ("change", "plans", *names), list(comparison.by_kind(figures)))
    yield Table("plans-losses", losses.COLUMNS, losses.rows())
