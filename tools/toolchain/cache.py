"""The cache of tools, outside the checkout so that the next clone reuses it.

An entry is a folder `<root>/<name>/<key>` whose key is a hash of all inputs of its content. It is filled as
`<key>.<random>.partial` and renamed when complete: an entry is complete or absent after any interruption. A process
that fills entries of a name holds the lock of the name, so a partial folder under the lock is from a killed run.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

from toolchain.errors import ToolError

_PARTIAL = ".partial"
_UNUSED_DAYS = 30
_FULL = (errno.ENOSPC, errno.EDQUOT)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


def root() -> Path:
    """Cache folder of this product: `$XDG_CACHE_HOME/prodfirst`, by default `~/.cache/prodfirst`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of XDG_CACHE_HOME tells readers to ignore a relative path.
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "prodfirst"


def key_of(*parts: str | bytes) -> str:
    """Short key for content: the start of a SHA-256 over the parts, each with its length."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()[:20]


@contextlib.contextmanager
def disk_errors(doing: str, folder: Path) -> Generator[None]:
    """Turn a full or read-only disk, met while `doing` something in `folder`, into a `ToolError` with its remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ToolError(full_disk(doing, folder)) from error
        if error.errno in _READ_ONLY:
            raise ToolError(
                f"{doing}: cannot write to {error.filename or folder} ({os.strerror(error.errno)}). Nothing was "
                "changed. Make the folder writable, or set XDG_CACHE_HOME to a folder that is."
            ) from error
        raise


def full_disk(doing: str, folder: Path) -> str:
    """Message about a full disk that holds `folder`."""
    return (
        f"{doing}: the disk is full (free at {folder}: {_free_text(folder)}). Nothing half-made was kept. Free some "
        "space (a first run needs about 6 GB, `go clean -cache` frees Go's build cache), or set XDG_CACHE_HOME to a "
        "folder on another disk."
    )


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk of the nearest existing parent of `folder`."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _free_text(folder: Path) -> str:
    try:
        return f"{free_bytes(folder) / 1e9:.1f} GB"
    except OSError:
        return "unknown"


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[str], None]) -> Generator[None]:
    """Hold the file lock `path`; call `waiting` with the holder when another process holds it.

    The kernel frees the lock whenever its holder ends, even by a kill.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        # The descriptor is not inheritable: a child that outlives its killed parent must not keep the lock.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting(os.pread(handle, 100, 0).decode(errors="replace").strip() or "another process")
                fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is_same_file(handle, path):
                continue  # its folder was discarded while this process waited
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"process {os.getpid()}\n".encode(), 0)
            yield
            return
        finally:
            os.close(handle)


def _is_same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return False


def entry(name: str, key: str) -> Path | None:
    """The complete entry of a name and key, marked as used today; None when there is none."""
    target = root() / name / key
    if not target.is_dir():
        return None
    with contextlib.suppress(OSError):
        os.utime(target)
    return target


def fill(name: str, key: str, make: Callable[[Path], None], waiting: Callable[[str], None]) -> Path:
    """Return the entry of a name and key; when absent, `make` fills a new folder that becomes the entry.

    Raises `ToolError` when the disk is full or read-only, and whatever `make` raises; then the entry stays absent.
    """
    existing = entry(name, key)
    if existing:
        return existing
    folder = root() / name
    with disk_errors(f"storing {name} in the cache", folder), locked(root() / "locks" / f"{name}.lock", waiting):
        existing = entry(name, key)
        if existing:
            return existing
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        partial = Path(tempfile.mkdtemp(prefix=f"{key}.", suffix=_PARTIAL, dir=folder))
        try:
            make(partial)
            partial.chmod(0o755)
            partial.rename(folder / key)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder / key


def sweep(folder: Path) -> None:
    """Remove partial entries of killed runs, and other entries and files that no run has used for a month."""
    limit = time.time() - _UNUSED_DAYS * 86400
    for path in folder.iterdir():
        if path.name.endswith(_PARTIAL) or path.stat().st_mtime < limit:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def link(source: Path, target: Path) -> None:
    """Link a file of an entry into another one, or copy it on a file system without hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def size() -> int:
    """Size of the cache in bytes."""
    return sum(file.lstat().st_size for file in root().rglob("*") if not file.is_dir()) if root().is_dir() else 0
