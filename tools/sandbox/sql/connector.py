"""Connector to the databases of one principal, as the Cloud SQL Auth Proxy with `--auto-iam-authn`.

A client connects to a socket of its own, without a password. The connector presents the principal's access token; IAM
decides on `cloudsql.instances.connect` and on the login, and the name must be the principal's own. Then bytes pass both
ways between the client and the instance's PostgreSQL, which decides on the database. Nothing else leads to an instance,
which has no address.
"""

import shutil
import socket
import struct
import tempfile
import threading
from collections.abc import Container
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import StoredResource
from sandbox.sql import login
from sandbox.sql.programs import PostgresError

SOCKET = ".s.PGSQL.5432"
_CONNECT = "cloudsql.instances.connect"
# https://www.postgresql.org/docs/current/protocol-message-formats.html
_VERSION_3, _CANCEL, _ENCRYPTION = 3, 80877102, frozenset({80877103, 80877104})
_LONGEST_STARTUP = 10_000
_CHUNK = 64 * 1024
_INVALID_AUTHORIZATION = "28000"


class Connector:
    """Sockets of the instances of a cloud, for one access token, while it is open.

    Args:
        cloud: the cloud.
        token: the access token of the principal that connects.
    """

    def __init__(self, cloud: Cloud, token: str) -> None:
        self._cloud, self._token = cloud, token
        self._folder = Path(tempfile.mkdtemp(prefix="prodfirst-"))
        self._listeners: list[socket.socket] = []

    def __enter__(self) -> Self:
        """Listens for every instance that exists."""
        for stored in self._cloud.store.find("sql.instances", "//sqladmin.googleapis.com/"):
            folder = self.folder(stored)
            folder.mkdir(mode=0o700)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(str(folder / SOCKET))
            listener.listen()
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(listener, stored.name), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the sockets and removes their folders."""
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def folder(self, instance: StoredResource) -> Path:
        """Returns the folder of an instance's socket, which is a client's host."""
        return self._folder / str(instance.body["connectionName"])

    def _accept(self, listener: socket.socket, instance: str) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client, instance), daemon=True).start()

    def _serve(self, client: socket.socket, instance: str) -> None:
        with closing(client), suppress(OSError):
            startup = _startup(client)
            if startup is None:
                return
            try:
                backend = self._admit(instance, startup)
            except (ApiError, PostgresError) as error:
                client.sendall(_fatal(_user(startup), str(error.message if isinstance(error, ApiError) else error)))
                return
            with closing(backend):
                backend.sendall(startup)
                _join(client, backend)

    def _admit(self, instance: str, startup: bytes) -> socket.socket:
        """Returns a connection to the instance's PostgreSQL for a client that was admitted.

        Raises:
            ApiError: the token, IAM or the instance's users do not admit it.
            PostgresError: the server does not start.
        """
        caller = self._cloud.caller_of_token(self._token)
        if caller is None:
            raise ApiError("UNAUTHENTICATED", "the access token is unknown or has expired", "unauthenticated")
        stored = self._cloud.store.get(instance)
        if stored is None:
            raise ApiError("NOT_FOUND", f"the instance {names.split(instance)[1]} does not exist", "notFound")
        self._permit(caller, instance, _CONNECT)
        user = login.decide(self._cloud, stored, caller)
        self._permit(caller, instance, login.PERMISSION)
        if user.name != _user(startup):
            raise ApiError("PERMISSION_DENIED", f"the access token is of {user.name}", "notAuthorized")
        server = login.enter(self._cloud, stored, user)
        backend = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        backend.connect(str(server.sockets / SOCKET))
        return backend

    def _permit(self, caller: Caller, instance: str, permission: str) -> None:
        """Checks a permission of the data plane, and logs the decision."""
        decision = self._cloud.iam.decide(caller.member, permission, instance)
        self._cloud.log_decision(permission, instance, caller, decision)
        self._cloud.iam.require(caller.member, permission, instance)


def instance_of(cloud: Cloud, database: str, connections: Container[str] = ()) -> StoredResource | None:
    """Returns the instance that somebody connects to.

    Args:
        cloud: the cloud.
        database: the database that is looked for.
        connections: connection names that come first.

    Returns:
        An instance of these connection names, or else the first one that has the database, or else the first of all;
        None without an instance.
    """
    instances = cloud.store.find("sql.instances", "//sqladmin.googleapis.com/")
    sent = [stored for stored in instances if stored.body["connectionName"] in connections]
    having = [stored for stored in instances if cloud.store.get(f"{stored.name}/databases/{database}")]
    return next(iter([*sent, *having, *instances]), None)


def _startup(client: socket.socket) -> bytes | None:
    """Returns the message with which a client begins a session; None for a client that does not.

    Encryption is declined: it is the connector's, and the socket is the client's own.
    """
    while True:
        length, code = struct.unpack("!II", _exactly(client, 8))
        if code in _ENCRYPTION:
            client.sendall(b"N")
            continue
        if code == _CANCEL or code >> 16 != _VERSION_3 or not 8 <= length <= _LONGEST_STARTUP:
            return None
        return struct.pack("!II", length, code) + _exactly(client, length - 8)


def _exactly(client: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        part = client.recv(count - len(received))
        if not part:
            raise ConnectionError("the client left")
        received += part
    return received


def _user(startup: bytes) -> str:
    words = startup[8:].split(b"\0")
    parameters = dict(zip(words[::2], words[1::2], strict=False))
    return parameters.get(b"user", b"").decode(errors="replace")


def _fatal(user: str, reason: str) -> bytes:
    """Returns the message by which PostgreSQL refuses a session."""
    text = f'Cloud SQL IAM authentication failed for user "{user}": {reason}'
    fields = (("S", "FATAL"), ("V", "FATAL"), ("C", _INVALID_AUTHORIZATION), ("M", text))
    body = b"".join(f"{key}{value}".encode() + b"\0" for key, value in fields) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


def _join(client: socket.socket, backend: socket.socket) -> None:
    """Passes bytes both ways until either side ends."""
    back = threading.Thread(target=_pass, args=(backend, client), daemon=True)
    back.start()
    _pass(client, backend)
    back.join()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
