"""Guard rails as they have to be (safeguards.yaml), and the comparison of resources with them.

The pack compares what the foundation's program declares, and the audit what its state has.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from engine import data
from engine.own import Own
from engine.shapes import Shapes

FILE = Path(__file__).resolve().parents[1] / "safeguards.yaml"
_SHAPES = Shapes({})


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Document):
    """Guard rails of one type.

    Attributes:
        type: the type token.
        because: what they keep, as a clause.
        needs: fact of the environment without which they are not required; empty if they always are.
        unless: fact of the environment that lists those that are not required, by their names behind the first hyphen.
        protect: whether Pulumi has to protect them.
        exclusive: whether the program may have no other resource of the type.
        content: shape of the inputs of all of them.
        resources: names in Pulumi to the shapes of their own inputs.
    """

    type: str
    because: Annotated[str, Field(min_length=20)]
    needs: str = ""
    unless: str = ""
    protect: bool = False
    exclusive: bool = False
    content: dict[str, Any]
    resources: dict[str, dict[str, Any]]


class Safeguard(NamedTuple):
    """One guard rail: its group, and its name in Pulumi."""

    group: Group
    name: str

    @property
    def label(self) -> str:
        """Kind and name, by which accepted risks name it: `DenyPolicy guard-rails`."""
        return f"{self.group.type.rpartition(':')[2]} {self.name}"

    def is_required(self, own: Own) -> bool:
        """Return whether an environment with these facts has to have it."""
        left_out = own.get(self.group.unless, "").split()
        return (not self.group.needs or self.group.needs in own) and self.name.partition("-")[2] not in left_out

    def problems(self, inputs: Mapping[str, Any], own: Own) -> Iterator[str]:
        """Yield what a resource's inputs, or its outputs in a state, lack to be this guard rail."""
        for shape in (self.group.content, self.group.resources[self.name]):
            yield from _SHAPES.missing(shape, dict(inputs), own)


class Safeguards(_Document):
    """Content of safeguards.yaml, which explains its parts."""

    program: str
    groups: Annotated[tuple[Group, ...], Field(alias="safeguards")]

    def all(self) -> Iterator[Safeguard]:
        """Yield all guard rails."""
        return (Safeguard(group, name) for group in self.groups for name in group.resources)

    def required(self, own: Own) -> Iterator[Safeguard]:
        """Yield the guard rails that an environment with these facts has to have."""
        return (one for one in self.all() if one.is_required(own))

    def of(self, type_token: str, name: str) -> Safeguard | None:
        """Return the guard rail that a resource is by type and name; None for another resource."""
        return next((one for one in self.all() if one.group.type == type_token and one.name == name), None)

    def labelled(self, label: str) -> Safeguard | None:
        """Return the guard rail with a label; None for an unknown one."""
        return next((one for one in self.all() if one.label == label), None)

    def absent(self, present: Iterable[tuple[str, str]], own: Own) -> Iterator[Safeguard]:
        """Yield the required guard rails that are not among resources, which are given by type and name."""
        known = frozenset(present)
        return (one for one in self.required(own) if (one.group.type, one.name) not in known)

    def is_exclusive(self, type_token: str) -> bool:
        """Return whether the program may have no resource of a type beside the listed ones."""
        return any(group.exclusive for group in self.groups if group.type == type_token)


SAFEGUARDS = data.load(FILE, Safeguards)
