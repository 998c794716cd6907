"""The kit of the layers: `make kit` copies it from identity to the other layers, and `make check` compares the copies.

Each layer vendors the kit (identity_layer/kit/__init__.py has the reason), so the copies must be equal to the byte. The
policies have the part of it that reads files.
"""

from collections.abc import Iterator
from pathlib import Path

from cli.layout import LAYERS
from toolchain.environments import CHECKOUT
from toolchain.progress import say

SOURCE, *COPIES = LAYERS
# Modules that the policies have as well: files are read as strictly, with the same words, and credentials look alike.
POLICIES = "policies"
OF_POLICIES = frozenset({"characters.py", "credentials.py", "strict_yaml.py", "wording.py"})


def folder(layer: str, checkout: Path = CHECKOUT) -> Path:
    """Folder of the kit of a layer, or of the policies' part of it."""
    if layer == POLICIES:
        return checkout / POLICIES / "engine"
    return checkout / layer / f"{layer}_layer" / "kit"


def run() -> int:
    """Copy the kit; return the exit code."""
    written = list(copy())
    say("\n".join(f"written: {path}" for path in written) or "the kit is the same in every layer")
    return 0


def copy(checkout: Path = CHECKOUT) -> Iterator[str]:
    """Make the copies equal to the source, and yield the paths that changed."""
    source = _files(folder(SOURCE, checkout))
    for layer in (*COPIES, POLICIES):
        for path in _different(layer, checkout):
            if path.name in source:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(source[path.name])
            else:
                path.unlink()
            yield str(path.relative_to(checkout))


def findings(checkout: Path = CHECKOUT) -> list[str]:
    """Files of a copy that differ from the source, are missing, or are superfluous."""
    origin = folder(SOURCE, checkout).relative_to(checkout)
    return [
        f"{path.relative_to(checkout)} differs from {origin}, so the two would not do the same; change the kit "
        "there, and run `make kit`"
        for layer in (*COPIES, POLICIES)
        for path in _different(layer, checkout)
    ]


def _different(layer: str, checkout: Path) -> list[Path]:
    source, copied = _files(folder(SOURCE, checkout)), _files(folder(layer, checkout))
    kept = OF_POLICIES if layer == POLICIES else source.keys() | copied.keys()
    names = sorted(name for name in kept if source.get(name) != copied.get(name))
    return [folder(layer, checkout) / name for name in names]


def _files(kit: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in kit.glob("*") if file.is_file()}
