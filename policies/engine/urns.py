"""Parts of a resource's URN: urn:pulumi:<stack>::<project>::<types of its parents and its own type>::<name>."""

from typing import NamedTuple

_PREFIX = "urn:pulumi:"
STACK = "pulumi:pulumi:Stack"


class Urn(NamedTuple):
    """Parts of a URN that name a resource; two resources of one stack may have the same parts.

    Attributes:
        project: the Pulumi project, which is the layer.
        stack: the project's stack.
        type: the resource's own type.
        name: the resource's name.
    """

    project: str
    stack: str
    type: str
    name: str

    @property
    def kind(self) -> str:
        """Kind for a person: `DatabaseInstance`."""
        return self.type.partition(":")[2].replace("/", ":").rpartition(":")[2] or self.type

    @property
    def home(self) -> str:
        """Project and stack that have the resource: `platform/storage-dev`."""
        return f"{self.project}/{self.stack}"

    @property
    def label(self) -> str:
        """Kind and name for a person: `DatabaseInstance orders`."""
        return f"{self.kind} {self.name}"


def parse(urn: str) -> Urn:
    """Parse a URN.

    Raises:
        ValueError: the text is not the URN of a resource.
    """
    parts = urn.removeprefix(_PREFIX).split("::", 3)
    if not urn.startswith(_PREFIX) or len(parts) != 4 or not all(parts):
        raise ValueError(f"{urn!r} is no URN of a resource; `pulumi stack --show-urns` lists them.")
    stack, project, types, name = parts
    return Urn(project, stack, types.rpartition("$")[2], name)


def types(urn: str) -> list[str]:
    """Return the types of the components around a resource, the outermost first, and the resource's own type."""
    return urn.split("::")[2].split("$")


def label(urn: str) -> str:
    """Return kind and name of a resource for a person; empty for an empty URN, as of an event of the whole stack."""
    return parse(urn).label if urn else ""
