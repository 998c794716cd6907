"""Rows to a bucket and back: as whom, what arrives, and what is refused before anything is touched."""

import gzip
from typing import Any

import pytest

from sandbox.cloud.errors import ApiError
from sandbox.cloud.store import Json
from unit.sandbox.sql.world import ADMIN, APP, DBA, INSTANCE, PROJECT, World

BUCKET = f"projects/{PROJECT}/buckets/dumps"


class Contents:
    """Content of objects in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def read(self, bucket: str, name: str) -> bytes:
        """The content."""
        return self.kept[bucket, name]

    def write(self, bucket: str, name: str, content: bytes) -> None:
        """Keep it."""
        self.kept[bucket, name] = content


@pytest.fixture(scope="module")
def contents(world: World) -> Contents:
    """A bucket in which the instance's own account reads and writes, and a schema of an app with three rows."""
    world.cloud.contents = kept = Contents()
    world.cloud.call("serviceusage.services.enable", f"projects/{PROJECT}/services/storage.googleapis.com", ADMIN)
    uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    world.cloud.call("storage.buckets.insert", BUCKET, ADMIN, uniform)
    permit(world, "roles/storage.objectAdmin")
    world.rows(f'GRANT CREATE ON DATABASE orders TO "{world.login(APP)}"', DBA)
    world.rows("CREATE SCHEMA shop; CREATE TABLE shop.carts (n int, note text)", world.caller(APP))
    world.rows("INSERT INTO shop.carts VALUES (1, 'a,b'), (2, NULL), (3, '\\. \"c\"')", world.caller(APP))
    return kept


def permit(world: World, *roles: str) -> None:
    """Grant these roles in the bucket to the instance's own account, and to the administrator all."""
    account = world.cloud.call("sql.instances.get", INSTANCE, ADMIN)["serviceAccountEmailAddress"]
    bindings = [{"role": role, "members": [f"serviceAccount:{account}"]} for role in roles]
    bindings.append({"role": "roles/storage.admin", "members": [ADMIN.member]})
    world.cloud.call("storage.buckets.setIamPolicy", BUCKET, ADMIN, {"policy": {"bindings": bindings}})


def export(world: World, name: str, caller: Any = ADMIN, **context: Any) -> Json:
    """Export the database `orders` to an object."""
    wanted = {"uri": f"gs://dumps/{name}", "fileType": "SQL", "databases": ["orders"], **context}
    return world.cloud.call("sql.instances.export", INSTANCE, caller, {"exportContext": wanted})


def import_(world: World, name: str, **context: Any) -> Json:
    """Import an object into the database `invoices`."""
    wanted = {"uri": f"gs://dumps/{name}", "fileType": "SQL", "database": "invoices", **context}
    return world.cloud.call("sql.instances.import", INSTANCE, ADMIN, {"importContext": wanted})


def failure(answer: Json) -> str:
    """The message with which an operation ended."""
    return answer["error"]["errors"][0]["message"]


def count(world: World) -> str | None:
    """The number of carts in the database `invoices`."""
    return world.rows("SET ROLE cloudsqlsuperuser; SELECT count(*) FROM shop.carts", DBA, "invoices")[0][0]


@pytest.mark.parametrize("name", ["all.sql", "packed.sql.gz"])
def test_a_dump_has_every_row_also_of_an_app_and_makes_them_in_another_database(
    world: World, contents: Contents, name: str
) -> None:
    world.rows("SET ROLE cloudsqlsuperuser; DROP SCHEMA IF EXISTS shop CASCADE", DBA, "invoices")
    assert export(world, name) == {}
    content = contents.kept["dumps", name]
    assert b"COPY shop.carts" in (gzip.decompress(content) if name.endswith(".gz") else content)

    assert import_(world, name) == {}
    assert count(world) == "3"
    rows = "SELECT string_agg(coalesce(note, '-'), '|' ORDER BY n) FROM shop.carts"
    assert world.rows(f"SET ROLE cloudsqlsuperuser; {rows}", DBA, "invoices") == [('a,b|-|\\. "c"',)]


def test_a_dump_of_the_structure_has_no_row(world: World, contents: Contents) -> None:
    export(world, "structure.sql", sqlExportOptions={"schemaOnly": True, "tables": ["shop.carts"]})
    structure = contents.kept["dumps", "structure.sql"]
    assert (b"CREATE TABLE shop.carts" in structure, b"a,b" in structure) == (True, False)


def test_a_query_leaves_as_csv_and_comes_back_into_a_table(world: World, contents: Contents) -> None:
    query = {"selectQuery": "SELECT n, note FROM shop.carts WHERE n < 3 ORDER BY n;"}
    assert export(world, "two.csv", fileType="CSV", csvExportOptions=query) == {}
    assert contents.kept["dumps", "two.csv"] == b'1,"a,b"\n2,\n'

    made = "DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop; CREATE TABLE shop.carts (note text, n int)"
    world.rows(f"SET ROLE cloudsqlsuperuser; {made}", DBA, "invoices")
    options = {"table": "shop.carts", "columns": ["n", "note"]}
    assert import_(world, "two.csv", fileType="CSV", csvImportOptions=options) == {}
    assert count(world) == "2"


