"""Configuration of daily work: the model of Pulumi.<environment>.yaml.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python. The types of single
values are in values.py and kit/scalars.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from identity_layer.environment import Environment
from identity_layer.kit import logins, scalars
from identity_layer.kit.configuration import Section
from identity_layer.kit.scalars import EachOnce, NothingIfEmpty, Reason, TeamName
from identity_layer.values import Capability, GroupEmail, PersonEmail

LONGEST_EMERGENCY = timedelta(hours=12)


Moment = Annotated[
    datetime,
    BeforeValidator(lambda value: scalars.moment(value) if isinstance(value, str) else value),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
]


class Team(Section):
    """A team: the people behind it, and what they may do in the whole project."""

    group: GroupEmail
    capabilities: Annotated[list[Capability], EachOnce] = Field(default_factory=list[Capability])


class EmergencyGrant(Section):
    """A window of time in which people may destroy; the only grant of that role.

    It is for the break-glass group, or for people by name where the foundation lists them.
    """

    reason: Reason
    start: Moment
    end: Moment
    people: Annotated[list[PersonEmail], EachOnce] = Field(default_factory=list[str])

    @model_validator(mode="after")
    def _short(self) -> Self:
        if not timedelta() < self.end - self.start <= LONGEST_EMERGENCY:
            raise ValueError(
                f"the window from {self.start.isoformat()} to {self.end.isoformat()} is empty or longer than "
                f"{LONGEST_EMERGENCY.total_seconds() / 3600:.0f} hours, and what is forgotten stays open that long; "
                "shorten it."
            )
        return self


OptionalGrant = Annotated[EmergencyGrant | None, NothingIfEmpty]


class Settings(Environment):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    teams: dict[TeamName, Team] = Field(
        examples=["{database: {group: database-team@example.com, capabilities: [datastore-admin]}}"],
        description="Teams with a part in the whole project, by name: `{group, capabilities}`; capabilities are "
        "`cluster-user`, `datastore-admin`, `platform-reader`, `security-reader`. A team with an app has a stack of "
        "its own, and `cluster-user` by it",
    )
    break_glass: OptionalGrant = Field(
        default=None,
        examples=['{reason: restore of orders, start: "2030-01-01T10:00:00Z", end: "2030-01-01T14:00:00Z"}'],
        description="Window of time in which the break-glass group may destroy, or people whom the foundation's "
        "`onCall` lists: `{reason, start, end, people}`; none on a normal day",
    )

    @model_validator(mode="after")
    def _groups_are_distinct(self) -> Self:
        problems = [*self._shared_groups(), *logins.too_long(self._logins())]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _logins(self) -> dict[str, str]:
        """Path to the login of each team that administers datastores: its group's address."""
        return {
            f"teams.{name}.group": team.group
            for name, team in self.teams.items()
            if "datastore-admin" in team.capabilities
        }

    def _shared_groups(self) -> Iterator[str]:
        groups: dict[str, str] = {}
        for name, team in self.teams.items():
            first = groups.setdefault(team.group, name)
            if first != name:
                yield (
                    f"teams.{name}.group: {team.group!r} is the group of the team {first!r} too, so taking access from "
                    "one would take it from both; give each a group of its own, or make them one team."
                )
