"""Parts of the benchmark: each makes its tables in a usual time, and is ended after a stated one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lab.bench import apps, iam, judges, pack, plans, previews, single, suite, teams, up
from lab.bench.place import Place
from lab.bench.tables import Table


@dataclass(frozen=True)
class Sizes:
    """Sizes to measure at.

    Attributes:
        apps: numbers of apps, ascending.
        resources: numbers of resources, ascending.
    """

    apps: Sequence[int]
    resources: Sequence[int]


@dataclass(frozen=True)
class Part:
    """Part of the benchmark.

    Attributes:
        name: its name as an argument.
        measures: its subject.
        minutes: usual time on two cores, at the default sizes.
        longest: minutes after which it is ended.
        tables: makes its tables.
    """

    name: str
    measures: str
    minutes: float
    longest: float
    tables: Callable[[Place, Sizes], Iterable[Table]]


PARTS = (
    Part("up", "`make up` from zero, unchanged, and with further stacks", 5, 15, lambda place, _: [up.measured(place)]),
    Part(
        "previews",
        "each stack's preview against the engine's floor, and where its time goes",
        3,
        9,
        lambda place, _: previews.measured(place),
    ),
    Part(
        "reach",
        "a change in its layer and in one single stack",
        3,
        9,
        lambda place, _: [single.measured(place.sandbox(), place.empty("single"))],
    ),
    Part(
        "teams",
        "one more team among others",
        3,
        9,
        lambda place, _: [teams.measured(place.empty("teams"))],
    ),
    Part(
        "apps",
        "one app among others, and all of them",
        12,
        30,
        lambda place, sizes: apps.measured(place.empty("apps"), sizes.apps),
    ),
    Part(
        "pack",
        "the policies and the plan gate",
        5,
        15,
        lambda place, sizes: pack.measured(place.empty("pack"), sizes.resources),
    ),
    Part(
        "judges",
        "the pack beside checkov, Rego and Cedar",
        4,
        12,
        lambda _, sizes: judges.measured(sizes.resources),
    ),
    Part(
        "plans",
        "recorded plans of the engine, judged by gate and pack, and by others",
        0.5,
        3,
        lambda _, __: plans.measured(),
    ),
    Part("iam", "the simulated IAM", 1, 3, lambda _, __: [iam.measured()]),
    Part("suite", "the suite by kind of test, as recorded", 0, 1, lambda _, __: [suite.measured()]),
)
# Parts about the layers and their stacks.
GROUPS = {"layers": ("up", "previews", "reach", "teams")}
USUAL = round(sum(part.minutes for part in PARTS))
LONGEST = round(sum(part.longest for part in PARTS))


def chosen(names: Iterable[str]) -> list[Part]:
    """Parts of these names, and of these groups, in their order; all parts for no name.

    Raises:
        KeyError: a name that is neither.
    """
    parts = {part.name: part for part in PARTS}
    wanted = [part for name in names for part in GROUPS.get(name, (name,))] or list(parts)
    return [parts[name] for name in sorted({parts[name].name for name in wanted}, key=list(parts).index)]
