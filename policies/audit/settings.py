"""Duties, conflicts and accepted paths as security declares them: access_audit.yaml, read."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine import data
from iam.escalation import ACT_AS, Step, leading

POLICIES = Path(__file__).resolve().parents[1]
FILE = POLICIES / "access_audit.yaml"
PRINCIPALS = POLICIES / "audit_principals.yaml"
# Stands for the groups of break-glass among the exceptions of a conflict.
BREAK_GLASS = "break-glass"
INVENTORY = POLICIES / "datastore_inventory.yaml"
WAIVERS = POLICIES / "audit_waivers.yaml"
ROOT = POLICIES.parent

Because = Annotated[str, Field(min_length=20)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Conflict(_Document):
    """Duties that one principal may not have together; `except` needs the decision that says why."""

    duties: tuple[str, str]
    because: Because
    exempt: tuple[str, ...] = Field(default=(), alias="except")
    decision: str = ""


class AcceptedPath(_Document):
    """A way that a decision accepts for good."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    decision: str
    because: Because

    def fits(self, source: str, target: str) -> bool:
        """Whether it is about a way from one to the other."""
        return fits(source, [self.source]) and fits(target, [self.target])


class AcceptedGrant(_Document):
    """Grants that no state declares, and that are accepted all the same."""

    member: str
    roles: frozenset[str]
    because: Because


class Principals(_Document):
    """Groups and grants that differ from organisation to organisation: audit_principals.yaml."""

    trusted: tuple[str, ...]
    break_glass: tuple[str, ...] = Field(alias="breakGlass")
    undeclared: dict[str, tuple[AcceptedGrant, ...]]


class Settings(_Document):
    """The file; see there for the meaning of its parts."""

    duties: dict[str, frozenset[str]]
    conflicts: tuple[Conflict, ...]
    states: dict[str, str]
    accepted: tuple[AcceptedPath, ...]
    agents: tuple[str, ...]
    roles: dict[str, frozenset[str]]

    @cached_property
    def duty_of(self) -> dict[str, str]:
        """The duty of each permission that belongs to one."""
        return {permission: duty for duty, permissions in self.duties.items() for permission in permissions}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every permission that means something here."""
        return frozenset(self.duty_of).union({ACT_AS}, *map(leading, Step))


class Datastore(_Document):
    """A datastore that must be there."""

    stack: str
    type: str
    name: str


class Inventory(_Document):
    """The datastores that must be there, by environment."""

    environments: dict[str, tuple[Datastore, ...]]


def fits(text: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns, in which `*` stands for any text, is the text as a whole."""
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)


@cache
def settings(file: Path = FILE) -> Settings:
    """The settings.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Settings)


@cache
def principals(file: Path = PRINCIPALS) -> Principals:
    """The groups and grants that the audit knows by name.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Principals)


@cache
def inventory(file: Path = INVENTORY) -> Inventory:
    """The inventory.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Inventory)
