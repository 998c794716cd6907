"""Roles that each identity may be granted: access.yaml, read and matched.

It is written by security and not made from the identity layer's tables: a grant is thought about twice.
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
    """A role, and the name of the condition that its grant has to have."""

    role: Annotated[str, Field(min_length=1)]
    condition: str = ""

    @property
    def is_delegated(self) -> bool:
        """Whether its condition is a list of roles (iam-delegation-limited)."""
        return self.condition == "delegated"

    @property
    def is_window(self) -> bool:
        """Whether its condition is a window of time (iam-break-glass-time-bound)."""
        return self.condition == "window"


def _in_full(value: object) -> object:
    """A role's name alone stands for a grant without a condition."""
    return {"role": value} if isinstance(value, str) else value


class Entry(_Document):
    """Roles that one kind of principal may be granted, by resource."""

    to: str
    holds: dict[str, tuple[Annotated[Permitted, BeforeValidator(_in_full)], ...]]


class Access(_Document):
    """The whole list; see access.yaml for the meaning of its parts."""

    conditions: dict[str, str]
    delegable: frozenset[str]
    longest_window_hours: Annotated[int, Field(ge=1, le=72)]
    grants: tuple[Entry, ...]
    known_in_update: dict[str, frozenset[str]]
    custom_roles: dict[str, frozenset[str]]

    def is_known_in_update(self, place: str, role: str) -> bool:
        """Whether a preview may leave open to whom this role is granted in this place."""
        return any(
            role in roles and _names(pattern, place) is not None for pattern, roles in self.known_in_update.items()
        )

    def permitted(self, principal: str, place: str, project: str) -> Iterator[Permitted]:
        """The roles that a principal may have in a place, their conditions written out."""
        for entry in self.grants:
            names = _names(entry.to, principal)
            for pattern, roles in entry.holds.items():
                if names is not None and _names(pattern, place, names) is not None:
                    yield from (self._written(permitted, {**names, "project": project}) for permitted in roles)

    @staticmethod
    def is_entry(to: str, on: str, principal: str, place: str) -> bool:
        """Whether an entry's principal and place are this principal and this place."""
        names = _names(to, principal)
        return names is not None and _names(on, place, names) is not None

    def _written(self, permitted: Permitted, names: Mapping[str, str]) -> Permitted:
        text = self.conditions.get(permitted.condition)
        return permitted.model_copy(update={"condition": _filled(text, names)}) if text else permitted


def _filled(pattern: str, names: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda match: names[match[1]], pattern)


def _names(pattern: str, text: str, known: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """Texts that the placeholders of a pattern stand for; None when the pattern does not fit."""
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
