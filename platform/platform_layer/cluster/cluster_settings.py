"""Settings of the cluster: how fast it follows new versions, and when Google may maintain it.

Everything else about the cluster is fixed in cluster.py.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import matching
from platform_layer.values import Label

Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
TimeOfDay = Annotated[str, *matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day in UTC, such as 01:00")]
ClusterVersion = Annotated[
    str, *matching(r"1\.[0-9]{2}(\.[0-9]+-gke\.[0-9]+)?", "a version of GKE, such as 1.34 or 1.34.1-gke.1829001")
]

# https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions
_LEAST_HOURS_IN_32_DAYS = 48
_MOST_DAYS = {"NO_UPGRADES": 30, "NO_MINOR_UPGRADES": 180, "NO_MINOR_OR_NODE_UPGRADES": 180}
_MOST_FULL_FREEZES = 3


def _instant(value: str) -> str:
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - the format says UTC
    except ValueError:
        raise ValueError(f"{value!r} is not an instant in UTC; write it as in 2026-12-18T00:00:00Z.") from None
    return value


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
        offered = len(self.days) * 4 * self.hours
        if offered < _LEAST_HOURS_IN_32_DAYS:
            raise ValueError(
                f"{offered} hours in four weeks are too few, and Google refuses the cluster: it needs "
                f"{_LEAST_HOURS_IN_32_DAYS} hours in 32 days; add a day or hours."
            )
        return self


class Freeze(Section):
    """A time in which Google does not upgrade, such as a season of high sales."""

    start: Instant
    end: Instant
    scope: Literal["NO_UPGRADES", "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES"] = "NO_UPGRADES"

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        start, end = datetime.fromisoformat(self.start), datetime.fromisoformat(self.end)
        if end <= start:
            raise ValueError(f"end {self.end} is not after start {self.start}; exchange or correct them.")
        most = _MOST_DAYS[self.scope]
        if (end - start).days > most:
            raise ValueError(
                f"{(end - start).days} days are more than the {most} that Google allows for {self.scope}, and security "
                "patches would wait as long; shorten it, or choose a narrower scope."
            )
        return self


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

    @model_validator(mode="after")
    def _few_full_freezes(self) -> Self:
        full = [name for name, freeze in self.freezes.items() if freeze.scope == "NO_UPGRADES"]
        if len(full) > _MOST_FULL_FREEZES:
            raise ValueError(
                f"freezes {', '.join(full)} stop all upgrades, and Google takes {_MOST_FULL_FREEZES} of these at most; "
                "remove those that are over, or choose a narrower scope."
            )
        return self
