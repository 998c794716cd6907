"""Resource types that each layer may use (layers.yaml)."""

import re
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from engine import data

FILE = Path(__file__).resolve().parents[1] / "layers.yaml"
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _matcher(patterns: tuple[str, ...], any_text: str = ".*") -> re.Pattern[str]:
    return re.compile("|".join(re.escape(pattern).replace(r"\*", any_text) for pattern in patterns))


class Layer(_Document):
    """Layer, or a part of it that is a stack of its own: components and types that it may declare.

    `names` say by type whose a resource is, where each team has a stack of the program.
    """

    components: tuple[str, ...]
    types: frozenset[str]
    names: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _components(self) -> re.Pattern[str]:
        return _matcher(self.components)

    def may_declare(self, type_token: str) -> bool:
        """Return whether the layer may declare a type."""
        return type_token in self.types or self._components.fullmatch(type_token) is not None


class Layers(_Document):
    """Layers and their parts by program, types that the engine registers itself, and permitted image repositories."""

    layers: dict[str, Layer]
    engine: frozenset[str]
    images: tuple[str, ...]

    @cached_property
    def _images(self) -> re.Pattern[str]:
        return _matcher(self.images, "[^/@:]+")

    def is_image(self, image: str) -> bool:
        """Return whether an image is named by digest, and in a permitted repository."""
        name, _, _ = image.partition("@")
        return _DIGEST.fullmatch(image.removeprefix(name)) is not None and self._images.fullmatch(name) is not None


LAYERS = data.load(FILE, Layers)
