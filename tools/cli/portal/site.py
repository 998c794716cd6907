"""Writer of the site: names of scripts, styles and data contain a hash, and the folder is replaced in one piece.

With the hash, no cache shows yesterday's data on today's page. Data are scripts as well: a page that was opened from a
file may not read another file, but it may load a script beside it.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from engine.text import visible
from toolchain import cache
from toolchain.errors import ToolError

_MARKER = "this-is-a-portal.txt"
_MARKER_TEXT = "Written by `make portal`, which replaces this folder as a whole.\n"


class Site:
    """Files of a site before it is written.

    Args:
        folder: the folder to write; another portal in it is replaced.

    Raises:
        ToolError: the folder has other content.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._files: dict[str, bytes] = {_MARKER: _MARKER_TEXT.encode()}
        refuse_foreign(self._folder)

    def page(self, name: str, text: str) -> None:
        """Add a page under its own name."""
        self._files[name] = text.encode()

    def asset(self, name: str, content: bytes) -> str:
        """Add a file under a name with a hash of its content; return that name."""
        stem, _, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
        self._files[hashed] = content
        return hashed

    def data(self, key: str, value: Any) -> str:
        """Add data that scripts read by the key; return the file's name. Hidden characters in texts are escapes."""
        text = json.dumps(_visible(value), separators=(",", ":"), ensure_ascii=True)
        return self.asset(f"data/{key}.js", f"portal.take({json.dumps(key)},{text});\n".encode())

    def write(self) -> int:
        """Write the site, readable by its owner alone; return its size in bytes.

        Raises `ToolError` when the disk is full or read-only; the former content of the folder then stays.
        """
        parent = self._folder.parent
        with cache.disk_errors("writing the portal", parent):
            parent.mkdir(parents=True, exist_ok=True)
            # `mkdtemp` sets mode 0700: the site shows who may do what.
            temporary = Path(tempfile.mkdtemp(prefix=f".{self._folder.name}.", dir=parent))
            try:
                for name, content in self._files.items():
                    (temporary / name).parent.mkdir(exist_ok=True)
                    (temporary / name).write_bytes(content)
                if self._folder.exists():
                    shutil.rmtree(self._folder)
                os.replace(temporary, self._folder)  # noqa: PTH105  a folder onto a name that is free now
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
        return sum(map(len, self._files.values()))


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value, kept="\n\t")
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {visible(key): _visible(inner) for key, inner in fields.items()}
    return [_visible(inner) for inner in cast("Sequence[Any]", value)] if isinstance(value, list | tuple) else value


def refuse_foreign(folder: Path) -> None:
    """Raise `ToolError` when the folder exists and is no portal."""
    if folder.is_dir() and (not any(folder.iterdir()) or (folder / _MARKER).is_file()):
        return
    if folder.exists() or folder.is_symlink():
        raise ToolError(
            f"{folder} exists and is no portal, so it is left alone and nothing was written. Give a folder that does "
            "not exist yet: OUT=…"
        )
