"""Rows of a database to a file in a bucket and back (`instances.export`, `instances.import`), as SQL or as CSV.

IAM decides twice: the caller's permission is the method's, and the instance's own service account needs access to the
bucket. PostgreSQL decides nothing for an export: Google's user for it reads every table, so the permission to export
is the permission to read all data. An error of the database ends the operation; the request itself succeeds.
https://cloud.google.com/sql/docs/postgres/import-export
"""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.iam import Caller
from sandbox.cloud.references import value_at
from sandbox.cloud.services import storage
from sandbox.cloud.store import Json, StoredResource
from sandbox.sql import login, programs
from sandbox.sql.catalog import SUPERUSER, TRANSFER
from sandbox.sql.programs import PostgresError
from sandbox.sql.server import Server

if TYPE_CHECKING:
    import psycopg

    from sandbox.cloud.api import Cloud, Contents

_URI = re.compile(r"gs://(?P<bucket>[^/]+)/(?P<object>.+)")
_COPY = re.compile(r"COPY .* FROM stdin;")
_HEX = re.compile("[0-9A-Fa-f]{2}")
# Field of a request -> option of COPY, and the character where the field is absent.
_CHARACTERS: Mapping[str, tuple[str, str]] = {
    "fieldsTerminatedBy": ("DELIMITER", "2C"),
    "quoteCharacter": ("QUOTE", "22"),
    "escapeCharacter": ("ESCAPE", "22"),
}
_LINE_FEED = "0A"


@dataclass(frozen=True)
class _File:
    """The file in a request, and the account of the instance that reads or writes it."""

    bucket: str
    name: str
    account: Caller
    resource: str

    @property
    def uri(self) -> str:
        return f"gs://{self.bucket}/{self.name}"


def check_export(cloud: "Cloud", instance: StoredResource, body: Json) -> None:
    """Check a request before the server starts for it.

    Raises:
        ApiError: it is malformed, the file exists, or the instance's account may not write it.
    """
    context = _context(body, "exportContext")
    file = _file(cloud, instance, context)
    _database(cloud, instance, context.get("databases") or [])
    if context.get("fileType") == "CSV" and not value_at(context, "csvExportOptions.selectQuery"):
        raise invalid("Invalid request: csvExportOptions.selectQuery is missing.")
    _require(cloud, file, "storage.objects.create")
    if cloud.store.get(file.resource) is not None:
        raise invalid(f"Invalid request: {file.uri} exists already.")


def check_import(cloud: "Cloud", instance: StoredResource, body: Json) -> None:
    """Check a request before the server starts for it.

    Raises:
        ApiError: it is malformed, there is no such file, or the instance's account may not read it.
    """
    context = _context(body, "importContext")
    file = _file(cloud, instance, context)
    _database(cloud, instance, [context["database"]] if context.get("database") else [])
    if context.get("fileType") == "CSV" and not value_at(context, "csvImportOptions.table"):
        raise invalid("Invalid request: csvImportOptions.table is missing.")
    user = context.get("importUser")
    if user and cloud.store.get(f"{instance.name}/users/{user}") is None:
        raise invalid(f"Invalid request: the import user {user} does not exist.")
    _require(cloud, file, "storage.objects.get")
    if cloud.store.get(file.resource) is None:
        raise not_found(file.uri)


def export(cloud: "Cloud", instance: StoredResource, body: Json) -> Json:
    """Write what a request wants to its file; what the operation ended with, {} for success."""
    context: Json = body["exportContext"]
    file, server = _file(cloud, instance, context), login.started(cloud, instance)
    [database] = context["databases"]
    try:
        content = _rows(server, database, context) if context["fileType"] == "CSV" else _dump(server, database, context)
    except PostgresError as error:
        return _failed(str(error))
    packed = gzip.compress(content) if file.name.endswith(".gz") else content
    cloud.call("storage.objects.insert", file.resource.partition("//storage.googleapis.com/")[2], file.account)
    _contents(cloud).write(file.bucket, file.name, packed)
    return {}


