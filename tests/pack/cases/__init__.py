"""The cases that every rule is tried with.

`VALID` are resources that the pack accepts, by type. Each `Broken` takes one of them and breaks one thing: exactly the
named policies must object. What happens when that very thing is unknown or secret follows from the same table.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Inputs = dict[str, Any]


class Removed:
    """The type of REMOVED."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = Removed()


@dataclass(frozen=True)
class Valid:
    """A resource that the pack accepts.

    Attributes:
        inputs: as the engine sends them.
        protect: its resource option.
        stack: the stack that declares it.
    """

    inputs: Inputs
    protect: bool = False
    stack: str = "sandbox"


@dataclass(frozen=True)
class Broken:
    """One thing broken.

    Attributes:
        policy: the rule that must object; several are separated by spaces.
        type: of the resource.
        path: dotted, numbers index lists; "protect", "delete_first" and "ignored" are options.
        value: what is put there.
        words: what its message says.
    """

    policy: str
    type: str
    path: str
    value: Any
    words: str = ""

    @property
    def policies(self) -> set[str]:
        """All rules that must object."""
        return set(self.policy.split())

    @property
    def title(self) -> str:
        """The case in one line."""
        return f"{self.policy}: {self.type.rpartition(':')[2]} {self.path}={self.value!r}"[:160]


def changed(inputs: Inputs, path: str, value: Any) -> Inputs:
    """A copy of the inputs with one thing different: a dotted path (numbers index lists) set to a value, or REMOVED.

    Objects on the way that are absent are made. A dot in a key is written as a slash.
    """
    copy = deepcopy(inputs)
    *way, last = (step.replace("/", ".") for step in path.split("."))
    place: Any = copy
    for step in way:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    key = int(last) if last.isdigit() else last
    if value is REMOVED:
        del place[key]
    else:
        place[key] = value
    return copy


def breaking(policy: str, type_token: str, *cases: tuple[str, Any] | tuple[str, Any, str]) -> Iterable[Broken]:
    """Several ways to break one rule on one type: path, value and, if need be, words."""
    return [Broken(policy, type_token, case[0], case[1], case[2] if len(case) > 2 else "") for case in cases]
