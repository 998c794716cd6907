"""Roles that each identity may be granted (access.yaml).

Security writes the list; it is not generated from the identity layer's tables, so that two teams review each grant.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine import data

FILE = Path(__file__).resolve().parents[1] / "access.yaml"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Permitted(_Document):
    """Role that may be granted, and the name of the condition that its grant must have."""

    role: Annotated[str, Field(min_length=1)]
    condition: str = ""

    @property
    def is_delegated(self) -> bool:
        """Return whether its condition is a list of roles (iam-delegation-limited)."""
        return self.condition == "delegated"

    @property
    def is_window(self) -> bool:
        """Return whether its condition is a window of time (iam-break-glass-time-bound)."""
        return self.condition == "window"


def _in_full(value: object) -> object:
    """Expand a role's name to a permitted role without a condition."""
    return {"role": value} if isinstance(value, str) else value


class Entry(_Document):
    """Roles that one kind of principal may be granted, by resource."""

    to: str
    holds: dict[str, tuple[Annotated[Permitted, BeforeValidator(_in_full)], ...]]


class Access(_Document):
    """Content of access.yaml, which explains its parts."""

    conditions: dict[str, str]
    delegable: frozenset[str]
    longest_window_hours: Annotated[int, Field(ge=1, le=72)]
    administrators_alone: frozenset[str]
    grants: tuple[Entry, ...]
    known_in_update: dict[str, frozenset[str]]
    custom_roles: dict[str, frozenset[str]]

    def is_known_in_update(self, resource: str, role: str) -> bool:
        """Return whether the member of a grant of this role on this resource may be unknown in a preview."""
        return any(
            role in roles and _names(pattern, resource) is not None for pattern, roles in self.known_in_update.items()
        )

    def permitted(self, principal: str, resource: str, project: str) -> Iterator[Permitted]:
        """Yield the roles that a principal may be granted on a resource, with their conditions filled in."""
        for entry in self.grants:
            names = _names(entry.to, principal)
            for pattern, roles in entry.holds.items():
                if names is not None and _names(pattern, resource, names) is not None:
                    yield from (self._written(permitted, {**names, "project": project}) for permitted in roles)

    @staticmethod
    def is_entry(to: str, on: str, principal: str, resource: str) -> bool:
        """Return whether an entry is for this principal and this resource."""
        names = _names(to, principal)
        return names is not None and _names(on, resource, names) is not None

    def _written(self, permitted: Permitted, names: Mapping[str, str]) -> Permitted:
        text = self.conditions.get(permitted.condition)
        return permitted.model_copy(update={"condition": _filled(text, names)}) if text else permitted


def _filled(pattern: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda match: names[match[1]], pattern)


def _names(pattern: str, text: str, known: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """Return the values of a pattern's placeholders in a text; None where it does not match."""
    expression = ""
    seen: set[str] = set()
    for part in re.split(r"(\{[a-z]+\}|\*)", pattern):
        if part == "*":
            expression += ".*"
        elif not part.startswith("{"):
            expression += re.escape(part)
        elif (name := part[1:-1]) in (known or {}):
            expression += re.escape((known or {})[name])
        else:
            expression += f"(?P={name})" if name in seen else f"(?P<{name}>[a-z0-9]([a-z0-9-]*[a-z0-9])?)"
            seen.add(name)
    match = re.fullmatch(expression, text)
    return match.groupdict() if match else None


ACCESS = data.load(FILE, Access)
