"""PostgreSQL servers of one sandbox, one for each instance whose data were touched: started, found and stopped.

The data are in a folder of their own below /var/tmp: a socket's path has a hundred characters at most, and the
unprivileged user that runs PostgreSQL for root reaches no folder of root's. A server's process watches its sandbox, and
takes the data with it when the sandbox is discarded.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.processes import PATIENCE, Daemon
from sandbox.sql import programs
from sandbox.sql.programs import PostgresError
from toolchain.files import only_one, write_whole

if TYPE_CHECKING:
    import psycopg

ADMINISTRATOR = "cloudsqladmin"  # Google's own superuser, as whom nobody but Google logs in
SYSTEM_DATABASE = "postgres"
SETTINGS = "PG"  # beginning of the variables that PostgreSQL's clients read
_ROOT = Path(__file__).resolve().parents[2]  # the import root of this package
_HOMES = Path("/var/tmp")  # noqa: S108  a private folder is made in it
_PREFIX = "prodfirst-sql-"
_POLL = 0.05  # seconds


@dataclass(frozen=True)
class Server:
    """The server of one instance of a sandbox; it may not run, and have no data yet.

    Attributes:
        sandbox: the sandbox's folder.
        name: project and instance, such as "p.orders".
    """

    sandbox: Path
    name: str

    @property
    def daemon(self) -> Daemon:
        """The process that runs the server."""
        title = f"PostgreSQL of {self.name.rpartition('.')[2]}"
        return Daemon(title, _run(self.sandbox) / f"{self.name}.pid", self.sandbox / "logs" / f"sql-{self.name}.log")

    @property
    def exists(self) -> bool:
        """True when its data were touched before."""
        home = home_of(self.sandbox)
        return home is not None and (home / self.name / "data").is_dir()

    @property
    def sockets(self) -> Path:
        """The folder of its socket, which is a client's host."""
        return made_home(self.sandbox) / self.name / "socket"

    def ensure(self, flags: Mapping[str, str]) -> Path:
        """Start the server unless it runs with these flags already; return the folder of its socket.

        Raises:
            PostgresError: it does not start; the message has its last words.
        """
        with only_one(_run(self.sandbox) / "lock"):
            sockets = self.sockets
            home = sockets.parent
            settings = home / "flags.json"
            wanted = json.dumps(dict(sorted(flags.items())))
            current = settings.read_text() if settings.is_file() else ""
            if self.daemon.pid() is not None and current == wanted and self._answers(sockets):
                return sockets
            self.daemon.stop()
            for folder in (home, sockets):
                folder.mkdir(mode=0o700, exist_ok=True)
                programs.give(folder)
            write_whole(settings, wanted)
            environment = {"PYTHONPATH": str(_ROOT), "PATH": os.environ.get("PATH", os.defpath)}
            command = [sys.executable, "-m", "sandbox.sql", str(self.sandbox), str(home)]
            self.daemon.start(command, environment, _ROOT)
            self._wait(sockets)
            return sockets

    def connect(self, database: str, user: str = ADMINISTRATOR) -> "psycopg.Connection[tuple[str, ...]]":
        """Open a session on the running server."""
        return _connected(str(self.sockets), database, user)

    def discard(self) -> None:
        """Stop the server, and delete its data."""
        self.daemon.stop()
        if (home := home_of(self.sandbox)) is not None:
            shutil.rmtree(home / self.name, ignore_errors=True)

    def _wait(self, sockets: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._answers(sockets):
            if self.daemon.pid() is None or time.monotonic() > deadline:
                words = "".join(f"\n  {line}" for line in self.daemon.last_lines())
                raise PostgresError(
                    f"{self.daemon.name} does not start, so its data cannot be reached; it said last:{words}\n"
                    f"its log: {self.daemon.log}"
                )
            time.sleep(_POLL)

    def _answers(self, sockets: Path) -> bool:
        import psycopg  # noqa: PLC0415 - see `_connected`

        with suppress(psycopg.OperationalError):
            _connected(str(sockets), SYSTEM_DATABASE, ADMINISTRATOR).close()
            return True
        return False


def _connected(sockets: str, database: str, user: str) -> "psycopg.Connection[tuple[str, ...]]":
    import psycopg  # noqa: PLC0415 - it takes 0.2 s to load; most calls of the cloud touch no data

    # PostgreSQL's library takes what is not given from the environment, where a person has another server's settings.
    for name in [name for name in os.environ if name.startswith(SETTINGS)]:
        del os.environ[name]
    return psycopg.connect(host=sockets, dbname=database, user=user, autocommit=True)


def servers(sandbox: Path) -> list[Server]:
    """Return the servers of a sandbox that were started."""
    return [Server(sandbox, file.name.removesuffix(".pid")) for file in sorted(_run(sandbox).glob("*.pid"))]


def stop(sandbox: Path) -> list[str]:
    """Stop all servers of a sandbox and delete their data; return the names of the servers that ran."""
    if not _run(sandbox).is_dir():
        return []
    with only_one(_run(sandbox) / "lock"):
        stopped = [server.daemon.name for server in servers(sandbox) if server.daemon.stop()]
        if (home := home_of(sandbox)) is not None:
            shutil.rmtree(home, ignore_errors=True)
    return stopped


def home_of(sandbox: Path) -> Path | None:
    """Return the folder of a sandbox's data; None before any were touched."""
    with suppress(FileNotFoundError):
        home = Path((_run(sandbox) / "home").read_text())
        if home.parent == _HOMES and home.name.startswith(_PREFIX) and home.is_dir():
            return home
    return None


def made_home(sandbox: Path) -> Path:
    """Return the folder of a sandbox's data, made if it does not exist."""
    if (home := home_of(sandbox)) is not None:
        return home
    home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_HOMES))
    programs.give(home)
    write_whole(_run(sandbox) / "home", str(home))
    return home


def _run(sandbox: Path) -> Path:
    return sandbox / "run" / "sql"
