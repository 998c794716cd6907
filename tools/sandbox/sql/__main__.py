"""Process that runs the PostgreSQL server of one instance: `python -m sandbox.sql SANDBOX HOME`.

It makes the data on its first start. It ends on a signal, and when its server ends. When its sandbox was discarded, it
ends too, and deletes the data.
"""

import json
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from sandbox.sql import flags, history, programs
from sandbox.sql.server import ADMINISTRATOR

_POLL = 0.2  # seconds
_SEGMENT = 1  # MiB of a file of the write-ahead log
# No data outlive their sandbox, so nothing waits for a disk. A sandbox is small.
_SETTINGS = {
    "fsync": "off",
    "shared_buffers": "16MB",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_wal_size": "64MB",
    "min_wal_size": "2MB",
    # All that was ever written stays, so that an instance is cloned as of any time of its life.
    "wal_level": "replica",
    "wal_keep_size": "1TB",
    "max_wal_senders": "0",
    # A clone admits nobody before it has replayed its log.
    "hot_standby": "off",
}


def _initialize(home: Path, binaries: Path) -> Path:
    """Return the folder of the data, made whole or not at all."""
    data, new = home / "data", home / "data.new"
    if not data.is_dir():
        shutil.rmtree(new, ignore_errors=True)
        options = (
            *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            f"--wal-segsize={_SEGMENT}",
        )
        # Only the owner of the folder reaches the socket, so whoever does is trusted: IAM has decided before.
        programs.run(
            [str(binaries / "initdb"), f"--pgdata={new}", f"--username={ADMINISTRATOR}", *options],
            **programs.unprivileged(),
        )
        history.begin(home, new)
        new.rename(data)
    return data


def _serve(sandbox: Path, home: Path) -> int:
    ending = threading.Event()

    def end(number: int, frame: object) -> None:
        del number, frame
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    binaries = programs.reachable(home.parent) / "bin"
    data = _initialize(home, binaries)
    # Nobody serves these data: this process holds the lock that a server keeps to its end. A killed one leaves files.
    for left in (data / "postmaster.pid", *(home / "socket").iterdir()):
        left.unlink(missing_ok=True)
    declared = flags.of_postgres(json.loads((home / "flags.json").read_text()))
    settings = {**_SETTINGS, **declared, "unix_socket_directories": str(home / "socket")}
    given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    # It inherits the lock by which this process is found: if this one is killed, the server is still found and stopped.
    server = subprocess.Popen(  # noqa: S603  PostgreSQL's own program
        [str(binaries / "postgres"), "-D", str(data), *given],
        env={},
        cwd=home,
        close_fds=False,
        **programs.unprivileged(),
    )
    while not ending.is_set() and server.poll() is None and (sandbox / "cloud.db").exists():
        ending.wait(_POLL)
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # at once, whoever is connected
    code = server.wait()
    if not (sandbox / "cloud.db").exists():
        shutil.rmtree(home.parent, ignore_errors=True)
    return code


def main() -> int:
    """Serves until a signal stops it."""
    return _serve(Path(sys.argv[1]), Path(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