def test_characters_of_csv_are_codes(world: World, contents: Contents) -> None:
    options = {"selectQuery": "SELECT 1, 'x;y'", "fieldsTerminatedBy": "3B", "quoteCharacter": "27"}
    export(world, "codes.csv", fileType="CSV", csvExportOptions=options)
    assert contents.kept["dumps", "codes.csv"] == b"1;'x;y'\n"
    answer = export(world, "no.csv", fileType="CSV", csvExportOptions={**options, "quoteCharacter": "'"})
    assert "quoteCharacter is not an ASCII code" in failure(answer)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM shop.nothing", 'relation "shop.nothing" does not exist'),
        ("SELECT 1) TO '/tmp/x' --", "permission denied to COPY to a file"),
        ("SELECT 1) TO PROGRAM 'id' --", "permission denied to COPY to or from an external program"),
        ("SELECT pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"),
        ("SELECT 1) TO STDOUT; DROP DATABASE invoices; --", "cannot mix COPY with other operations"),
    ],
)
def test_an_error_of_the_database_ends_the_operation_and_leaves_no_file(
    world: World, contents: Contents, query: str, message: str
) -> None:
    answer = export(world, "failed.csv", fileType="CSV", csvExportOptions={"selectQuery": query})
    assert message in failure(answer)
    assert ("dumps", "failed.csv") not in contents.kept
    assert world.cloud.store.get(f"//storage.googleapis.com/{BUCKET}/objects/failed.csv") is None


def test_an_import_that_fails_says_where_and_runs_no_command_of_psql(world: World, contents: Contents) -> None:
    for name, text, message in (
        ("shell.sql", "SELECT 1;\n\\! touch /tmp/x\n", "invalid command \\!"),
        ("wrong.sql", "CREATE TABEL t (n int);\n", 'syntax error at or near "TABEL"'),
        ("packed.sql.gz", "not packed", "Not a gzipped file"),
    ):
        uploaded(world, contents, name, text.encode())
        assert message in failure(import_(world, name))


def test_what_is_imported_belongs_to_google_or_to_the_user_that_was_named(world: World, contents: Contents) -> None:
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'owned'"
    for user, expected in (({}, "cloudsqlsuperuser"), ({"importUser": world.login(APP)}, world.login(APP))):
        world.rows(f'GRANT CREATE ON DATABASE invoices TO "{world.login(APP)}"', DBA, "invoices")
        uploaded(world, contents, "owned.sql", b"CREATE SCHEMA o; CREATE TABLE o.owned (n int);")
        assert import_(world, "owned.sql", **user) == {}
        assert world.rows(owner, DBA, "invoices") == [(expected,)]
        with world.admin("invoices") as session:
            session.execute(b"DROP SCHEMA o CASCADE")


def uploaded(world: World, contents: Contents, name: str, content: bytes) -> None:
    """Put an object into the bucket."""
    world.cloud.call("storage.objects.insert", f"{BUCKET}/objects/{name}", ADMIN)
    contents.write("dumps", name, content)


@pytest.mark.parametrize(
    ("role", "context", "message"),
    [
        ("roles/storage.objectViewer", {}, r"permissions missing are: \[storage\.objects\.create\]"),
        ("roles/storage.objectCreator", {"uri": "gs://nothing/x.sql"}, "The specified bucket does not exist"),
        ("roles/storage.objectCreator", {"uri": "dumps/x.sql"}, "has not the form gs://"),
        ("roles/storage.objectCreator", {"databases": []}, "exactly one database"),
        ("roles/storage.objectCreator", {"databases": ["nothing"]}, "was not found"),
        ("roles/storage.objectCreator", {"fileType": "BAK"}, "neither SQL nor CSV"),
        ("roles/storage.objectCreator", {"fileType": "CSV"}, "selectQuery is missing"),
        ("roles/storage.objectCreator", {"sqlExportOptions": {"parallel": True}}, "not simulated"),
    ],
    ids=str,
)
def test_what_cannot_be_exported_is_refused_at_once(
    world: World, contents: Contents, role: str, context: dict[str, Any], message: str
) -> None:
    assert contents
    permit(world, role)
    with pytest.raises(ApiError, match=message):
        export(world, "x.sql", **context)
    permit(world, "roles/storage.objectAdmin")


@pytest.mark.parametrize(
    ("role", "context", "message"),
    [
        ("roles/storage.objectCreator", {}, r"permissions missing are: \[storage\.objects\.get\]"),
        ("roles/storage.objectViewer", {"uri": "gs://dumps/none.sql"}, "gs://dumps/none.sql' was not found"),
        ("roles/storage.objectViewer", {"importUser": "nobody"}, "import user nobody does not exist"),
        ("roles/storage.objectViewer", {"fileType": "CSV"}, "csvImportOptions.table is missing"),
    ],
    ids=str,
)
def test_what_cannot_be_imported_is_refused_at_once(
    world: World, contents: Contents, role: str, context: dict[str, Any], message: str
) -> None:
    uploaded(world, contents, "here.sql", b"SELECT 1")
    permit(world, role)
    with pytest.raises(ApiError, match=message):
        import_(world, "here.sql", **context)
    permit(world, "roles/storage.objectAdmin")


def test_a_file_that_exists_stays(world: World, contents: Contents) -> None:
    uploaded(world, contents, "kept.sql", b"precious")
    with pytest.raises(ApiError, match=r"gs://dumps/kept\.sql exists already"):
        export(world, "kept.sql")
    assert contents.kept["dumps", "kept.sql"] == b"precious"


@pytest.mark.parametrize("verb", ["export", "import"])
def test_who_administers_and_who_logs_in_moves_nothing(world: World, contents: Contents, verb: str) -> None:
    assert contents
    for caller in (DBA, world.caller(APP)):
        with pytest.raises(ApiError, match=rf"cloudsql\.instances\.{verb}"):
            world.cloud.call(f"sql.instances.{verb}", INSTANCE, caller, {})


def test_without_the_endpoints_no_file_can_be_written(world: World, contents: Contents) -> None:
    world.cloud.contents = None
    with pytest.raises(ApiError, match="call the API over HTTP"):
        export(world, "nowhere.sql")
    world.cloud.contents = contents
