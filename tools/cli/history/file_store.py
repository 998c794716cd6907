"""Stores of files that hold history or logs: the protocol, and folders (buckets are in `bucket.py`)."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class FileStore(Protocol):
    """Files under names with slashes."""

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin with a prefix, which ends with a slash."""
        ...

    def read(self, name: str) -> bytes:
        """A file's content."""
        ...

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """The contents of several, in their order."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder; a prefix that is not there has no files."""

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
