"""Google Kubernetes Engine: limits of a maintenance policy.

https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions. The time in which upgrades
are possible is counted minute by minute.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.references import value_at
from sandbox.cloud.store import Json

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_DAYS = {"NO_UPGRADES": 30, "NO_MINOR_UPGRADES": 180, "NO_MINOR_OR_NODE_UPGRADES": 180}
_MOST, _MOST_FULL = 20, 3
_MOST_WITHOUT_MINOR = timedelta(days=180)
_SPAN, _LEAST, _LEAST_AT_ONCE = 32 * 24 * 60, 48 * 60, 4 * 60  # minutes
_MINUTE = timedelta(minutes=1)
_NEVER = datetime(2026, 1, 1, tzinfo=UTC)


def require_enough(body: Json) -> None:
    """Checks number, length and sum of a cluster's maintenance exclusions.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    window: Json = value_at(body, "maintenancePolicy.window") or {}
    exclusions: Json = window.get("maintenanceExclusions") or {}
    spans = {name: (_moment(each["startTime"]), _moment(each["endTime"])) for name, each in exclusions.items()}
    full = [name for name, each in exclusions.items() if _scope(each) == "NO_UPGRADES"]
    if len(exclusions) > _MOST or len(full) > _MOST_FULL:
        raise invalid(f"maintenance policy has more than {_MOST} exclusions, or {_MOST_FULL} of all upgrades.")
    for name, (start, end) in spans.items():
        most = _MOST_DAYS[_scope(exclusions[name])]
        if not start < end <= start + timedelta(days=most):
            raise invalid(
                f'MaintenancePolicy.maintenanceExclusions["{name}"] must end after its start, {most}d at most.'
            )
    _require_minor_upgrades(sorted(spans.values()))
    recurring: Json | None = window.get("recurringWindow") or _daily(window)
    if not full and not recurring:
        return
    frozen = [spans[name] for name in full] or [(_NEVER, _NEVER)]
    for start, end in frozen:
        first = start - timedelta(days=33)
        _require_time(_open(recurring, frozen, first, int((end - start) / _MINUTE) + 2 * 33 * 24 * 60))


def _require_minor_upgrades(spans: list[tuple[datetime, datetime]]) -> None:
    """Refuses exclusions that together last longer than one may: Google ends them with the support of the version.

    The simulation knows no end of support; it is stricter where the version would be supported for longer.
    """
    begin = end = datetime.min.replace(tzinfo=UTC)
    for start, last in spans:
        if start - end >= timedelta(minutes=_LEAST):
            begin = start
        end = max(end, last)
        if end - begin > _MOST_WITHOUT_MINOR:
            raise invalid(
                f"maintenance exclusions from {begin:%Y-%m-%d} to {end:%Y-%m-%d} exclude minor upgrades for more than "
                f"{_MOST_WITHOUT_MINOR.days}d, beyond the end of support of the minor version."
            )


def _require_time(minutes: bytes) -> None:
    counted = re.sub(rb"\x01+", lambda run: run[0] if len(run[0]) >= _LEAST_AT_ONCE else bytes(len(run[0])), minutes)
    sums = [0, *accumulate(counted)]
    # The first and the last day may begin or end within a window.
    if min(sums[at + _SPAN] - sums[at] for at in range(24 * 60, len(minutes) - _SPAN - 24 * 60)) < _LEAST:
        raise invalid(
            "maintenance policy would go longer than 32d without 48h maintenance availability of >=4h contiguous"
            " duration."
        )


def _open(recurring: Json | None, frozen: list[tuple[datetime, datetime]], first: datetime, length: int) -> bytes:
    """Returns for each minute whether upgrades are possible."""
    minutes = bytearray(length) if recurring else bytearray(b"\x01" * length)
    for start, end in _occurrences(recurring, first, length) if recurring else ():
        _set(minutes, first, start, end, 1)
    for start, end in frozen:
        _set(minutes, first, start, end, 0)
    return bytes(minutes)


def _set(minutes: bytearray, first: datetime, start: datetime, end: datetime, value: int) -> None:
    begin, stop = (min(max(int((moment - first) / _MINUTE), 0), len(minutes)) for moment in (start, end))
    minutes[begin:stop] = bytes([value]) * (stop - begin)


def _occurrences(recurring: Json, first: datetime, length: int) -> Iterator[tuple[datetime, datetime]]:
    """Returns the windows; a rule is of every day, or of days of every week, as the provider and gcloud write them."""
    start, end = (_moment(value_at(recurring, f"window.{name}")) for name in ("startTime", "endTime"))
    rule = dict(part.split("=", 1) for part in str(recurring["recurrence"]).removeprefix("RRULE:").split(";"))
    known = rule.keys() <= {"FREQ", "BYDAY"} and rule.get("FREQ") in ("DAILY", "WEEKLY")
    of_rule = _DAYS if rule.get("FREQ") == "DAILY" else [_DAYS[start.weekday()]]
    days = rule["BYDAY"].split(",") if "BYDAY" in rule else of_rule
    if not known or not set(days) <= set(_DAYS):
        raise invalid(
            f"Recurrence '{recurring['recurrence']}' is not simulated: use FREQ=DAILY, or FREQ=WEEKLY;BYDAY=…."
        )
    day = first.replace(hour=start.hour, minute=start.minute) - timedelta(days=8)
    while day < first + length * _MINUTE:
        if _DAYS[day.weekday()] in days:
            yield day, day + (end - start)
        day += timedelta(days=1)


def _daily(window: Json) -> Json | None:
    """Returns a daily window, of four hours, as a recurring one."""
    start = value_at(window, "dailyMaintenanceWindow.startTime")
    if not start:
        return None
    begins = _moment(f"2026-01-01T{start}:00Z")
    times = {"startTime": begins.isoformat(), "endTime": (begins + timedelta(hours=4)).isoformat()}
    return {"window": times, "recurrence": "FREQ=DAILY"}


def _scope(exclusion: Json) -> str:
    options: Any = exclusion.get("maintenanceExclusionOptions") or {}
    return str(cast("Json", options).get("scope") or "NO_UPGRADES")


def _moment(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError as error:
        raise invalid(f"Invalid value for a time: '{text}'.") from error
