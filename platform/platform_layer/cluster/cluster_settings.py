"""Settings of the cluster: how fast it follows new versions, and when Google may maintain it.

Everything else about the cluster is fixed in cluster.py.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import matching
from platform_layer.values import Label

Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
TimeOfDay = Annotated[str, *matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day in UTC, such as 01:00")]
# https://kubernetes.io/releases/release/: three minor versions a year. One more is allowed for, so that none is refused
# that came early; which of them Google offers is asked for in a preview (cluster_versions.py).
_MINOR, _ON, _BETWEEN = 34, date(2025, 8, 27), timedelta(days=365) / 3


def _released(value: str) -> str:
    newest = _MINOR + int((datetime.now(UTC).date() - _ON) / _BETWEEN) + 1
    if int(value.split(".")[1]) > newest:
        raise ValueError(
            f"{value!r} is no version of GKE yet: Kubernetes has three minor versions a year, and by now 1.{newest} at "
            "most; correct it."
        )
    return value


# https://cloud.google.com/kubernetes-engine/docs/release-schedule: the oldest minor version with extended support.
ClusterVersion = Annotated[
    str,
    *matching(
        r"1\.(3[0-9]|[4-9][0-9])(\.(0|[1-9][0-9]{0,2})-gke\.[1-9][0-9]{0,8})?",
        "a version of GKE, such as 1.34 or 1.34.1-gke.1829001",
        mistaken={r"1\.[0-9]{1,2}(\..*)?": "too old for GKE, or lacks its build"},
    ),
    AfterValidator(_released),
]

# https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions and
# https://cloud.google.com/kubernetes-engine/docs/how-to/maintenance-windows-and-exclusions: upgrades are possible for
# 48 hours in every 32 days, of which only four hours or more at a time count.
_SPAN, _LEAST, _LEAST_AT_ONCE = timedelta(days=32), timedelta(hours=48), timedelta(hours=4)
_MOST_FREEZES = 20
_MOST_DAYS = {"NO_UPGRADES": 30, "NO_MINOR_UPGRADES": 180, "NO_MINOR_OR_NODE_UPGRADES": 180}
_MOST_FULL_FREEZES = 3
_MOST_WITHOUT_MINOR = timedelta(days=180)
_YEARS = range(2000, 2100)


def _instant(value: str) -> str:
    form = "%Y-%m-%dT%H:%M:%SZ"
    with suppress(ValueError):
        # Digits may be missing, or be of another alphabet.
        moment = datetime.strptime(value, form)  # noqa: DTZ007 - the format says UTC
        if moment.strftime(form) == value and moment.year in _YEARS:
            return value
    raise ValueError(f"{value!r} is not an instant in UTC of this century; write it as in 2026-12-18T00:00:00Z.")


Instant = Annotated[str, AfterValidator(_instant)]


class MaintenanceWindow(Section):
    """Window for Google's upgrades: on these days of the week, from `start` in UTC, for `hours`."""

    days: list[Weekday] = Field(default_factory=lambda: list[Weekday](("SA", "SU")), min_length=1)
    start: TimeOfDay = "01:00"
    hours: int = Field(default=6, ge=4, le=24)

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if len(set(self.days)) < len(self.days):
            raise ValueError("days names a day twice; remove one.")
        offered = timedelta(hours=len(self.days) * 4 * self.hours)
        if offered < _LEAST:
            raise ValueError(
                f"{_hours(offered)} hours in four weeks are too few, and Google refuses the cluster: it needs "
                f"{_hours(_LEAST)} hours in {_SPAN.days} days; add a day or hours."
            )
        return self

    def within(self, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The windows between two moments, in order, from the one that is open at the first of them."""
        hour, minute = map(int, self.start.split(":"))
        day = (first - timedelta(days=1)).replace(hour=hour, minute=minute, second=0, microsecond=0)
        while day < last:
            if get_args(Weekday)[day.weekday()] in self.days:
                yield day, day + timedelta(hours=self.hours)
            day += timedelta(days=1)


class Freeze(Section):
    """A time in which Google does not upgrade, such as a season of high sales."""

    start: Instant
    end: Instant
    scope: Literal["NO_UPGRADES", "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES"] = "NO_UPGRADES"

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        length = self.ends - self.begins
        if length <= timedelta():
            raise ValueError(f"end {self.end} is not after start {self.start}; exchange or correct them.")
        most = _MOST_DAYS[self.scope]
        if length > timedelta(days=most):
            raise ValueError(
                f"{_length(length)} are more than the {most} days that Google allows for {self.scope}, and security "
                "patches would wait as long; shorten it, or choose a narrower scope."
            )
        return self

    @property
    def begins(self) -> datetime:
        """The moment from which on Google does not upgrade."""
        return datetime.fromisoformat(self.start)

    @property
    def ends(self) -> datetime:
        """The moment from which on Google upgrades again."""
        return datetime.fromisoformat(self.end)

    def overlaps(self, other: "Freeze") -> bool:
        """Return whether both hold at some moment."""
        return self.begins < other.ends and other.begins < self.ends


class ClusterSettings(Section):
    """The cluster's versions and maintenance.

    Attributes:
        release_channel: channel of new versions; RAPID is no choice, since it has no service level agreement.
        minimum_version: the control plane is upgraded to it at once; the channel goes on from there.
        freezes: by name.
    """

    release_channel: Literal["REGULAR", "STABLE"] = "REGULAR"
    minimum_version: ClusterVersion | None = None
    maintenance: MaintenanceWindow = Field(default_factory=MaintenanceWindow)
    freezes: dict[Label, Freeze] = Field(default_factory=dict[str, Freeze])

    def over(self, now: datetime) -> list[str]:
        """Names of the freezes that have ended."""
        return sorted(name for name, freeze in self.freezes.items() if freeze.ends <= now)

    @model_validator(mode="after")
    def _freezes_leave_time(self) -> Self:
        problems = list(_problems(self.freezes, self.maintenance))
        if problems:
            raise ValueError("\n    ".join(problems))
        return self


def _problems(freezes: Mapping[str, Freeze], window: MaintenanceWindow) -> Iterator[str]:
    """What Google would refuse of several freezes together, and of each beside the window."""
    full = {name: freeze for name, freeze in freezes.items() if freeze.scope == "NO_UPGRADES"}
    if len(full) > _MOST_FULL_FREEZES:
        yield (
            f"freezes {', '.join(full)} stop all upgrades, and Google takes {_MOST_FULL_FREEZES} of these at most; "
            "remove those that are over, or choose a narrower scope."
        )
    if len(freezes) > _MOST_FREEZES:
        yield f"freezes: {len(freezes)} are more than the {_MOST_FREEZES} that Google takes; remove what is over."
    for (first, one), (second, other) in combinations(sorted(freezes.items()), 2):
        if one.scope == other.scope and one.overlaps(other):
            yield f"freezes {first} and {second} overlap, so one says less than it seems to; join them, or move one."
    yield from _without_minor_upgrades(freezes, window)
    for name, freeze in sorted(full.items()):
        left = _least_time(window, full, freeze)
        if left < _LEAST:
            yield (
                f"freezes.{name}: with the other freezes it leaves {_hours(left)} hours for upgrades in {_SPAN.days} "
                f"days, and Google refuses the cluster: it needs {_hours(_LEAST)}, of which it counts "
                f"{_hours(_LEAST_AT_ONCE)} or more at a time; shorten it, or give maintenance more days or hours."
            )


def _without_minor_upgrades(freezes: Mapping[str, Freeze], window: MaintenanceWindow) -> Iterator[str]:
    """Freezes of whatever scope that follow each other: together they may not last longer than one of them."""
    names: list[str] = []
    begin = end = datetime.min.replace(tzinfo=UTC)
    for name, freeze in sorted(freezes.items(), key=lambda item: (item[1].begins, item[0])):
        if not names or _leaves_time(end, freeze.begins, window):
            names, begin, end = [], freeze.begins, freeze.ends
        names.append(name)
        end = max(end, freeze.ends)
        if end - begin > _MOST_WITHOUT_MINOR:
            yield (
                f"freezes {', '.join(names)} follow each other and stop minor upgrades for {_length(end - begin)}, "
                f"more than the {_MOST_WITHOUT_MINOR.days} days that Google allows for one, and the version's support "
                f"would end meanwhile; leave {_hours(_LEAST)} hours with a window of maintenance between them, or "
                "shorten one."
            )
            return


def _leaves_time(end: datetime, begin: datetime, window: MaintenanceWindow) -> bool:
    """Return whether an upgrade is possible between the end of one freeze and the begin of the next."""
    if begin - end < _LEAST:
        return False
    times = ((max(opens, end), min(closes, begin)) for opens, closes in window.within(end, begin))
    return any(closes - opens >= _LEAST_AT_ONCE for opens, closes in times)


def _least_time(window: MaintenanceWindow, full: Mapping[str, Freeze], freeze: Freeze) -> timedelta:
    """The shortest time for upgrades in any span that a freeze is part of."""
    possible = _possible(window, full, freeze.begins - _SPAN, freeze.ends + _SPAN)
    # A span with the least of them begins where one ends, or ends where one begins.
    starts = [freeze.begins, *(end for _, end in possible), *(begin - _SPAN for begin, _ in possible)]
    return min(
        sum((max(min(end, at + _SPAN) - max(begin, at), timedelta()) for begin, end in possible), timedelta())
        for at in starts
        if freeze.begins - _SPAN <= at <= freeze.ends
    )


def _possible(
    window: MaintenanceWindow, full: Mapping[str, Freeze], first: datetime, last: datetime
) -> list[tuple[datetime, datetime]]:
    """The times between two moments that are in a window and in no freeze, those that are long enough to count."""
    times: list[tuple[datetime, datetime]] = []
    for begin, end in window.within(first, last):
        if times and times[-1][1] >= begin:
            times[-1] = times[-1][0], end
        else:
            times.append((begin, end))
    for freeze in full.values():
        times = [
            part
            for begin, end in times
            for part in ((begin, min(end, freeze.begins)), (max(begin, freeze.ends), end))
            if part[0] < part[1]
        ]
    return [(begin, end) for begin, end in times if end - begin >= _LEAST_AT_ONCE]


def _hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):g}"


def _length(time: timedelta) -> str:
    """A length in days, and in hours where it is no whole number of days."""
    rest = time - timedelta(days=time.days)
    return f"{time.days} days" + (f" and {_hours(rest)} hours" if rest else "")
