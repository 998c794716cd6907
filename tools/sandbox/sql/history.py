"""History of an instance's data: as they were at first, and the write-ahead log since.

A clone begins with the first data and replays the log to a point in time, as PostgreSQL recovers. A deleted instance
leaves its history if its backups are retained. https://www.postgresql.org/docs/current/continuous-archiving.html

The cloud's record of a change is stored after the change of the data. Where a process was killed in between, the record
says that nothing happened, and the data are set right before they are used again.
"""

import re
import shutil
import subprocess
from collections.abc import Container
from datetime import UTC, datetime
from pathlib import Path

from sandbox.sql import programs
from sandbox.sql.programs import PostgresError
from sandbox.sql.server import Server, home_of, made_home

_COMMIT = re.compile(r"COMMIT (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC")
_REPLACED = "replaced"
_SEGMENTS = re.compile(r"[0-9A-F]{24}|[0-9A-F]{8}\.history")


def begin(home: Path, data: Path) -> None:
    """Keep new data as the beginning of an instance's history."""
    _copy(data, home / "base")


def keep(server: Server, when: str) -> None:
    """Keep the history of a deleted instance under the time of its deletion; its data are gone."""
    if not server.exists:
        return
    server.daemon.stop()
    _path(server).rename(_path(server, when))


def clone(source: Server, deleted: str, target: Server, moment: float | None) -> None:
    """Give a new instance the data of another one, now or as of a time; without data there is nothing to give.

    Args:
        source: the server of the other instance.
        deleted: the time of its deletion; empty for one that exists.
        target: the server of the new instance.
        moment: the time, in seconds since the epoch.
    """
    if home_of(source.sandbox) is None or not (_path(source, deleted) / "base").is_dir():
        return
    old, new = _path(source, deleted), _path(target)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    programs.give(new)
    _copy(old / "base", new / "base")
    _copy(new / "base", new / "data.copied")
    log = new / "data.copied" / "pg_wal"
    for segment in sorted((old / "data" / "pg_wal").iterdir()):
        if _SEGMENTS.fullmatch(segment.name):
            _copy(segment, log / segment.name)
    last = _last_commit(log)
    settings = ["restore_command = '/bin/false'", "recovery_target_action = 'promote'"]
    # PostgreSQL does not start where the log ends before the time.
    if moment is not None and last is not None and moment < last:
        settings.append(f"recovery_target_time = '{datetime.fromtimestamp(moment, UTC).isoformat()}'")
    with (new / "data.copied" / "postgresql.auto.conf").open("a") as file:
        file.write("\n".join(settings) + "\n")
    signal = new / "data.copied" / "recovery.signal"
    signal.touch()
    programs.give(signal)
    (new / "data.copied").rename(new / "data")


def restore(source: Server, target: Server, moment: float | None) -> None:
    """Put the data that an instance had at a time in the place of another one's, or of its own; none for none."""
    if home_of(target.sandbox) is None:
        return
    new = Server(target.sandbox, f"{target.name}.restored")
    new.discard()  # of a process that was killed
    clone(source, "", new, moment)
    target.daemon.stop()
    shutil.rmtree(_path(target, _REPLACED), ignore_errors=True)
    if target.exists:
        _path(target).rename(_path(target, _REPLACED))
    if new.exists:
        _path(new).rename(_path(target))
    shutil.rmtree(_path(target, _REPLACED), ignore_errors=True)


def recover(server: Server, deletions: Container[str]) -> None:
    """Bring data back that a killed process had moved away for a restore or a deletion that was not recorded.

    Args:
        server: the server of an instance that exists.
        deletions: times of recorded deletions of instances with this name.
    """
    for moved in () if server.exists else _moved(server, deletions):
        moved.rename(_path(server))
        return


def forget(server: Server, deletions: Container[str]) -> None:
    """Delete what a killed process left under the name of a new instance."""
    server.discard()
    for moved in _moved(server, deletions):
        shutil.rmtree(moved, ignore_errors=True)


def _moved(server: Server, deletions: Container[str]) -> list[Path]:
    """Return the folders that were moved away without a record."""
    home = home_of(server.sandbox)
    found = sorted(home.glob(f"{server.name}@*")) if home else []
    return [moved for moved in found if moved.name.partition("@")[2] not in deletions]


def _path(server: Server, deleted: str = "") -> Path:
    """Return the folder of an instance's data, or of a deleted instance's history."""
    return made_home(server.sandbox) / (f"{server.name}@{deleted}" if deleted else server.name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder with its owner, in place of what is there."""
    command = ["/bin/cp", "-a", str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  paths of the sandbox
    if done.returncode:
        raise PostgresError(f"the data of a database cannot be copied to {target}: {done.stderr.strip()}")


def _last_commit(log: Path) -> float | None:
    """Return the time of the last transaction in a log, in seconds since the epoch."""
    last: float | None = None
    for segment in sorted(
        file.name for file in log.iterdir() if _SEGMENTS.fullmatch(file.name) and "." not in file.name
    ):
        command = [str(programs.program("pg_waldump")), "--rmgr=Transaction", f"--path={log}", segment, segment]
        # It ends with an error where the last segment does.
        env = {"TZ": "UTC"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603  PostgreSQL's own
        for found in _COMMIT.finditer(done.stdout):
            last = datetime.fromisoformat(found["time"]).replace(tzinfo=UTC).timestamp()
    return last
