"""Exceptions: refusals of the gate that security accepts once, for one resource and one operation each.

They are listed in plan_exceptions.yaml, which security reviews. An exception that has expired, that no plan of its
stack needs, or that could match more than one resource is a refusal itself, so that the list stays short and true.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from engine import data, urns
from engine.accepted import Day, Owner, Reason

FILE = Path(__file__).resolve().parents[1] / "plan_exceptions.yaml"
LONGEST = timedelta(days=14)

# `weaken` names the path of the input in the resource (plan_weakening.yaml).
ExceptionOperation = Annotated[
    str,
    Field(
        pattern=(
            r"^(delete|replace|recreate|unprotect|abandon|delete-before-replace|change-provider|exceed-limit"
            r"|weaken \S.*)$"
        )
    ),
]


class PlanException(BaseModel):
    """Exception for one operation on one resource.

    Attributes:
        resource: the exact URN; for exceed-limit the URN of the stack itself.
        operation: the accepted operation.
        upto: for exceed-limit, the number of resources that the update may delete, replace or change.
        reason: for reviewers, the reason and the way in which the data are kept.
        owner: the responsible team.
        expires: the last day on which it is valid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: str
    operation: ExceptionOperation
    upto: Annotated[int, Field(ge=1, strict=True)] | None = None
    reason: Reason
    owner: Owner
    expires: Day

    @field_validator("resource")
    @classmethod
    def _exact(cls, value: str) -> str:
        if re.search(r"[*?]", value):
            raise ValueError(
                f"{value!r} is a pattern: it would let through what nobody has looked at. Write one exception per "
                "resource."
            )
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        of_stack = urns.parse(self.resource).type == urns.STACK
        if (self.operation == "exceed-limit") != of_stack:
            raise ValueError("exceed-limit is about a stack, everything else about one resource in it")
        if (self.upto is None) == of_stack:
            raise ValueError("`upto` says how large the change may be, and belongs to exceed-limit alone")
        return self

    @property
    def title(self) -> str:
        """Accepted operation, for messages."""
        target = urns.parse(self.resource)
        return (
            f"exception to {self.operation} {target.type} {target.name!r} (owner: {self.owner}, until {self.expires})"
        )


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    exceptions: tuple[PlanException, ...]


@dataclass
class Exceptions:
    """All exceptions, and the used ones.

    Attributes:
        all: exceptions of the file.
        today: the day of the evaluation.
        used: exceptions that this plan needed.
    """

    all: tuple[PlanException, ...]
    today: date
    used: list[PlanException] = field(default_factory=list[PlanException])

    def accepting(self, urn: str, operation: ExceptionOperation, count: int = 0) -> PlanException | None:
        """Return the exception that accepts an operation, and mark it as used."""
        for exception in self.all:
            fits = (exception.resource, exception.operation) == (urn, operation) and count <= (exception.upto or count)
            if fits and exception.expires >= self.today:
                if exception not in self.used:
                    self.used.append(exception)
                return exception
        return None

    def problems(self, stack: str, project: str) -> Iterator[tuple[PlanException, str]]:
        """Yield problems of a stack's exceptions, once its plan has been evaluated."""
        for exception in self.all:
            target = urns.parse(exception.resource)
            if (target.stack, target.project) != (stack, project) or exception in self.used:
                continue
            if exception.expires < self.today:
                yield exception, f"expired on {exception.expires}; remove it, or have it reviewed anew"
            else:
                yield exception, "is not needed by this plan; remove it, so that it cannot let a later change through"


def load(file: Path, today: date) -> Exceptions:
    """Load the exceptions of a file.

    Raises:
        engine.data.DataError: the file has another form, or an exception exceeds its limits.
    """
    listed = data.load(file, _File).exceptions
    problems = list(_problems(listed, today))
    if problems:
        raise data.unusable(file, problems)
    return Exceptions(listed, today)


def _problems(listed: tuple[PlanException, ...], today: date) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for index, exception in enumerate(listed):
        if exception.expires > today + LONGEST:
            yield (
                f"exceptions.{index}.expires: {exception.expires} is more than {LONGEST.days} days ahead "
                f"({today + LONGEST} at most); an exception is for one change, not for a habit."
            )
        if (exception.resource, exception.operation) in seen:
            yield f"exceptions.{index}: accepts the same as another one; remove one."
        seen.add((exception.resource, exception.operation))
