"""Stores of files with history or logs: the protocol, and folders (buckets are in `bucket.py`)."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class FileStore(Protocol):
    """Files under names with slashes."""

    def names(self, prefix: str) -> Iterator[str]:
        """List the names that begin with a prefix, which ends with a slash."""
        ...

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        ...

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """Return the contents of several files, in their order."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder; a prefix that does not exist has no files."""

    path: Path

    def names(self, prefix: str) -> Iterator[str]:
        """See `FileStore`."""
        for folder, _, files in os.walk(self.path / prefix):
            below = Path(folder).relative_to(self.path).as_posix()
            yield from (f"{below}/{name}" for name in files)

    def read(self, name: str) -> bytes:
        """See `FileStore`."""
        return (self.path / name).read_bytes()

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """See `FileStore`."""
        return map(self.read, names)
