"""Rights that an instance has, read from PostgreSQL's catalogs over Google's API. No table of an app is read.

What follows from ownership is left out, as are the roles, memberships and objects that Cloud SQL makes by itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from cli.databases.rights import ADMINISTRATOR, Right
from toolchain.errors import ToolError

Json = dict[str, Any]

# Sends SQL to a database of an instance, as the person; the response of `instances.executeSql`.
Send = Callable[[str, str, str], Json]

ENTRANCE = "postgres"  # the database that every instance has
# Roles of Cloud SQL and of PostgreSQL, as their owners.
_SYSTEM = ("cloudsqladmin", ADMINISTRATOR, "pg_database_owner", "postgres")
_WHOLE = """
SELECT 'database ' || d.datname, coalesce(g.rolname, 'PUBLIC'), a.privilege_type
  FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  LEFT JOIN pg_roles g ON g.oid = a.grantee
  WHERE d.datname NOT IN ('cloudsqladmin', 'template0') AND a.grantee <> d.datdba
UNION SELECT 'database ' || d.datname, r.rolname, 'OWNER'
  FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname NOT IN ('cloudsqladmin', 'template0')
UNION SELECT 'role ' || g.rolname, m.rolname, 'MEMBER'
  FROM pg_auth_members x JOIN pg_roles g ON g.oid = x.roleid JOIN pg_roles m ON m.oid = x.member
  WHERE g.rolname NOT LIKE 'cloudsqliam%' AND m.rolname NOT LIKE 'pg\\_%' AND m.rolname <> 'postgres'
  AND (m.rolname NOT LIKE 'cloudsql%' OR m.rolname LIKE 'cloudsqliam%' OR (m.rolname = 'cloudsqlsuperuser' AND (
    g.rolname !~ '^(cloudsql|pg_)' OR g.rolname IN ('pg_read_all_data', 'pg_write_all_data'))))
  -- Who makes a role administers it: neither a right of the role, nor to be it. Before version 16 it is both.
  AND coalesce((to_jsonb(x) ->> 'inherit_option')::bool OR (to_jsonb(x) ->> 'set_option')::bool, true)
  AND NOT EXISTS (
    SELECT FROM pg_auth_members y JOIN pg_roles k ON k.oid = y.roleid
    WHERE y.member = g.oid AND k.rolname = 'cloudsqliamgroup')
UNION SELECT 'database ' || d.datname, 'PUBLIC', 'READ-ONLY'
  FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
  WHERE s.setrole = 0 AND 'default_transaction_read_only=on' = ANY (s.setconfig)
UNION SELECT 'database ' || d.datname, 'PUBLIC', 'SEARCH-PATH'
  FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
  WHERE s.setrole = 0 AND c LIKE 'search\\_path=%'
UNION SELECT 'role ' || rolname, rolname, 'LOGIN' FROM pg_roles WHERE rolcanlogin
UNION SELECT 'role ' || r.rolname, r.rolname, t.name FROM pg_roles r CROSS JOIN LATERAL (VALUES
    ('BYPASSRLS', rolbypassrls), ('CREATEDB', rolcreatedb), ('CREATEROLE', rolcreaterole),
    ('REPLICATION', rolreplication), ('PASSWORD', rolcanlogin AND NOT EXISTS (
      SELECT FROM pg_auth_members y JOIN pg_roles k ON k.oid = y.roleid
      WHERE y.member = r.oid AND k.rolname LIKE 'cloudsqliam%'))) t (name, has)
  WHERE t.has AND r.rolname !~ '^(cloudsql|pg_)' AND r.rolname <> 'postgres'
"""
_INSIDE = """
WITH spaces AS (
  SELECT oid, nspname, nspowner, nspacl FROM pg_namespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
objects AS (
  SELECT 'schema ' || nspname AS name, nspowner AS owner, nspacl AS acl, 0::oid AS within FROM spaces
  UNION ALL SELECT 'table ' || n.nspname || '.' || c.relname, c.relowner, c.relacl, n.nspowner
  FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL SELECT 'function ' || n.nspname || '.' || f.proname, f.proowner, f.proacl, n.nspowner
  FROM pg_proc f JOIN spaces n ON n.oid = f.pronamespace
  WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = f.oid AND d.deptype = 'e')
  UNION ALL SELECT 'column ' || n.nspname || '.' || c.relname || '.' || a.attname, c.relowner, a.attacl, c.relowner
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN spaces n ON n.oid = c.relnamespace
  WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
  UNION ALL SELECT 'large object ' || oid, lomowner, lomacl, 0::oid FROM pg_largeobject_metadata
  UNION ALL SELECT 'foreign data wrapper ' || fdwname, fdwowner, fdwacl, 0::oid FROM pg_foreign_data_wrapper
  UNION ALL SELECT 'foreign server ' || srvname, srvowner, srvacl, 0::oid FROM pg_foreign_server)
