"""A right inside of an instance, in PostgreSQL's words, and the statement that gives it or takes it back."""

from dataclasses import dataclass

# https://cloud.google.com/sql/docs/postgres/users: owns the databases that the API makes; no superuser.
ADMINISTRATOR = "cloudsqlsuperuser"
PUBLIC = "PUBLIC"
# Databases that every instance has, and no app uses.
SYSTEM_DATABASES = ("postgres", "template1")
# An app's on its database: to create is to make its own schema, and nothing in the schema of another.
OF_APPS = ("CONNECT", "CREATE", "TEMPORARY")


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
        return f"{self.on}: {self.who} {self.privilege}"

    def granting(self) -> str | None:
        """Statement that grants it; None for a right that no administrator can grant."""
        return self._statement("GRANT", "TO")

    def revoking(self) -> str | None:
        """Statement that revokes it; None for a right that its owner alone can revoke."""
        return self._statement("REVOKE", "FROM")

    def _statement(self, verb: str, preposition: str) -> str | None:
        kind, _, name = self.on.partition(" ")
        if self.privilege in ("OWNER", "MEMBER") or (kind != "database" and self.on != "schema public"):
            return None
        who = PUBLIC if self.who == PUBLIC else quoted(self.who)
        return f"{verb} {self.privilege} ON {kind} {quoted(name)} {preposition} {who}"


def quoted(name: str) -> str:
    """An identifier of PostgreSQL, quoted."""
    return '"' + name.replace('"', '""') + '"'
