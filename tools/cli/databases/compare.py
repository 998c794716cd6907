"""`make databases`: compares the declared rights with PostgreSQL's, and applies them as the person."""

from dataclasses import dataclass

from cli.databases import actual, declared
from cli.databases.actual import ENTRANCE, Found, Send
from cli.databases.declared import Instance
from cli.databases.rights import ADMINISTRATOR, FIRE, OF_ROLES, OF_ROWS, PUBLIC, PUBLISH, Right, quoted
from toolchain.progress import say


@dataclass(frozen=True)
class Difference:
    """A right that is declared and missing, or is there and not declared.

    Attributes:
        right: the right.
        database: where its statement is executed.
        missing: true for a declared right.
        statement: the statement that ends the difference; None where no administrator can.
        remedy: what else ends it.
    """

    right: Right
    database: str
    missing: bool
    statement: str | None
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{'+' if self.missing else '-'} {self.right}"
        return text if self.statement else f"{text} ({self.remedy})"


def show(environment: str) -> int:
    """Print the declared rights, from files alone; two outputs are compared line by line."""
    for instance in declared.instances(environment):
        for line in instance.listed():
            print(f"{instance.name}: {line}")
    return 0


def run(environment: str, send: Send, who: str, *, check: bool) -> int:
    """Compare, and apply unless `check`; return 1 when differences are left."""
    code = 0
    instances = declared.instances(environment)
    for instance in instances:
        found = differences(instance, actual.read(send, instance.name, instance.apps))
        if not found:
            print(f"{instance.name}: as declared")
            continue
        print(f"{instance.name}: {_count(len(found))}, + missing, - not declared")
        for difference in found:
            print(f"  {difference}")
        if check:
            code = 1
            continue
        for database, statements in _by_database(found).items():
            say(f"{instance.name}: setting rights in {database} as {who}")
            actual.execute(send, instance.name, database, statements)
        left = differences(instance, actual.read(send, instance.name, instance.apps))
        print(f"{instance.name}: {f'{_count(len(left))} left' if left else 'now as declared'}")
        code = 1 if left else code
    if not instances:
        print("no datastore is declared")
    return code


def differences(instance: Instance, found: Found) -> list[Difference]:
    """Differences between what is declared for an instance and what it has, in a stable order."""
    wanted = instance.rights()
    return [
        *(_missing(right, found) for right in sorted(wanted - found.whole)),
        *(_undeclared(right, ENTRANCE) for right in sorted(found.whole - wanted)),
        *(
            _missing_inside(right, database)
            for database, rights in found.inside.items()
            for right in sorted(instance.inside(database) - rights)
        ),
        *(
            _undeclared(right, database)
            for database, rights in found.inside.items()
            for right in sorted(rights)
            if not _of_an_app(right, database, instance)
        ),
    ]


def _of_an_app(right: Right, database: str, instance: Instance) -> bool:
    """Return whether a right is for the apps of a database to decide: its own objects, and grants to each other.

    An app whose schemas another one makes has rows of them, and makes and changes nothing.
    """
    if right.who not in instance.apps[database]:
        return False
    return right.who not in instance.migrations or right.privilege in OF_ROWS


def _missing(right: Right, found: Found) -> Difference:
    statement = right.granting()
    database = Right(right.on, ADMINISTRATOR, "OWNER")
    if right.on.startswith("database ") and right.privilege != "OWNER" and database not in found.whole:
        remedy = "there is no such database, or somebody took it over: see its owner above"
        return Difference(right, ENTRANCE, missing=True, statement=None, remedy=remedy)
    if statement and right.who not in {*found.logins, PUBLIC}:
        remedy = "it has no login yet: deploy its team's namespaces, which declare it, then run this again"
        return Difference(right, ENTRANCE, missing=True, statement=None, remedy=remedy)
    remedy = "the datastores' stack declares it: deploy that, `make preview OWNER=storage REFRESH=yes` shows the drift"
    return Difference(right, ENTRANCE, missing=True, statement=statement, remedy=remedy)


def _missing_inside(right: Right, database: str) -> Difference:
    remedy = f"in {database}: the first migration executes `{right.in_migrations}`"
    return Difference(right, database, missing=True, statement=None, remedy=remedy)


def _undeclared(right: Right, database: str) -> Difference:
    if right.privilege == "MEMBER":
        remedy = "whoever granted it revokes it; until then the member has all rights of the role"
    elif right.privilege == "PASSWORD":
        remedy = "it logs in by a password, past IAM: `gcloud sql users delete`, or whoever made it drops it in SQL"
    elif right.privilege in OF_ROLES:
        remedy = f"an administrator executes `ALTER ROLE {quoted(right.who)} NO{right.privilege}`"
    elif right.privilege == FIRE:
        remedy = f"in {database}: it runs as whoever changes a definition there, with all their rights; drop it"
    elif right.privilege == PUBLISH:
        remedy = f"in {database}: whoever replicates gets the rows that it lists; drop it"
    elif right.privilege == "OWNER" and right.on.startswith("database "):
        remedy = "platform:datastores has no such database: declare it, or move what is in it and drop it"
    elif right.privilege == "OWNER":
        remedy = f"in {database}: its owner, or a superuser's role, gives it to the login of an app of this database"
    else:
        whom = "everybody who connects" if right.who == PUBLIC else right.who
        remedy = f"in {database}: its owner revokes it; until then {whom} has it"
    return Difference(right, database, missing=False, statement=right.revoking(), remedy=remedy)


def _count(differences: int) -> str:
    return f"{differences} difference{'' if differences == 1 else 's'}"


def _by_database(found: list[Difference]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for difference in found:
        if difference.statement:
            grouped.setdefault(difference.database, []).append(difference.statement)
    return grouped