SELECT o.name, coalesce(g.rolname, 'PUBLIC'), a.privilege_type
  FROM objects o JOIN pg_roles w ON w.oid = o.owner
  CROSS JOIN LATERAL aclexplode(o.acl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
  WHERE a.grantee <> o.owner AND (w.rolname <> 'cloudsqladmin' OR o.name = 'schema public')
  -- PostgreSQL's default, listed as soon as the function is given to anybody. The schema keeps PUBLIC out.
  AND NOT (a.grantee = 0 AND o.name LIKE 'function %')
UNION SELECT o.name, r.rolname, 'OWNER' FROM objects o JOIN pg_roles r ON r.oid = o.owner WHERE o.owner <> o.within
UNION SELECT 'default privileges of ' || r.rolname || coalesce(' in schema ' || n.nspname, '') || ' on '
    || CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
    WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END,
    coalesce(g.rolname, 'PUBLIC'), a.privilege_type
  FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole
  LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
  CROSS JOIN LATERAL aclexplode(d.defaclacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
  WHERE a.grantee <> d.defaclrole
UNION SELECT 'event trigger ' || e.evtname, r.rolname, 'FIRE'
  FROM pg_event_trigger e JOIN pg_roles r ON r.oid = e.evtowner WHERE r.rolname <> 'cloudsqladmin'
UNION SELECT 'publication ' || p.pubname, r.rolname, 'PUBLISH'
  FROM pg_publication p JOIN pg_roles r ON r.oid = p.pubowner
"""


@dataclass(frozen=True)
class Found:
    """Rights that an instance has.

    Attributes:
        whole: on databases and roles.
        inside: on what is in a database, by its name.
        logins: roles that log in.
    """

    whole: frozenset[Right]
    inside: dict[str, frozenset[Right]]
    logins: frozenset[str]


def read(send: Send, instance: str, databases: Iterable[str]) -> Found:
    """Read an instance.

    Args:
        send: sends SQL.
        instance: its name.
        databases: databases whose inside is read, where they exist.

    Raises `ToolError` when PostgreSQL or Google refuses.
    """
    rows = _rights(send, instance, ENTRANCE, _WHOLE)
    logins = frozenset(right.who for right in rows if right.privilege == "LOGIN")
    whole = frozenset(right for right in rows if right.privilege != "LOGIN")
    present = {right.on.partition(" ")[2] for right in whole if right.on.startswith("database ")}
    inside = {
        database: frozenset(
            right
            for right in _rights(send, instance, database, _INSIDE)
            if right.privilege != "OWNER" or right.who not in _SYSTEM
        )
        for database in databases
        if database in present
    }
    return Found(whole, inside, logins)


def execute(send: Send, instance: str, database: str, statements: Iterable[str]) -> None:
    """Execute statements as Cloud SQL's administrator role, all of them or none, also in a read-only database."""
    rows(send, instance, database, "; ".join(["SET TRANSACTION READ WRITE", f"SET ROLE {ADMINISTRATOR}", *statements]))


def rows(send: Send, instance: str, database: str, statement: str) -> list[tuple[str, ...]]:
    """Rows of the last of some statements.

    Raises `ToolError` when PostgreSQL refuses.
    """
    answer = send(instance, database, statement)
    if status := answer.get("status"):
        raise ToolError(
            f"PostgreSQL of {instance} refused in the database {database}, so nothing of this was done: "
            f"{status.get('message')}"
        )
    results = cast("list[Json]", answer.get("results") or [{}])
    listed = cast("list[Json]", results[-1].get("rows", []))
    return [tuple(str(value.get("value", "")) for value in cast("list[Json]", row["values"])) for row in listed]


def _rights(send: Send, instance: str, database: str, query: str) -> list[Right]:
    return [Right(*row) for row in rows(send, instance, database, query)]
