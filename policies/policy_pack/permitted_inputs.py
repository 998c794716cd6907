"""Inputs that resources may have, by type (inputs.yaml)."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine import data
from engine.own import Own
from engine.shapes import Shapes

FILE = Path(__file__).resolve().parents[1] / "inputs.yaml"


class PermittedInputs(BaseModel):
    """Content of inputs.yaml, which explains its parts: shapes by name, and the shape of the inputs of each type."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shapes: dict[str, Any]
    types: dict[str, dict[str, Any]]

    @cached_property
    def _shapes(self) -> Shapes:
        return Shapes(self.shapes)

    def problems(self, type_token: str, inputs: dict[str, Any], own: Own) -> Iterator[str]:
        """Yield the inputs of a resource that are not listed, and the values that are not.

        Raises:
            KeyError: the type is not listed.
        """
        return self._shapes.unlisted(self.types[type_token], inputs, own)


PERMITTED_INPUTS = data.load(FILE, PermittedInputs)
