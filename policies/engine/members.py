"""A resource of a stack whose fields are decoded when they are asked for: few rules ask for many resources."""

from collections.abc import Callable
from functools import cached_property
from typing import Any


class Member:
    """One resource of a stack.

    Args:
        urn: its URN.
        type_token: its type.
        name: its name.
        read: decodes its fields, when a rule asks for them.
    """

    def __init__(self, urn: str, type_token: str, name: str, read: Callable[[], dict[str, Any]]) -> None:
        self.urn = urn
        self.type = type_token
        self.name = name
        self._read = read

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Its inputs if a rule on stacks names its type, else its outputs.

        Outputs are empty in a preview whose provider cannot be asked yet, as that of a cluster which is to be created.
        """
        return self._read()
