"""A right inside of an instance, in PostgreSQL's words, and the statement that gives it or takes it back."""

from dataclasses import dataclass

# https://cloud.google.com/sql/docs/postgres/users: owns the databases that the API makes; no superuser.
ADMINISTRATOR = "cloudsqlsuperuser"
PUBLIC = "PUBLIC"
# Databases that every instance has, and no app uses.
SYSTEM_DATABASES = ("postgres", "template1")
# An app's on its database: to create is to make its own schema, and nothing in the schema of another.
OF_APPS = ("CONNECT", "CREATE", "TEMPORARY")
# An app's whose schemas another app makes, and every app's where nobody makes anything.
OF_READERS = ("CONNECT",)
# By default privileges of the app that makes the schemas, on what it is going to make: rows, and no definitions.
ON_MADE = {
    "SCHEMAS": ("USAGE",),
    "SEQUENCES": ("USAGE",),
    "TABLES": ("DELETE", "INSERT", "SELECT", "UPDATE"),
}
# All that a migrated app may have in a database: what its migrations grant one by one is theirs to decide.
OF_ROWS = frozenset({"EXECUTE", *(privilege for privileges in ON_MADE.values() for privilege in privileges)})
# A setting of a database and no privilege: whoever connects begins without the right to write.
READ_ONLY = "READ-ONLY"
# Another one: names without a schema mean what is in the schemas of whoever set it.
SEARCH_PATH = "SEARCH-PATH"
_SETTINGS = {READ_ONLY: "default_transaction_read_only", SEARCH_PATH: "search_path"}
# What a role is, or may do in the whole instance.
OF_ROLES = frozenset({"BYPASSRLS", "CREATEDB", "CREATEROLE", "PASSWORD", "REPLICATION"})
# What runs as whoever changes a definition, and what hands rows to whoever replicates.
FIRE, PUBLISH = "FIRE", "PUBLISH"
_DEFAULT = "default privileges of "


@dataclass(frozen=True, order=True)
class Right:
    """A right.

    Attributes:
        on: kind and name, such as "database orders" or "schema public".
        who: the role that has it.
        privilege: such as CONNECT; OWNER of an object, MEMBER of a role.
    """

    on: str
    who: str
    privilege: str

    def __str__(self) -> str:
        text = f"{self.on}: {self.who} {self.privilege}"
        # Names are others' choice: none may move the cursor or begin a line.
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)

    @staticmethod
    def on_made(owner: str, kind: str, who: str, privilege: str) -> "Right":
        """Right on what a role is going to make: a default privilege.

        Args:
            owner: the role.
            kind: of the objects, as in SQL: TABLES.
            who: the role that has it.
            privilege: such as SELECT.
        """
        return Right(f"{_DEFAULT}{owner} on {kind}", who, privilege)

    @property
    def in_migrations(self) -> str | None:
        """Statement by which the owner's migrations grant a default privilege; None for another right."""
        if not self.on.startswith(_DEFAULT):
            return None
        kind = self.on.rpartition(" ")[2]
        return f"ALTER DEFAULT PRIVILEGES GRANT {self.privilege} ON {kind} TO {quoted(self.who)}"

    def granting(self) -> str | None:
        """Statement that grants it; None for a right that no administrator can grant."""
        return self._statement("GRANT", "TO")

    def revoking(self) -> str | None:
        """Statement that revokes it; None for a right that its owner alone can revoke."""
        return self._statement("REVOKE", "FROM")

    def _statement(self, verb: str, preposition: str) -> str | None:
        kind, _, name = self.on.partition(" ")
        if setting := _SETTINGS.get(self.privilege):
            change = f"SET {setting} = on" if verb == "GRANT" else f"RESET {setting}"
            return f"ALTER DATABASE {quoted(name)} {change}"
        if self.privilege in ("OWNER", "MEMBER") or (kind != "database" and self.on != "schema public"):
            return None
        who = PUBLIC if self.who == PUBLIC else quoted(self.who)
        return f"{verb} {self.privilege} ON {kind} {quoted(name)} {preposition} {who}"


def quoted(name: str) -> str:
    """An identifier of PostgreSQL, quoted."""
    return '"' + name.replace('"', '""') + '"'
