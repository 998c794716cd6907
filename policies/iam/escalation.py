"""Permissions by which a principal can escalate (escalation.yaml), for the pack, the audit and `make access`."""

from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine import data

FILE = Path(__file__).resolve().parents[1] / "escalation.yaml"
ACT_AS = "iam.serviceAccounts.actAs"
_UNSEEN = "it covers permissions that nobody has looked at, and those that Google adds later"


class Step(StrEnum):
    """Kind of edge from the holder of a permission to a service account; escalation.yaml explains each."""

    ACCOUNT = "account"
    ATTACH = "attach"
    AGENT = "agent"
    WORKLOAD = "workload"
    FEDERATION = "federation"


class Escalating(BaseModel):
    """Escalating permissions with one consequence.

    Attributes:
        step: the kind of edge to an account that they give; None where they give none.
        because: the consequence, as the end of a sentence.
        names: the permissions; `*` stands for any text, and is not permitted with a step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: Step | None = None
    because: Annotated[str, Field(min_length=10)]
    names: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _steps_are_named_in_full(self) -> Self:
        patterns = [name for name in self.names if "*" in name]
        if self.step and patterns:
            raise ValueError(f"{', '.join(patterns)}: a permission with a step has to be named in full")
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    permissions: tuple[Escalating, ...]

    @model_validator(mode="after")
    def _each_is_listed_once(self) -> Self:
        names = [name for entry in self.permissions for name in entry.names]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)}: listed more than once; keep the entry with the step")
        return self


PERMISSIONS = data.load(FILE, _File).permissions
_EXACT = {name: entry.because for entry in PERMISSIONS for name in entry.names if "*" not in name}
_PATTERNS = [(name, entry.because) for entry in PERMISSIONS for name in entry.names if "*" in name]


@cache
def danger(permission: str) -> str:
    """Return the consequence of an escalating permission; empty for any other permission."""
    if "*" in permission:
        return _UNSEEN
    consequence = _EXACT.get(permission)
    return consequence or next((how for pattern, how in _PATTERNS if fnmatchcase(permission, pattern)), "")


@cache
def leading(step: Step) -> frozenset[str]:
    """Return the permissions that give a kind of edge to an account."""
    return frozenset(name for entry in PERMISSIONS if entry.step is step for name in entry.names)
