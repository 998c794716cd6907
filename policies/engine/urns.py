"""The parts of a resource's URN: urn:pulumi:<stack>::<project>::<types of parents and own type>::<name>."""

from typing import NamedTuple

_PREFIX = "urn:pulumi:"


class Urn(NamedTuple):
    """What a URN names.

    Attributes:
        project: the Pulumi project, which is the layer.
        stack: its stack.
        type: the resource's own type.
        name: the resource's name.
    """

    project: str
    stack: str
    type: str
    name: str


def parse(urn: str) -> Urn:
    """The parts of a URN.

    Raises:
        ValueError: it is none.
    """
    parts = urn.removeprefix(_PREFIX).split("::", 3)
    if not urn.startswith(_PREFIX) or len(parts) != 4 or not all(parts):
        raise ValueError(f"{urn!r} is no URN of a resource; `pulumi stack --show-urns` lists them.")
    stack, project, types, name = parts
    return Urn(project, stack, types.rpartition("$")[2], name)
