"""Resource of a stack whose fields are decoded on demand: few rules read many resources."""

from collections.abc import Callable
from functools import cached_property
from typing import Any


class Member:
    """Resource of a stack.

    Args:
        urn: its URN.
        type_token: its type.
        name: its name.
        read: decodes its fields, when a rule reads them.
        ignored: inputs whose changes the engine leaves out.
    """

    def __init__(
        self, urn: str, type_token: str, name: str, read: Callable[[], dict[str, Any]], ignored: tuple[str, ...] = ()
    ) -> None:
        self.urn = urn
        self.type = type_token
        self.name = name
        self.ignored = ignored
        self._read = read

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Inputs if a rule on stacks names the resource's type, else outputs.

        Outputs are empty in a preview whose provider is not reachable yet, such as the provider of a planned cluster.
        """
        return self._read()
