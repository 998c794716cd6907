"""Rules on the maintenance of GKE clusters: there is time for it, and no exclusion keeps fixes away for long.

https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions has the limits.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.inputs import at, items, named
from policy_pack.rule import Resource, Severity, of, rule
from policy_pack.rules.gke import CLUSTER

LONGEST_EXCLUSIONS = {
    "NO_UPGRADES": timedelta(days=30),
    "NO_MINOR_UPGRADES": timedelta(days=180),
    "NO_MINOR_OR_NODE_UPGRADES": timedelta(days=180),
}
MOST_FULL = 3
# Google asks for so much time in 32 days, of which it counts four hours or more at a time.
LEAST_TIME, LEAST_AT_ONCE = timedelta(hours=48), timedelta(hours=4)
WEEKS, DAYS = 4, 7
_RECURRENCE = re.compile(
    r"(RRULE:)?FREQ=(DAILY|WEEKLY(;BYDAY=(?P<days>(MO|TU|WE|TH|FR|SA|SU)(,(MO|TU|WE|TH|FR|SA|SU))*))?)"
)
_POLICY = "maintenancePolicy"


@rule(
    "gke-maintenance-possible",
    of(CLUSTER),
    Severity.MEDIUM,
    references=["CIS GKE 5.5.4"],
    remediation="Give four hours or more on enough days, and let days pass between short exclusions.",
    url="https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions",
)
def maintenance_possible(resource: Resource) -> Iterator[str]:
    """A cluster's windows leave time for maintenance, and its exclusions together keep it away for a limited time."""
    policy = at(resource.inputs, _POLICY)
    window = at(policy, "recurringWindow")
    if isinstance(window, dict):
        yield from _too_short(window)
    elif not isinstance(at(policy, "dailyMaintenanceWindow"), dict):
        yield f"{_POLICY} has no window: Google upgrades it whenever it likes. Set one."
    spans: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    every: list[tuple[datetime, datetime]] = []
    for index, exclusion in enumerate(items(at(policy, "maintenanceExclusions"))):
        scope = at(exclusion, "exclusionOptions.scope")
        scope = scope if isinstance(scope, str) and scope in LONGEST_EXCLUSIONS else "NO_UPGRADES"
        begin, end = (_moment(at(exclusion, key)) for key in ("startTime", "endTime"))
        if begin is None or end is None or not begin < end <= begin + LONGEST_EXCLUSIONS[scope]:
            yield (
                f"{_POLICY}.maintenanceExclusions[{index}] keeps fixes away for longer than "
                f"{LONGEST_EXCLUSIONS[scope].days} days, or for nobody knows how long. End it earlier."
            )
        else:
            spans[scope].append((begin, end))
            every.append((begin, end))
    yield from _together("all scopes", sorted(every), LONGEST_EXCLUSIONS["NO_MINOR_UPGRADES"])
    yield from _together("NO_UPGRADES", sorted(spans["NO_UPGRADES"]), LONGEST_EXCLUSIONS["NO_UPGRADES"])
    if len(spans["NO_UPGRADES"]) > MOST_FULL:
        yield f"{_POLICY} has {len(spans['NO_UPGRADES'])} exclusions of all upgrades, and Google takes {MOST_FULL}."


def _too_short(window: Any) -> Iterator[str]:
    recurrence = at(window, "recurrence")
    match = _RECURRENCE.fullmatch(recurrence) if isinstance(recurrence, str) else None
    begin, end = (_moment(at(window, key)) for key in ("startTime", "endTime"))
    if match is None or begin is None or end is None:
        yield (
            f"{_POLICY}.recurringWindow has the recurrence {named(recurrence)} or a time that cannot be judged. Use "
            "FREQ=DAILY, or FREQ=WEEKLY;BYDAY=…, and times with their zone."
        )
        return
    days = len(set((match["days"] or "").split(","))) if "WEEKLY" in match[0] else DAYS
    length = end - begin
    if length < LEAST_AT_ONCE or WEEKS * days * length < LEAST_TIME:
        yield (
            f"{_POLICY}.recurringWindow leaves too little time for upgrades: Google asks for "
            f"{LEAST_TIME // timedelta(hours=1)} hours in {WEEKS} weeks, {LEAST_AT_ONCE // timedelta(hours=1)} or more "
            "at a time. Give it more days or hours."
        )


def _together(scope: str, spans: list[tuple[datetime, datetime]], longest: timedelta) -> Iterator[str]:
    """Yield a message for exclusions with too little time between them that together last too long.

    Each scope excludes minor upgrades, so those of all scopes count together as one of these.
    """
    begin = end = datetime.min.replace(tzinfo=UTC)
    for following, last in spans:
        if following - end >= LEAST_TIME:
            begin = following
        end = max(end, last)
        if end - begin > longest:
            yield (
                f"{_POLICY}.maintenanceExclusions of {scope} follow each other from {begin:%Y-%m-%d} to "
                f"{end:%Y-%m-%d}: together they keep fixes away for longer than {longest.days} days. Leave days "
                "between them."
            )
            return


def _moment(text: Any) -> datetime | None:
    """Return a moment with its time zone; None for any other value."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
