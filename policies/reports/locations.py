"""Lines of code that declare resources: the engine's source position in the state, or else the component's class.

A preview has no source positions, so a new resource is located by its parent's type, as a class in the layer's code.
"""

import ast
import re
from functools import cache
from pathlib import Path

from engine import urns
from reports.finding import Location

# The top of the repository.
ROOT = Path(__file__).resolve().parents[2]
_POSITION = re.compile(r"project:///(?P<file>[^#]+)#(?P<line>[0-9]+)")
_FALLBACK = "__main__.py"


class Locations:
    """Lines of code by URN.

    Args:
        root: the top of the repository.
        positions: the engine's source positions ("project:///layer/file.py#12") by URN.
    """

    def __init__(self, root: Path, positions: dict[str, str]) -> None:
        self._root = root
        self._positions = positions

    def of(self, urn: str) -> Location | None:
        """Return the line that declares a resource; None where its layer is not in the repository."""
        if not urn:
            return None
        layer = urns.parse(urn).project
        if not (self._root / layer).is_dir():
            return None
        return self._noted(layer, self._positions.get(urn, "")) or self._component(layer, urn)

    def _noted(self, layer: str, position: str) -> Location | None:
        """Return the engine's position; None for a position in a library or in another version of the code."""
        match = _POSITION.fullmatch(position)
        if not match or ".venv/" in match["file"]:
            return None
        file, line = self._root / layer / match["file"], int(match["line"])
        if not file.is_file() or line > _lines(file):
            return None
        return Location(f"{layer}/{match['file']}", line)

    def _component(self, layer: str, urn: str) -> Location:
        """Return the class of the innermost component that contains the resource, or is it."""
        classes = _classes(self._root / layer)
        for token in reversed(urns.types(urn)):
            definition = classes.get(token)
            if definition:
                return Location(f"{layer}/{definition[0]}", definition[1])
        return Location(f"{layer}/{_FALLBACK}", 1)


@cache
def _lines(file: Path) -> int:
    return len(file.read_bytes().splitlines())


@cache
def _classes(folder: Path) -> dict[str, tuple[str, int]]:
    """Return file and line of each component's class by the type token that it registers."""
    definitions: dict[str, tuple[str, int]] = {}
    for file in sorted(folder.glob("*_layer/**/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                shown = file.relative_to(folder).as_posix()
                definitions.update((token, (shown, node.lineno)) for token in _tokens(node, folder.name))
    return definitions


def _tokens(node: ast.ClassDef, layer: str) -> set[str]:
    texts = {
        child.value for child in ast.walk(node) if isinstance(child, ast.Constant) and isinstance(child.value, str)
    }
    return {text for text in texts if re.fullmatch(rf"[a-z]+:{layer}:[A-Za-z]+", text)}
