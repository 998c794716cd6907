"""The state of one simulated cloud: one SQLite file, written in whole transactions.

Several processes use it at once (a plugin per running engine, the front), and any of them may be killed at any time:
the write-ahead log keeps what was committed and nothing of what was not.
"""

import json
import sqlite3
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

Json = dict[str, Any]  # a JSON object, as in a REST body

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    name TEXT PRIMARY KEY,      -- full resource name: //sqladmin.googleapis.com/projects/p/instances/i
    collection TEXT NOT NULL,   -- sqladmin.instances
    declared TEXT NOT NULL,     -- the body as callers set it
    generated TEXT NOT NULL     -- the fields that the API itself sets
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resource_collection ON resource (collection, name);
CREATE TABLE IF NOT EXISTS policy (resource TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tombstone (name TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS membership (
    "group" TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY ("group", member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    digest TEXT PRIMARY KEY, caller TEXT NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, principal TEXT NOT NULL, delegation TEXT NOT NULL,
    method TEXT NOT NULL, resource TEXT NOT NULL, permissions TEXT NOT NULL, status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Stored:
    """One resource: its full name, its collection, and its body in two parts."""

    name: str
    collection: str
    declared: Json
    generated: Json

    @property
    def body(self) -> Json:
        """The body as a `get` answers it: what the caller declared over what the API generated."""
        return merge(self.generated, self.declared)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """`base` with `over` laid on it; objects are merged, everything else is replaced."""
    result: Json = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            result[key] = merge(cast("Json", below), cast("Json", value))
        else:
            result[key] = value
    return result


class Store:
    """Typed access to the file.

    Args:
        path: the SQLite file; it and its schema are created when absent.

    Raises:
        sqlite3.Error: the file cannot be opened or is not a database.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file; the store cannot be used afterwards."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing: everything in the block is committed together, or nothing of it when the block raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    # Resources

    def get(self, name: str) -> Stored | None:
        """The resource of that full name, or None."""
        rows = self._rows("SELECT name, collection, declared, generated FROM resource WHERE name = ?", name)
        return _stored(rows[0]) if rows else None

    def find(self, collection: str, prefix: str) -> list[Stored]:
        """The resources of a collection whose full names begin with `prefix`, by name."""
        rows = self._rows(
            "SELECT name, collection, declared, generated FROM resource"
            " WHERE collection = ? AND substr(name, 1, ?) = ? ORDER BY name",
            collection,
            len(prefix),
            prefix,
        )
        return [_stored(row) for row in rows]

    def put(self, stored: Stored) -> None:
        """Creates or replaces a resource."""
        self._rows(
            "INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?)",
            stored.name,
            stored.collection,
            json.dumps(stored.declared),
            json.dumps(stored.generated),
        )

    def remove(self, name: str, reserved_until: float | None = None) -> None:
        """Deletes a resource and its policy; until `reserved_until` (seconds since the epoch) its name stays taken."""
        self._rows("DELETE FROM resource WHERE name = ?", name)
        self._rows("DELETE FROM policy WHERE resource = ?", name)
        if reserved_until is not None:
            self._rows("INSERT OR REPLACE INTO tombstone VALUES (?, ?)", name, reserved_until)

    def reserved_until(self, name: str) -> float | None:
        """Until when a deleted resource's name stays taken (seconds since the epoch), or None."""
        rows = self._rows("SELECT until FROM tombstone WHERE name = ?", name)
        return rows[0][0] if rows else None

    # Allow policies

    def policy(self, name: str) -> Json:
        """The allow policy on a resource; an empty one where none was set."""
        rows = self._rows("SELECT body FROM policy WHERE resource = ?", name)
        return json.loads(rows[0][0]) if rows else {"version": 1, "bindings": [], "etag": "ACAB"}

    def set_policy(self, name: str, policy: Json) -> None:
        """Replaces the allow policy on a resource."""
        self._rows("INSERT OR REPLACE INTO policy VALUES (?, ?)", name, json.dumps(policy))

    # The directory of people and groups

    def add_membership(self, group: str, member: str) -> None:
        """Adds a member ("user:…", "serviceAccount:…" or "group:…") to a group ("group:…")."""
        self._rows("INSERT OR IGNORE INTO membership VALUES (?, ?)", group, member)

    def groups_of(self, member: str) -> frozenset[str]:
        """All groups that a member belongs to, directly or through other groups, as "group:…"."""
        rows = self._rows(
            'WITH RECURSIVE inside(name) AS (SELECT "group" FROM membership WHERE member = ?'
            ' UNION SELECT m."group" FROM membership m JOIN inside ON m.member = inside.name) SELECT name FROM inside',
            member,
        )
        return frozenset(row[0] for row in rows)

    # Tokens, audit log, settings

    def add_token(self, digest: str, caller: Json, expires: float) -> None:
        """Remembers an access token by its SHA-256; expired ones are forgotten."""
        self._rows("DELETE FROM token WHERE expires < ?", expires - 24 * 3600)
        self._rows("INSERT INTO token VALUES (?, ?, ?)", digest, json.dumps(caller), expires)

    def token(self, digest: str, now: float) -> Json | None:
        """The caller that an unexpired token was issued to, or None."""
        rows = self._rows("SELECT caller FROM token WHERE digest = ? AND expires > ?", digest, now)
        return json.loads(rows[0][0]) if rows else None

    def log(self, entry: "CallEntry") -> None:
        """Appends one API call to the audit log."""
        self._rows(
            "INSERT INTO call (time, principal, delegation, method, resource, permissions, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            entry.time,
            entry.principal,
            json.dumps(entry.delegation),
            entry.method,
            entry.resource,
            json.dumps(entry.permissions),
            entry.status,
        )

    def calls(self) -> list["CallEntry"]:
        """The audit log, oldest first."""
        rows = self._rows(
            "SELECT time, principal, delegation, method, resource, permissions, status FROM call ORDER BY id"
        )
        return [CallEntry(r[0], r[1], json.loads(r[2]), r[3], r[4], json.loads(r[5]), r[6]) for r in rows]

    def setting(self, key: str) -> str | None:
        """A fact about the simulation itself, such as where its Kubernetes API server listens."""
        rows = self._rows("SELECT value FROM setting WHERE key = ?", key)
        return rows[0][0] if rows else None

    def set_setting(self, key: str, value: str) -> None:
        """Sets a fact about the simulation itself."""
        self._rows("INSERT OR REPLACE INTO setting VALUES (?, ?)", key, value)


@dataclass(frozen=True)
class CallEntry:
    """One entry of the audit log.

    Attributes:
        time: seconds since the epoch.
        principal: the member that called, such as "serviceAccount:platform-deploy@…".
        delegation: who impersonated it, nearest first.
        method: Google's method id, such as "sqladmin.instances.insert".
        resource: the full resource name.
        permissions: the permissions that were asked for.
        status: "OK" or the canonical error code.
    """

    time: float
    principal: str
    delegation: list[str]
    method: str
    resource: str
    permissions: list[str]
    status: str


def _stored(row: tuple[Any, ...]) -> Stored:
    return Stored(row[0], row[1], json.loads(row[2]), json.loads(row[3]))
