"""Waivers: findings that security accepts for a while, one rule and one resource each, with a reason and an end.

They stand in policies/waivers.yaml, which security reviews. A finding that is waived is still reported, as an advisory.
A waiver that has expired, that nothing needs, or that fits more than one resource is a violation itself (rules/
waiver.py), so that the list stays as short as it is true.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from engine import data, urns
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
    """A URN stands for the stack, type and name that are in it."""
    if not isinstance(value, str):
        return value
    parts = urns.parse(_exact(value))
    return {"urn": value, "stack": f"{parts.project}/{parts.stack}", "type": parts.type, "name": parts.name}


class Target(BaseModel):
    """A resource by its stack ("platform/dev"), its type and its name; by its URN too, if that was given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*/[A-Za-z0-9._*?-]+$")]
    type: Annotated[str, Field(min_length=3)]
    name: Annotated[str, Field(min_length=1)]
    urn: str = ""

    _in_full = field_validator("stack", "type", "name")(_exact)

    @cached_property
    def parts(self) -> Urn:
        """The same as the parts of a URN."""
        project, _, stack = self.stack.partition("/")
        return Urn(project, stack, self.type, self.name)

    def fits(self, urn: str) -> bool:
        """Whether it is this resource."""
        return urn == self.urn if self.urn else urns.parse(urn) == self.parts


class Waiver(BaseModel):
    """One accepted finding.

    Attributes:
        policy: the name of the rule.
        resource: its URN, or its stack, type and name.
        reason: for reviewers, why the risk is taken.
        owner: the team that will end it.
        expires: the last day on which it holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)+$")]
    resource: Annotated[Target, BeforeValidator(_parts)]
    reason: Annotated[str, Field(min_length=20)]
    owner: Annotated[str, Field(min_length=2)]
    expires: date

    @model_validator(mode="after")
    def _waivable(self) -> Self:
        if self.policy.startswith("waiver-"):
            raise ValueError("the rules on waivers cannot be waived; correct the waiver that they complain about.")
        return self

    @property
    def title(self) -> str:
        """What it waives, for messages."""
        return f"waiver of {self.policy} for {self.resource.type} {self.resource.name!r} (owner: {self.owner})"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    waivers: tuple[Waiver, ...]


class Waivers:
    """All waivers, and which of them were needed so far.

    Args:
        waivers: those of the file.
        today: the day on which they are judged.
    """

    def __init__(self, waivers: Iterable[Waiver], today: date) -> None:
        self.today = today
        self._by_finding = {(waiver.policy, waiver.resource.parts): waiver for waiver in waivers}
        self._used: dict[Waiver, str] = {}

    def __iter__(self) -> Iterator[Waiver]:
        return iter(self._by_finding.values())

    def covering(self, policy: str, urn: str) -> Waiver | None:
        """The waiver that accepts a finding of a policy on a resource; it then counts as used.

        A waiver covers one resource: another one that it fits as well is not covered.
        """
        if not self._by_finding or not urn:
            return None
        found = self._by_finding.get((policy, urns.parse(urn)))
        if found is None or not found.resource.fits(urn) or self.expired(found):
            return None
        return found if self._used.setdefault(found, urn) == urn else None

    def expired(self, waiver: Waiver) -> bool:
        """Whether its last day is over."""
        return waiver.expires < self.today

    def used(self, waiver: Waiver) -> bool:
        """Whether a finding needed it."""
        return waiver in self._used


def today() -> date:
    """The day, the same everywhere."""
    return datetime.now(UTC).date()


def load(policies: Iterable[str], file: Path = FILE, *, on: date | None = None) -> Waivers:
    """The waivers of a file.

    Args:
        policies: the names of the rules that can be waived.
        file: YAML, `waivers: [...]`.
        on: the day on which they are judged; today by default.

    Raises:
        DataError: the file is not of this form, or asks for more than a waiver can give.
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
        place = f"waivers.{index}"
        if waiver.policy not in policies:
            yield f"{place}.policy: {waiver.policy!r} is no policy, so it would waive nothing; correct its name."
        if waiver.expires > day + LONGEST:
            yield (
                f"{place}.expires: {waiver.expires} is more than {LONGEST.days} days ahead ({day + LONGEST} at most); "
                "what is accepted for longer is a change of the rule."
            )
        if (waiver.policy, waiver.resource.parts) in seen:
            yield f"{place}: waives the same finding as another one; remove one."
        seen.add((waiver.policy, waiver.resource.parts))
