"""Duties, conflicts and accepted paths as security declares them (access_audit.yaml)."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine import data
from engine.accepted import Reason
from iam.escalation import ACT_AS, Step, leading

POLICIES = Path(__file__).resolve().parents[1]
FILE = POLICIES / "access_audit.yaml"
PRINCIPALS = POLICIES / "audit_principals.yaml"
# Placeholder for the break-glass groups among the exceptions of a conflict.
BREAK_GLASS = "break-glass"
INVENTORY = POLICIES / "datastore_inventory.yaml"
WAIVERS = POLICIES / "audit_waivers.yaml"
ROOT = POLICIES.parent


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Conflict(_Document):
    """Duties that one principal may not have together; `except` needs the decision with the reason."""

    duties: tuple[str, str]
    because: Reason
    exempt: tuple[str, ...] = Field(default=(), alias="except")
    decision: str = ""


class AcceptedPath(_Document):
    """Escalation path that a decision accepts without an end, as long as its safeguards hold (safeguards.yaml)."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    decision: str
    because: Reason
    safeguards: Annotated[tuple[str, ...], Field(min_length=1)]

    def fits(self, source: str, target: str) -> bool:
        """Return whether it accepts a path from source to target."""
        return fits(source, [self.source]) and fits(target, [self.target])


class AcceptedGrant(_Document):
    """Undeclared grants that security accepts."""

    member: str
    roles: frozenset[str]
    because: Reason


class Principals(_Document):
    """Groups and grants that differ from organisation to organisation: audit_principals.yaml."""

    trusted: tuple[str, ...]
    break_glass: tuple[str, ...] = Field(alias="breakGlass")
    undeclared: dict[str, tuple[AcceptedGrant, ...]]


class Settings(_Document):
    """Content of access_audit.yaml, which explains its parts."""

    duties: dict[str, frozenset[str]]
    conflicts: tuple[Conflict, ...]
    states: dict[str, str]
    protected: frozenset[str]
    accepted: tuple[AcceptedPath, ...]
    agents: tuple[str, ...]
    roles: dict[str, frozenset[str]]

    @cached_property
    def duty_of(self) -> dict[str, str]:
        """Duties by permission."""
        return {permission: duty for duty, permissions in self.duties.items() for permission in permissions}

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Permissions of duties and of impersonation."""
        return frozenset(self.duty_of).union({ACT_AS}, *map(leading, Step))


class Datastore(_Document):
    """Datastore that must exist."""

    stack: str
    type: str
    name: str


class Inventory(_Document):
    """Datastores that must exist, by environment."""

    environments: dict[str, tuple[Datastore, ...]]


def fits(text: str, patterns: Iterable[str]) -> bool:
    """Return whether a pattern, with `*` for any text, matches the whole text."""
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)


@cache
def settings(file: Path = FILE) -> Settings:
    """Return the settings.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Settings)


@cache
def principals(file: Path = PRINCIPALS) -> Principals:
    """Return the groups and grants that security names.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Principals)


@cache
def inventory(file: Path = INVENTORY) -> Inventory:
    """Return the inventory of datastores.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Inventory)
