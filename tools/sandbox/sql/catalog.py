"""Databases and roles of a server: what the API declares at the first touch, and what it creates and drops later.

What SQL drops, renames or revokes stays so: the API does not make it again.

Names and duties of the roles are Cloud SQL's: https://cloud.google.com/sql/docs/postgres/users and
https://cloud.google.com/sql/docs/postgres/add-manage-iam-users. `cloudsqlsuperuser` owns the databases, and is no
superuser of PostgreSQL's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.sql.server import SYSTEM_DATABASE, Server

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

SUPERUSER = "cloudsqlsuperuser"
TRANSFER = "cloudsqlimportexport"  # as whom Google exports and imports; nobody else logs in as it
GROUP = "CLOUD_IAM_GROUP"
_SETTLED = "settled"  # comment on a role; a server that was killed before has it not
# Cloud SQL's own role of each kind of user, and whether such a user logs in.
_KINDS: Mapping[str, tuple[str, bool]] = {
    "BUILT_IN": (SUPERUSER, True),
    "CLOUD_IAM_USER": ("cloudsqliamuser", True),
    "CLOUD_IAM_SERVICE_ACCOUNT": ("cloudsqliamserviceaccount", True),
    GROUP: ("cloudsqliamgroup", False),
    "CLOUD_IAM_GROUP_USER": ("cloudsqliamgroupuser", True),
    "CLOUD_IAM_GROUP_SERVICE_ACCOUNT": ("cloudsqliamgroupserviceaccount", True),
}
# https://www.postgresql.org/docs/14/predefined-roles.html, but for roles that reach the server's files and programs.
_POSTGRES = frozenset(
    {
        "pg_monitor",
        "pg_read_all_data",
        "pg_read_all_settings",
        "pg_read_all_stats",
        "pg_signal_backend",
        "pg_stat_scan_tables",
        "pg_write_all_data",
    }
)


@dataclass(frozen=True)
class User:
    """A user of an instance.

    Attributes:
        name: its name in PostgreSQL.
        kind: its type in the API.
        roles: roles that it is a member of.
    """

    name: str
    kind: str
    roles: tuple[str, ...] = ()


def predefined(role: str) -> bool:
    """Return whether a role exists in every instance."""
    return role in _POSTGRES or role in {name for name, _ in _KINDS.values()}


def settle(server: Server, databases: Iterable[str], users: Iterable[User]) -> None:
    """Make the databases and users of a new server; nothing in one that has had its own."""
    with server.connect(SYSTEM_DATABASE) as session:
        if _names(
            session, "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s", SUPERUSER
        ) == {_SETTLED}:
            return
        _found(session)
    create(server, databases, users)
    with server.connect(SYSTEM_DATABASE) as session:
        _run(session, f"COMMENT ON ROLE {{}} IS '{_SETTLED}'", SUPERUSER)


def create(server: Server, databases: Iterable[str], users: Iterable[User]) -> None:
    """Make databases and users in a server, and give the users their roles."""
    with server.connect(SYSTEM_DATABASE) as session:
        roles = _names(session, "SELECT rolname FROM pg_roles")
        for user in users:
            if user.name not in roles:
                _create(session, user)
            for role in user.roles:
                _run(session, "GRANT {} TO {}", role, user.name)
        present = _names(session, "SELECT datname FROM pg_database")
        for name in databases:
            if name not in present:
                _run(session, "CREATE DATABASE {} OWNER {} TEMPLATE template0", name, SUPERUSER)


def admit(server: Server, user: User) -> None:
    """Make the login of a member of groups, with the memberships that it has now.

    Args:
        server: the running server.
        user: the member; its roles are its groups.
    """
    with server.connect(SYSTEM_DATABASE) as session:
        if user.name not in _names(session, "SELECT rolname FROM pg_roles"):
            _create(session, user)
        groups = _names(
            session,
            "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member AND u.rolname = %s"
            " JOIN pg_roles g ON g.oid = m.roleid WHERE pg_has_role(g.oid, 'cloudsqliamgroup', 'MEMBER')",
            user.name,
        )
        for group in groups - set(user.roles):
            _run(session, "REVOKE {} FROM {}", group, user.name)
        for group in set(user.roles) - groups:
            _run(session, "GRANT {} TO {}", group, user.name)


def drop(server: Server, kind: str, name: str) -> None:
    """Drop a database or a user, if it is there.

    Raises:
        psycopg.Error: PostgreSQL refuses: somebody uses the database, or something belongs to the user.
    """
    statement = "DROP DATABASE IF EXISTS {}" if kind == "databases" else "DROP ROLE IF EXISTS {}"
    with server.connect(SYSTEM_DATABASE) as session:
        _run(session, statement, name)


def _found(session: "psycopg.Connection[Any]") -> None:
    """Make the roles that Cloud SQL makes with an instance, once."""
    if _names(session, "SELECT rolname FROM pg_roles WHERE rolname = %s", SUPERUSER):
        return
    with session.transaction():
        _run(session, "CREATE ROLE {} NOLOGIN CREATEDB CREATEROLE IN ROLE pg_monitor, pg_signal_backend", SUPERUSER)
        for role in sorted({name for name, _ in _KINDS.values()} - {SUPERUSER}):
            _run(session, "CREATE ROLE {} NOLOGIN", role)
        # Who exports reads everything: the sandbox must not refuse what Google may let pass.
        _run(session, "CREATE ROLE {} LOGIN IN ROLE {}, pg_read_all_data", TRANSFER, SUPERUSER)
        for database in (SYSTEM_DATABASE, "template1"):
            _run(session, "ALTER DATABASE {} OWNER TO {}", database, SUPERUSER)


def _create(session: "psycopg.Connection[Any]", user: User) -> None:
    group, logs_in = _KINDS[user.kind]
    rights = "LOGIN CREATEDB CREATEROLE" if user.kind == "BUILT_IN" else "LOGIN" if logs_in else "NOLOGIN"
    _run(session, f"CREATE ROLE {{}} {rights} IN ROLE {{}}", user.name, group)


def _names(session: "psycopg.Connection[Any]", query: str, *values: str) -> set[str]:
    return {row[0] for row in session.execute(query.encode(), values or None)}


def _run(session: "psycopg.Connection[Any]", statement: str, *names: str) -> None:
    session.execute(_quoted(statement, names))


def _quoted(statement: str, names: Iterable[str]) -> "sql.Composed":
    from psycopg import sql  # noqa: PLC0415 - it takes 0.2 s to load; most calls of the cloud touch no data

    return sql.SQL(statement).format(*map(sql.Identifier, names))  # pyright: ignore[reportArgumentType]  not a literal