def import_(cloud: "Cloud", instance: StoredResource, body: Json) -> Json:
    """Load the file of a request; what the operation ended with, {} for success. What came before an error stays."""
    import psycopg  # noqa: PLC0415 - it takes 0.2 s to load; most calls of the cloud touch no data

    context: Json = body["importContext"]
    file, server = _file(cloud, instance, context), login.started(cloud, instance)
    cloud.call("storage.objects.get", file.resource.partition("//storage.googleapis.com/")[2], file.account)
    content = _contents(cloud).read(file.bucket, file.name)
    user = str(context.get("importUser") or "")
    try:
        text = (gzip.decompress(content) if file.name.endswith(".gz") else content).decode()
        with server.connect(str(context["database"]), user or TRANSFER) as session:
            if not user:  # what is made belongs to Cloud SQL's own role
                session.execute(f"SET ROLE {SUPERUSER}".encode())
            if context["fileType"] == "CSV":
                _copy(session, _loading(context), text)
            else:
                _execute(session, text)
    except (psycopg.Error, PostgresError, UnicodeDecodeError, gzip.BadGzipFile, zlib.error) as error:
        return _failed(str(error).strip())
    return {}


def _context(body: Json, name: str) -> Json:
    """Return the context of a request, which names a file of SQL or CSV."""
    context: Json = body.get(name) or {}
    if context.get("fileType") not in ("SQL", "CSV"):
        raise invalid(f"Invalid request: {name}.fileType is neither SQL nor CSV.")
    kind = name.removesuffix("Context")
    if value_at(context, f"sql{kind.capitalize()}Options.parallel"):
        raise ApiError("UNIMPLEMENTED", f"A parallel {kind} is not simulated.", "unimplemented")
    lines = value_at(context, f"csv{kind.capitalize()}Options.linesTerminatedBy") or _LINE_FEED
    if str(lines).upper() != _LINE_FEED:
        raise ApiError("UNIMPLEMENTED", f"Lines that end with {lines} are not simulated.", "unimplemented")
    return context


def _file(cloud: "Cloud", instance: StoredResource, context: Json) -> _File:
    match = _URI.fullmatch(str(context.get("uri") or ""))
    if match is None:
        raise invalid("Invalid request: uri has not the form gs://bucketName/fileName.")
    bucket, name = match["bucket"], match["object"]
    account = Caller(f"serviceAccount:{instance.body['serviceAccountEmailAddress']}")
    stored = storage.bucket(cloud.store, bucket)
    return _File(bucket, name, account, f"{stored}/objects/{quote(name, safe='')}")


def _database(cloud: "Cloud", instance: StoredResource, databases: list[Any]) -> None:
    if len(databases) != 1:
        raise invalid("Invalid request: exactly one database is required.")
    if cloud.store.get(f"{instance.name}/databases/{databases[0]}") is None:
        raise not_found(f"{instance.name.partition('/instances/')[2]}/databases/{databases[0]}")


def _require(cloud: "Cloud", file: _File, permission: str) -> None:
    """Check a permission of the instance's own account on the file."""
    if not cloud.iam.decide(file.account.member, permission, file.resource).allowed:
        raise ApiError(
            "PERMISSION_DENIED",
            f"{file.uri}: Access denied for service account {file.account.email},"
            f" permissions missing are: [{permission}]",
            "notAuthorized",
        )
    _contents(cloud)


def _contents(cloud: "Cloud") -> "Contents":
    if cloud.contents is None:
        message = "The content of objects is with the sandbox's endpoints: call the API over HTTP."
        raise ApiError("UNIMPLEMENTED", message, "unimplemented")
    return cloud.contents


def _failed(message: str) -> Json:
    error = {"kind": "sql#operationError", "code": "ERROR_RDBMS", "message": message}
    return {"error": {"kind": "sql#operationErrors", "errors": [error]}}


