"""Waivers: findings that security accepts for a limited time, for one rule and one resource each, with a reason.

They are listed in policies/waivers.yaml, which security reviews. A waived finding is still reported, as an advisory. A
waiver that has expired, that no finding needs, or that matches more than one resource is a violation itself
(rules/waiver.py), so that the list stays short and true.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from engine import data, urns
from engine.accepted import Day, Owner, Reason
from engine.urns import Urn

FILE = Path(__file__).resolve().parents[1] / "waivers.yaml"
LONGEST = timedelta(days=90)


def _exact(value: str) -> str:
    if re.search(r"[*?]", value):
        raise ValueError(
            f"{value!r} is a pattern: it would waive resources that nobody has looked at. Name one resource in full."
        )
    return value


def _parts(value: object) -> object:
    """Convert a URN to the stack, type and name that are in it."""
    if not isinstance(value, str):
        return value
    parts = urns.parse(_exact(value))
    return {"urn": value, "stack": parts.home, "type": parts.type, "name": parts.name}


class Target(BaseModel):
    """Resource by its stack ("platform/dev"), its type and its name; also by its URN, where one is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*/[A-Za-z0-9._*?-]+$")]
    type: Annotated[str, Field(min_length=3)]
    name: Annotated[str, Field(min_length=1)]
    urn: str = ""

    _in_full = field_validator("stack", "type", "name")(_exact)

    @cached_property
    def parts(self) -> Urn:
        """Stack, type and name as parts of a URN."""
        project, _, stack = self.stack.partition("/")
        return Urn(project, stack, self.type, self.name)

    def fits(self, urn: str) -> bool:
        """Return whether a URN is the URN of this resource."""
        return urn == self.urn if self.urn else urns.parse(urn) == self.parts


# A resource as security's files name it: its stack, type and name, or its URN.
Named = Annotated[Target, BeforeValidator(_parts)]


class Waiver(BaseModel):
    """Accepted finding.

    Attributes:
        policy: the name of the rule.
        resource: its URN, or its stack, type and name.
        reason: for reviewers, the reason to accept the risk.
        owner: the team that will remove the cause.
        expires: the last day on which it is valid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)+$")]
    resource: Named
    reason: Reason
    owner: Owner
    expires: Day

    @model_validator(mode="after")
    def _waivable(self) -> Self:
        if self.policy.startswith(("waiver-", "drift-")):
            raise ValueError(
                "the rules on waivers and on accepted drift cannot be waived; correct the entry that they complain "
                "about."
            )
        return self

    @property
    def title(self) -> str:
        """Waiver in words, for messages."""
        return f"waiver of {self.policy} for {self.resource.type} {self.resource.name!r} (owner: {self.owner})"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    waivers: tuple[Waiver, ...]


class Waivers:
    """All waivers, and the ones that were used so far.

    Args:
        waivers: waivers of the file.
        today: the day of the evaluation.
    """

    def __init__(self, waivers: Iterable[Waiver], today: date) -> None:
        self.today = today
        self._by_finding = {(waiver.policy, waiver.resource.parts): waiver for waiver in waivers}
        self._used: dict[Waiver, str] = {}

    def __iter__(self) -> Iterator[Waiver]:
        return iter(self._by_finding.values())

    def covering(self, policy: str, urn: str) -> Waiver | None:
        """Return the waiver that accepts a finding of a policy on a resource, and mark it as used.

        A waiver covers one resource: a second one that it matches is not covered.
        """
        if not self._by_finding or not urn:
            return None
        waiver = self._by_finding.get((policy, urns.parse(urn)))
        if waiver is None or not waiver.resource.fits(urn) or self.expired(waiver):
            return None
        return waiver if self._used.setdefault(waiver, urn) == urn else None

    def expired(self, waiver: Waiver) -> bool:
        """Return whether a waiver's last day is over."""
        return waiver.expires < self.today

    def used(self, waiver: Waiver) -> bool:
        """Return whether a finding needed a waiver."""
        return waiver in self._used


def today() -> date:
    """Return today in UTC, the same everywhere."""
    return datetime.now(UTC).date()


def load(policies: Iterable[str], file: Path = FILE, *, on: date | None = None) -> Waivers:
    """Load the waivers of a file.

    Args:
        policies: the names of the rules that can be waived.
        file: YAML, `waivers: [...]`.
        on: the day of the evaluation; today by default.

    Raises:
        DataError: the file has another form, or a waiver exceeds its limits.
    """
    day = on or today()
    listed = data.load(file, _File).waivers
    problems = list(_problems(listed, frozenset(policies), day))
    if problems:
        raise data.unusable(file, problems)
    return Waivers(listed, day)


def _problems(listed: tuple[Waiver, ...], policies: frozenset[str], day: date) -> Iterator[str]:
    seen: set[tuple[str, Urn]] = set()
    for index, waiver in enumerate(listed):
        path = f"waivers.{index}"
        if waiver.policy not in policies:
            yield f"{path}.policy: {waiver.policy!r} is no policy, so it would waive nothing; correct its name."
        if waiver.expires > day + LONGEST:
            yield (
                f"{path}.expires: {waiver.expires} is more than {LONGEST.days} days ahead ({day + LONGEST} at most); "
                "what is accepted for longer is a change of the rule."
            )
        if (waiver.policy, waiver.resource.parts) in seen:
            yield f"{path}: waives the same finding as another one; remove one."
        seen.add((waiver.policy, waiver.resource.parts))
