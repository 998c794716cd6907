"""Files that a self-managed backend keeps beside the states: entries of a stack's history, and locks."""

import gzip
import zlib

from pydantic import Field

from engine.document import Document, FormatError, checked


class HistoryEntry(Document):
    """Update of a stack as the engine recorded it; times are seconds since 1970."""

    kind: str
    result: str
    started: int = Field(alias="startTime")
    ended: int = Field(alias="endTime")
    message: str = ""
    environment: dict[str, str] = Field(default_factory=dict[str, str])
    changes: dict[str, int] | None = Field(default=None, alias="resourceChanges")


class Lock(Document):
    """Holder of a stack's lock."""

    pid: int
    hostname: str
    username: str = ""
    timestamp: str


def unpacked(content: bytes, name: str) -> bytes:
    """Return the content of a backend's file, which may be compressed.

    Raises:
        FormatError: the file is not compressed, contrary to its name.
    """
    if not name.endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise FormatError("file", name, f"it is not compressed as its name says: {type(error).__name__}") from None


def history_entry(content: bytes, name: str) -> HistoryEntry:
    """Parse an entry of a stack's history.

    Raises:
        FormatError: the content is not an entry.
    """
    return checked("history", name, lambda: HistoryEntry.model_validate_json(unpacked(content, name)))


def lock(content: bytes, name: str) -> Lock:
    """Parse a lock.

    Raises:
        FormatError: the content is not a lock, as when the holder was killed while it wrote.
    """
    return checked("lock", name, lambda: Lock.model_validate_json(content))
