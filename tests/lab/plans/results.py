"""Results of the benchmark by kind of change: what is refused and by what, recall, false refusals and time."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from lab.plans.case import DANGERS, EVERYDAY
from lab.plans.judging import Judged

COLUMNS = ("change", "plans", "refused", "judged wrongly", "refused by")
_SHOWN = 4


def rows(judged: Sequence[Judged]) -> Iterator[list[str]]:
    """Yield a row for each kind of change."""
    by_label: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_label[one.case.label].append(one)
    for label in (EVERYDAY, *DANGERS):
        of = by_label[label]
        refused = sum(not one.verdict.passed for one in of)
        wrong = ", ".join(one.case.name for one in of if not one.is_right)
        judges = Counter(name for one in of for name in one.judges)
        by = ", ".join(f"{name} {count}" for name, count in judges.most_common(_SHOWN))
        yield [label, str(len(of)), str(refused), wrong, by]


def summary(judged: Sequence[Judged]) -> str:
    """Return recall, false refusals, and the gate's time, in a line."""
    dangerous = [one for one in judged if one.case.is_dangerous]
    everyday = [one for one in judged if not one.case.is_dangerous]
    recall = sum(one.is_right for one in dangerous) / len(dangerous)
    false = sum(not one.is_right for one in everyday) / len(everyday)
    shares = f"recall {recall:.1%} of {len(dangerous)}, false refusals {false:.1%} of {len(everyday)}"
    return f"{shares}; the gate takes {seconds(judged):.2f} s for 1,000 resources"


def seconds(judged: Sequence[Judged]) -> float:
    """Return the seconds that the gate takes for 1,000 resources."""
    resources = sum(len(one.verdict.plan.state.resources) for one in judged)
    return sum(one.seconds for one in judged) / resources * 1000
