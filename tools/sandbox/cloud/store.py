"""State of a simulated cloud: one SQLite file, written in whole transactions.

Several processes use it at once (a plugin per running engine, the webhooks), and any of them may be killed at any time:
the write-ahead log keeps all of a committed transaction and nothing of an uncommitted one.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

Json = dict[str, Any]  # a JSON object, as in a REST body

# Seconds until a change of a policy takes effect; up to seven minutes at Google. Unset: at once.
PROPAGATION_SETTING = "iam.propagationSeconds"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    name TEXT PRIMARY KEY,      -- full resource name: //sqladmin.googleapis.com/projects/p/instances/i
    collection TEXT NOT NULL,   -- sqladmin.instances
    declared TEXT NOT NULL,     -- the body as callers set it
    generated TEXT NOT NULL     -- the fields that the API itself sets
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resource_collection ON resource (collection, name);
CREATE TABLE IF NOT EXISTS policy (resource TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unpropagated (   -- policies that changed, and until when their old body still decides
    resource TEXT NOT NULL, until REAL NOT NULL, body TEXT
);
CREATE TABLE IF NOT EXISTS tombstone (name TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS membership (
    "group" TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY ("group", member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS token (
    digest TEXT PRIMARY KEY, caller TEXT NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, principal TEXT NOT NULL, delegation TEXT NOT NULL,
    method TEXT NOT NULL, resource TEXT NOT NULL, permissions TEXT NOT NULL, status TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '', decisions TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class StoredResource:
    """A resource in the store: its full name, its collection, and its body in two parts."""

    name: str
    collection: str
    declared: Json
    generated: Json

    @property
    def body(self) -> Json:
        """The body that a `get` returns: the declared fields, laid over the fields that the API generated."""
        return merge(self.generated, self.declared)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """Returns `base` with `over` laid on it; objects are merged, everything else is replaced."""
    result: Json = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            result[key] = merge(cast("Json", below), cast("Json", value))
        else:
            result[key] = value
    return result


class Store:
    """Typed access to the file of a simulated cloud.

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
        self._upgrade()

    def _upgrade(self) -> None:
        """Adds the columns that a file of an earlier version lacks."""
        present = {row[1] for row in self._rows("PRAGMA table_info(call)")}
        for column, default in (("message", ""), ("decisions", "[]")):
            if column not in present:
                self._rows(f"ALTER TABLE call ADD COLUMN {column} TEXT NOT NULL DEFAULT '{default}'")

    def close(self) -> None:
        """Closes the file; the store cannot be used afterwards."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commits everything in the block together, or nothing of it when the block raises."""
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

    def get(self, name: str) -> StoredResource | None:
        """Returns the resource with a full name, or None."""
        rows = self._rows("SELECT name, collection, declared, generated FROM resource WHERE name = ?", name)
        return _stored(rows[0]) if rows else None

    def find(self, collection: str, prefix: str) -> list[StoredResource]:
        """Returns the resources of a collection whose full names begin with `prefix`, by name."""
        rows = self._rows(
            "SELECT name, collection, declared, generated FROM resource"
            " WHERE collection = ? AND substr(name, 1, ?) = ? ORDER BY name",
            collection,
            len(prefix),
            prefix,
        )
        return [_stored(row) for row in rows]

    def put(self, stored: StoredResource) -> None:
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
        """Returns the time until which a deleted resource's name stays taken (seconds since the epoch), or None."""
        return next((row[0] for row in self._rows("SELECT until FROM tombstone WHERE name = ?", name)), None)

    # Allow policies

    def policy(self, name: str) -> Json:
        """Returns the allow policy on a resource; an empty policy if none was set."""
        rows = self._rows("SELECT body FROM policy WHERE resource = ?", name)
        return json.loads(rows[0][0]) if rows else {"version": 1, "bindings": [], "etag": "ACAB"}

    def set_policy(self, name: str, policy: Json) -> None:
        """Replaces the allow policy on a resource; with a propagation time, the old one decides meanwhile."""
        delay = float(self.setting(PROPAGATION_SETTING) or 0)
        if delay > 0:
            before = self._rows("SELECT body FROM policy WHERE resource = ?", name)
            self._rows("DELETE FROM unpropagated WHERE until < ?", time.time() - 3600)
            old = before[0][0] if before else None
            self._rows("INSERT INTO unpropagated VALUES (?, ?, ?)", name, time.time() + delay, old)
        self._rows("INSERT OR REPLACE INTO policy VALUES (?, ?)", name, json.dumps(policy))

    def effective_policy(self, name: str, now: float) -> str | None:
        """Returns the policy on a resource that decides now, as JSON; None without a policy."""
        old = self._rows("SELECT body FROM unpropagated WHERE resource = ? AND until > ? ORDER BY until", name, now)
        rows = old or self._rows("SELECT body FROM policy WHERE resource = ?", name)
        return rows[0][0] if rows else None

    def policies(self) -> list[tuple[str, Json]]:
        """Returns the resources that have a policy, with their policies, by name."""
        rows = self._rows("SELECT resource, body FROM policy ORDER BY resource")
        return [(row[0], json.loads(row[1])) for row in rows]

    # The directory of people and groups

    def add_membership(self, group: str, member: str) -> None:
        """Adds a member ("user:…", "serviceAccount:…" or "group:…") to a group ("group:…")."""
        self._rows("INSERT OR IGNORE INTO membership VALUES (?, ?)", group, member)

    def remove_membership(self, group: str, member: str) -> None:
        """Removes a member from a group, if it is in the group."""
        self._rows('DELETE FROM membership WHERE "group" = ? AND member = ?', group, member)

    def rename_membership(self, before: str, after: str) -> None:
        """Replaces a member in all groups."""
        self._rows("UPDATE OR REPLACE membership SET member = ? WHERE member = ?", after, before)

    def members_of(self, group: str) -> tuple[str, ...]:
        """Returns the direct members of a group, by name."""
        return tuple(sorted(row[0] for row in self._rows('SELECT member FROM membership WHERE "group" = ?', group)))

    def groups_of(self, member: str) -> frozenset[str]:
        """Returns all groups that a member belongs to, directly or through other groups, as "group:…"."""
        rows = self._rows(
            'WITH RECURSIVE inside(name) AS (SELECT "group" FROM membership WHERE member = ?'
            ' UNION SELECT m."group" FROM membership m JOIN inside ON m.member = inside.name) SELECT name FROM inside',
            member,
        )
        return frozenset(row[0] for row in rows)

    # Tokens, audit log, settings

    def add_token(self, digest: str, caller: Json, expires: float) -> None:
        """Stores an access token's SHA-256 with its caller; removes expired tokens."""
        self._rows("DELETE FROM token WHERE expires < ?", expires - 24 * 3600)
        self._rows("INSERT INTO token VALUES (?, ?, ?)", digest, json.dumps(caller), expires)

    def token(self, digest: str, now: float) -> Json | None:
        """Returns the caller to which an unexpired token was issued, or None."""
        rows = self._rows("SELECT caller FROM token WHERE digest = ? AND expires > ?", digest, now)
        return json.loads(rows[0][0]) if rows else None

    def log(self, entry: "CallEntry") -> None:
        """Appends one API call to the audit log."""
        self._rows(
            "INSERT INTO call (time, principal, delegation, method, resource, permissions, status, message, decisions)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            entry.time,
            entry.principal,
            json.dumps(entry.delegation),
            entry.method,
            entry.resource,
            json.dumps(entry.permissions),
            entry.status,
            entry.message,
            json.dumps(entry.decisions),
        )

    def calls(self, after: int = 0, until: int | None = None) -> list["CallEntry"]:
        """Returns the entries of the audit log numbered above `after`, up to and including `until`, oldest first."""
        rows = self._rows(
            "SELECT time, principal, delegation, method, resource, permissions, status, message, decisions, id"
            " FROM call WHERE id > ? AND id <= ? ORDER BY id",
            after,
            until if until is not None else 2**62,
        )
        return [
            CallEntry(r[0], r[1], json.loads(r[2]), r[3], r[4], json.loads(r[5]), r[6], r[7], json.loads(r[8]), r[9])
            for r in rows
        ]

    def setting(self, key: str) -> str | None:
        """Returns a fact about the simulation, such as the address of its Kubernetes API server."""
        return next((row[0] for row in self._rows("SELECT value FROM setting WHERE key = ?", key)), None)

    def set_setting(self, key: str, value: str) -> None:
        """Sets a fact about the simulation."""
        self._rows("INSERT OR REPLACE INTO setting VALUES (?, ?)", key, value)

    def remove_setting(self, key: str) -> None:
        """Removes a fact about the simulation, if it is there."""
        self._rows("DELETE FROM setting WHERE key = ?", key)

    def remove_settings(self, prefix: str) -> None:
        """Removes the facts whose keys begin with `prefix`."""
        self._rows("DELETE FROM setting WHERE substr(key, 1, ?) = ?", len(prefix), prefix)


@dataclass(frozen=True)
class CallEntry:
    """One entry of the audit log.

    Attributes:
        time: seconds since the epoch.
        principal: the member that called, such as "serviceAccount:platform-deploy@…".
        delegation: the principals that impersonated it, nearest first.
        method: Google's method id, such as "sqladmin.instances.insert".
        resource: the full resource name.
        permissions: the permissions that were required.
        status: "OK" or the canonical error code.
        message: the error's message; "" for "OK".
        decisions: IAM's decisions for it, in order (see `audit.py` for their form).
        number: its position in the log; 0 before it is written.
    """

    time: float
    principal: str
    delegation: list[str]
    method: str
    resource: str
    permissions: list[str]
    status: str
    message: str = ""
    decisions: list[Json] = field(default_factory=list[Json])
    number: int = 0


def _stored(row: tuple[Any, ...]) -> StoredResource:
    return StoredResource(row[0], row[1], json.loads(row[2]), json.loads(row[3]))
