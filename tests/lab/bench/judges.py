"""The pack beside checkov, Rego and Cedar: the same five rules on the same resources.

Each judge starts anew for each number of resources. `lab.judges` has the rules, the resources and the explained
differences.
"""

from collections.abc import Iterator, Mapping, Sequence

from lab.bench.tables import Table
from lab.judges import differences
from lab.judges.five import FIVE
from lab.judges.judges import JUDGES, PACK, Judge, Verdicts
from lab.judges.planted import VIOLATIONS, Planted, planted
from toolchain.progress import say


def measured(sizes: Sequence[int]) -> Iterator[Table]:
    """Tables: cost and findings of each judge, and the judges that miss a violation.

    Args:
        sizes: numbers of resources, ascending.
    """
    given = {size: planted(size) for size in sizes}
    verdicts = {
        judge: {size: _evaluated(judge, given[size]) for size in sizes if size <= max(judge.most, sizes[0])}
        for judge in JUDGES
    }
    columns = (
        *("judge", "asked as", "lines of the rules", "start"),
        *(f"1,000 resources, of {size:,}" for size in sizes),
        *("times the pack", "memory", "found", "false"),
    )
    rows = [_row(judge, each, verdicts[PACK], given) for judge, each in verdicts.items()]
    yield Table("judges", columns, rows)
    yield _findings({judge: each[max(each)] for judge, each in verdicts.items()}, given[sizes[0]])


def _evaluated(judge: Judge, resources: Planted) -> Verdicts:
    verdicts = judge.evaluate(resources.resources)
    say(f"{len(resources.resources):,} resources, {judge.name}, {judge.how}: {verdicts.seconds:.2f} s")
    return verdicts


def _row(
    judge: Judge, verdicts: Mapping[int, Verdicts], pack: Mapping[int, Verdicts], given: Mapping[int, Planted]
) -> list[str]:
    """Row of a judge; ratio, memory and findings are of its largest number of resources."""
    size = max(verdicts)
    largest, resources = verdicts[size], given[size]
    false = len(differences.false(resources, largest.found))
    return [
        *(judge.name, judge.how, str(judge.lines()), f"{largest.start:.2f} s"),
        *(f"{verdicts[each].seconds / each * 1000:.3f} s" if each in verdicts else "" for each in given),
        *(f"{largest.seconds / pack[size].seconds:.2f}", f"{largest.megabytes:.0f} MB, of {size:,}"),
        *(f"{len(largest.found) - false:,} of {len(resources.violations):,}", f"{false:,}"),
    ]


def _findings(verdicts: Mapping[Judge, Verdicts], smallest: Planted) -> Table:
    """Table of the planted variants, with the judges that miss one; the smallest number of resources has them all."""
    reasons = {(each.judge, each.variant): each.reason for each in differences.explained()}
    missed = {
        (judge.name, what) for judge, each in verdicts.items() for what in differences.missed(smallest, each.found)
    }
    rows: list[list[str]] = []
    for rule in FIVE:
        for variant in VIOLATIONS[rule.name]:
            blind = sorted(key for key in missed if key[1] == variant.what)
            why = " ".join(f"{name}: {reasons.get((name, what), 'unexplained.')}" for name, what in blind)
            rows.append([f"`{rule.name}`", variant.what, why])
    return Table("judges-findings", ("rule", "planted", "missed by"), rows)
