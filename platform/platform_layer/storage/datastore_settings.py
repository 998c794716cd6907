"""Settings of the datastores: PostgreSQL instances with their owner, size, objectives and history.

The protection of a datastore is not a setting (datastore.py): no team has a reason to have less of it.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from platform_layer.kit import scalars
from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import DatabaseName, ProjectId, Reason, TeamName, matching
from platform_layer.storage import machine_types
from platform_layer.storage.machine_types import MOST_LOG_DAYS, SHARED_CORE, PostgresVersion, Tier
from platform_layer.values import InstanceName

# https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr: logs leave the instance every five minutes.
LEAST_DATA_LOSS_MINUTES = 5
# Without a standby, a failed zone means a manual restore: about an hour where a person answers at once.
LEAST_DOWNTIME_MINUTES_ZONAL = 60
MOST_MINUTES = 365 * 24 * 60
# https://cloud.google.com/resource-manager/docs/labels-overview#requirements
LONGEST_LABEL = 63
# https://cloud.google.com/sql/docs/postgres/maintenance#deny-maintenance
SHORTEST_FREEZE, LONGEST_FREEZE = timedelta(days=1), timedelta(days=90)
SYSTEM_DATABASES = frozenset({"postgres", "template0", "template1", "cloudsqladmin"})


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        # Python reads more forms, such as the day of a week.
        if (parsed := date.fromisoformat(value)).isoformat() == value:
            return parsed
    raise ValueError(f'{value!r} is no day; write it as in "2026-12-31", quoted.')


def _day_of_year(value: str) -> str:
    with suppress(ValueError):
        # Python reads more forms than Google, such as the day of a week.
        if _in_a_year(value).strftime("%m-%d") == value:
            return value
    raise ValueError(f'{value!r} is no day of every year; write month and day, as in "12-01".')


def _in_a_year(value: str) -> date:
    return date.fromisoformat(f"2023-{value}")


Moment = Annotated[
    str, AfterValidator(lambda value: scalars.moment(value).astimezone(UTC).isoformat().replace("+00:00", "Z"))
]


def _of_the_past(value: str) -> str:
    if scalars.moment(value) > datetime.now(UTC):
        raise ValueError(f"{value} is in the future, of which there is no data; correct it.")
    return value


PastMoment = Annotated[Moment, AfterValidator(_of_the_past)]
Day = Annotated[date, BeforeValidator(_day)]
DayOfYear = Annotated[str, AfterValidator(_day_of_year)]
Person = Annotated[
    str, *matching(r"[A-Za-z0-9._+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "the e-mail address of who approved it")
]


class Objectives(Section):
    """Objectives that the owner promises to the users for the loss of a zone or of data."""

    data_loss_minutes: int = Field(ge=LEAST_DATA_LOSS_MINUTES, le=MOST_MINUTES)
    downtime_minutes: int = Field(ge=1, le=MOST_MINUTES)


class Backups(Section):
    """Retention of backups: for a restore to any second, to a daily backup, and after the deletion."""

    point_in_time_days: int = Field(default=7, ge=1, le=35)
    kept: int = Field(default=30, ge=7, le=365)
    final_days: int = Field(default=90, ge=30, le=365)


class MaintenanceWindow(Section):
    """The hour (UTC) of the week in which Google may restart the instance."""

    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "sunday"
    hour: int = Field(default=2, ge=0, le=23)


class Freeze(Section):
    """Days of every year (MM-DD) on which Google maintains nothing."""

    start: DayOfYear
    end: DayOfYear

    @model_validator(mode="after")
    def _short(self) -> Self:
        start, end = _in_a_year(self.start), _in_a_year(self.end)
        length = end - start if end >= start else end.replace(year=end.year + 1) - start
        if length < SHORTEST_FREEZE:
            raise ValueError(
                f"{self.start} to {self.end} is no time at all: it ends when it begins; end it a day later."
            )
        if length > LONGEST_FREEZE:
            raise ValueError(
                f"{self.start} to {self.end} is longer than {LONGEST_FREEZE.days} days, which Google refuses, since "
                "security fixes would wait; shorten it."
            )
        return self


class Parts(Section):
    """Parts of a datastore: databases by name, and users by the app or the team that logs in as them."""

    databases: list[DatabaseName] = Field(default_factory=list[str])
    apps: list[str] = Field(default_factory=list[str])
    teams: list[str] = Field(default_factory=list[str])


class Source(Section):
    """Source of a restored datastore; it stays configured as long as the datastore does."""

    datastore: InstanceName
    point_in_time: PastMoment
    deleted_at: Moment | None = None
    adopted: Parts | None = None

    @model_validator(mode="after")
    def _of_a_time_with_data(self) -> Self:
        if self.deleted_at and scalars.moment(self.deleted_at) > datetime.now(UTC):
            raise ValueError(f"deletedAt {self.deleted_at} is in the future, so nothing was deleted then; correct it.")
        if self.deleted_at and scalars.moment(self.point_in_time) > scalars.moment(self.deleted_at):
            raise ValueError(
                f"pointInTime {self.point_in_time} is after deletedAt {self.deleted_at}, and what was deleted has no "
                "data of later; exchange or correct them."
            )
        return self


class Structure(Section):
    """Datastore and time from which the structure of this one was loaded: the version of its content."""

    project: ProjectId
    datastore: InstanceName
    point_in_time: PastMoment


class Retirement(Section):
    """The decision to give up a datastore, or parts of it: the first of two reviewed steps."""

    reason: Reason
    approved_by: Person
    after: Day
    only: Parts | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.only and not (self.only.databases or self.only.apps or self.only.teams):
            raise ValueError("only names nothing, so nothing would be retired; name parts, or remove it for the whole.")
        return self


class Datastore(Section):
    """One PostgreSQL instance and what is in it."""

    owner: TeamName
    version: PostgresVersion
    tier: Tier
    databases: list[DatabaseName] = Field(min_length=1)
    objectives: Objectives
    highly_available: bool = True
    backups: Backups = Field(default_factory=Backups)
    maintenance: MaintenanceWindow = Field(default_factory=MaintenanceWindow)
    freeze: Freeze | None = None
    source: Source | None = None
    structure: Structure | None = None
    standby: bool = False
    read_only: bool = False
    retire: Retirement | None = None

    @property
    def edition(self) -> str:
        """The edition of Cloud SQL that the tier belongs to."""
        return machine_types.edition(self.tier)

    @property
    def managed(self) -> bool:
        """True if its databases and users are declared; for a restored datastore they are adopted later."""
        return self.source is None or self.source.adopted is not None

    @property
    def serves(self) -> bool:
        """True if apps use it by the names of its databases."""
        return self.managed and not self.standby and not self.read_only

    @property
    def is_version(self) -> bool:
        """True if apps use it by its own name, for the data of one time."""
        return self.managed and self.read_only

    @model_validator(mode="after")
    def _keeps_its_promises(self) -> Self:
        problems = [*self._objectives(), *self._recovery(), *self._names(), *self._labels()]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _objectives(self) -> Iterator[str]:
        if not self.highly_available and self.objectives.downtime_minutes < LEAST_DOWNTIME_MINUTES_ZONAL:
            yield (
                f"objectives.downtimeMinutes: {self.objectives.downtime_minutes} cannot be kept in a single zone, "
                "whose failure means a manual restore; set highlyAvailable, or promise "
                f"{LEAST_DOWNTIME_MINUTES_ZONAL} or more."
            )
        if self.highly_available and self.tier in SHARED_CORE:
            yield (
                f"tier: {self.tier!r} shares its core and is outside of Google's service level agreement, so a standby "
                "promises what nobody keeps; take a db-custom tier, or set highlyAvailable: false."
            )

    def _recovery(self) -> Iterator[str]:
        if self.read_only and self.source is None:
            yield (
                "readOnly: without a source it holds the data of no time, so whoever reads it twice need not get the "
                "same; give it a source, or remove readOnly."
            )
        most = MOST_LOG_DAYS[self.edition]
        if self.backups.point_in_time_days > most:
            yield (
                f"backups.pointInTimeDays: {self.backups.point_in_time_days} is more than the {most} days of the "
                f"tier's edition {self.edition}; lower it, or take a db-perf-optimized tier."
            )
        if self.backups.kept < self.backups.point_in_time_days:
            yield (
                f"backups.kept: {self.backups.kept} daily backups do not reach back the "
                f"{self.backups.point_in_time_days} days of pointInTimeDays, and logs without a backup before them "
                "restore nothing; keep more."
            )

    def _labels(self) -> Iterator[str]:
        label = f"{self.structure.project}_{self.structure.datastore}" if self.structure else ""
        if len(label) > LONGEST_LABEL:
            yield (
                f"structure: the label {label!r} has {len(label)} characters, more than the {LONGEST_LABEL} that "
                "Google takes, so the instance could not be made; copy from a datastore with a shorter name."
            )

    def _names(self) -> Iterator[str]:
        for database in sorted(set(self.databases) & SYSTEM_DATABASES):
            yield f"databases: {database!r} is PostgreSQL's own and there already; choose another name."
        for database in sorted({name for name in self.databases if self.databases.count(name) > 1}):
            yield f"databases: {database!r} is declared more than once; remove the repetition."
        references = {
            "retire.only": self.retire and self.retire.only,
            "source.adopted": self.source and self.source.adopted,
        }
        for path, parts in references.items():
            for database in sorted(set(parts.databases) - set(self.databases)) if parts else ():
                yield f"{path}.databases: {database!r} is no database of this datastore; correct it or remove it."


def problems(datastores: dict[str, Datastore]) -> Iterator[str]:
    """Contradictions between several datastores, each with its path."""
    serving: dict[str, str] = {}
    for name, datastore in datastores.items():
        for database in datastore.databases if datastore.serves else ():
            other = serving.setdefault(database, name)
            if other != name:
                yield (
                    f"datastores.{name}.databases: {database!r} is served by {other!r} too, and an app asks for it by "
                    "this name alone; set standby on one of the two, or choose another name."
                )
        if _has_no_source(name, datastore, datastores):
            yield (
                f"datastores.{name}.source.datastore: no other datastore here has this name, so there is nothing "
                "to restore from; correct it, or give deletedAt when it was deleted."
            )


def _has_no_source(name: str, datastore: Datastore, datastores: dict[str, Datastore]) -> bool:
    """Return whether the source of a restore is missing; once the copy is adopted, the source may be retired."""
    source = datastore.source
    if source is None or source.adopted is not None or source.deleted_at is not None:
        return False
    return source.datastore == name or source.datastore not in datastores


def serving(datastores: dict[str, Datastore]) -> dict[str, str]:
    """Name of a database to the name of the datastore that serves it."""
    return {
        database: name for name, datastore in datastores.items() if datastore.serves for database in datastore.databases
    }