def _dump(server: Server, database: str, context: Json) -> bytes:
    """Return a database as SQL, without owners and rights."""
    options: Json = context.get("sqlExportOptions") or {}
    wanted = {
        "--schema-only": options.get("schemaOnly"),
        "--clean": value_at(options, "postgresExportOptions.clean"),
        "--if-exists": value_at(options, "postgresExportOptions.ifExists"),
    }
    given = [option for option, on in wanted.items() if on] + [f"--table={name}" for name in options.get("tables", ())]
    command = [str(programs.program("pg_dump")), f"--host={server.sockets}", f"--username={TRANSFER}"]
    return programs.run([*command, "--no-owner", "--no-privileges", *given, f"--dbname={database}"]).encode()


def _rows(server: Server, database: str, context: Json) -> bytes:
    """Return the rows of a query as CSV."""
    import psycopg  # noqa: PLC0415 - see `import_`
    from psycopg import sql  # noqa: PLC0415 - see `import_`

    options: Json = context["csvExportOptions"]
    query = str(options["selectQuery"]).rstrip().rstrip(";")
    try:
        with server.connect(database, TRANSFER) as session, session.cursor() as cursor:
            form = _form(options)
            # The query is the caller's, and the session's role may do no more than read.
            copied = sql.SQL("COPY ({}) TO STDOUT ({})").format(sql.SQL(query), form)  # pyright: ignore[reportArgumentType]  not a literal
            with cursor.copy(copied) as rows:
                return b"".join(bytes(part) for part in rows)
    except psycopg.Error as error:
        raise PostgresError(str(error).strip()) from error


def _form(options: Json) -> Any:
    """Return the options of COPY; characters are ASCII codes in hexadecimal digits, as in a request."""
    from psycopg import sql  # noqa: PLC0415 - see `import_`

    given = [sql.SQL("FORMAT csv")]
    for field, (option, default) in _CHARACTERS.items():
        code = str(options.get(field) or default)
        if _HEX.fullmatch(code) is None:
            raise PostgresError(f"{field} is not an ASCII code of two hexadecimal digits: {code}")
        given.append(sql.SQL(f"{option} {{}}").format(sql.Literal(chr(int(code, 16)))))  # pyright: ignore[reportArgumentType]  not a literal
    return sql.SQL(", ").join(given)


def _loading(context: Json) -> Any:
    """Return the statement that loads a CSV file."""
    from psycopg import sql  # noqa: PLC0415 - see `import_`

    options: Json = context["csvImportOptions"]
    table = sql.Identifier(*str(options["table"]).split("."))
    columns = sql.SQL(", ").join(map(sql.Identifier, options.get("columns") or ()))
    listed = sql.SQL("({})").format(columns) if options.get("columns") else sql.SQL("")
    return sql.SQL("COPY {} {} FROM STDIN ({})").format(table, listed, _form(options))


def _copy(session: "psycopg.Connection[Any]", statement: Any, text: str) -> None:
    with session.cursor() as cursor, cursor.copy(statement) as rows:
        rows.write(text)


def _execute(session: "psycopg.Connection[Any]", text: str) -> None:
    """Execute the statements of a dump, with the rows in it; psql would also execute commands of its own."""
    statements: list[str] = []
    lines = iter(text.splitlines(keepends=True))
    for line in lines:
        if line.startswith("\\"):
            _require_harmless(line)
        elif _COPY.fullmatch(line.strip()):
            _run(session, statements)
            _copy(session, line.strip().encode(), "".join(_until_end(lines)))
        else:
            statements.append(line)
    _run(session, statements)


def _require_harmless(line: str) -> None:
    """Refuse psql's commands but those with which pg_dump brackets a dump."""
    if not re.fullmatch(r"\\(un)?restrict \w+", line.strip()):
        raise PostgresError(f"invalid command {line.split(maxsplit=1)[0]}")


def _until_end(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line.rstrip("\r\n") == "\\.":
            return
        yield line


def _run(session: "psycopg.Connection[Any]", statements: list[str]) -> None:
    text = "".join(statements)
    statements.clear()
    if text.strip():
        session.execute(text.encode())
