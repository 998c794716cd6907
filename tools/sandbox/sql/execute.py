"""SQL over Google's API (`instances.executeSql`), each request in a session of its own.

https://cloud.google.com/sql/docs/postgres/executesql
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.iam import Caller
from sandbox.cloud.references import value_at
from sandbox.cloud.store import Json, StoredResource
from sandbox.sql import login
from sandbox.sql.server import SYSTEM_DATABASE

if TYPE_CHECKING:
    import psycopg

    from sandbox.cloud.api import Cloud

_LARGEST = 10 * 1024 * 1024  # bytes of a result
_LONGEST = 30  # seconds of the statements


def check(cloud: "Cloud", instance: StoredResource, caller: Caller, body: Json) -> None:
    """Check a request before the server starts for it.

    Raises:
        ApiError: the instance admits no SQL by the API, the caller may not log in, or the request is malformed.
    """
    if value_at(instance.declared, "settings.dataApiAccess") != "ALLOW_DATA_API":
        message = "The Data API is not allowed on this instance: its settings.dataApiAccess is not ALLOW_DATA_API."
        raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
    if not body.get("autoIamAuthn"):
        raise invalid("Invalid request: the sandbox keeps no password of a database user; set autoIamAuthn.")
    login.decide(cloud, instance, caller)
    for required in ("sqlStatement", "database"):
        if not body.get(required):
            raise invalid(f"Invalid request: {required} is missing.")
    database = str(body["database"])
    if database != SYSTEM_DATABASE and cloud.store.get(f"{instance.name}/databases/{database}") is None:
        raise not_found(f"{instance.name.partition('/')[2]}/databases/{database}")


def execute(cloud: "Cloud", instance: StoredResource, caller: Caller, body: Json) -> Json:
    """Execute the statements of a request as its caller; an error of the database is in the response's status."""
    import psycopg  # noqa: PLC0415 - it takes 0.2 s to load; most calls of the cloud touch no data

    user = login.decide(cloud, instance, caller)
    server = login.enter(cloud, instance, user)
    notices: list[Json] = []
    began = time.monotonic()
    answer: Json = {"results": []}
    try:
        with server.connect(str(body["database"]), user.name) as session:
            session.execute(f"SET statement_timeout = '{_LONGEST}s'".encode())
            session.add_notice_handler(lambda notice: notices.append(_message(notice)))
            with session.cursor() as cursor:
                cursor.execute(str(body["sqlStatement"]).encode())
                answer["results"] = list(_results(cursor, body))
    except psycopg.Error as error:
        answer["status"] = {"code": 3, "message": str(error).strip()}
    if notices:
        answer["messages"] = notices
    answer["metadata"] = {"sqlStatementExecutionTime": f"{time.monotonic() - began:.6f}s"}
    return answer


def _message(notice: "psycopg.errors.Diagnostic") -> Json:
    severity = notice.severity or "NOTICE"
    return {"severity": severity, "message": f"{severity}: {notice.message_primary}"}


def _results(cursor: "psycopg.Cursor[Any]", body: Json) -> Iterator[Json]:
    """Yield the result of each statement.

    Raises:
        ApiError: a result is too large, and the request does not allow a part of it.
    """
    most = int(body.get("rowLimit") or 0)
    while True:
        result: Json = {"message": cursor.statusmessage or ""}
        raw = cursor.pgresult
        if raw is not None and cursor.description is not None:
            result["columns"] = [
                {"name": column.name, "type": column.type_display.upper()} for column in cursor.description
            ]
            count = min(raw.ntuples, most) if most else raw.ntuples
            rows: list[Json] = []
            size = 0
            for row in range(count):
                values = [raw.get_value(row, column) for column in range(raw.nfields)]
                size += sum(len(value or b"") for value in values)
                if size > _LARGEST:
                    if body.get("partialResultMode") != "ALLOW_PARTIAL_RESULT":
                        raise invalid("The result exceeds 10 MB; restrict it, or allow a partial result.")
                    result["partialResult"] = True
                    break
                rows.append({"values": [_value(value) for value in values]})
            result["rows"] = rows
        yield result
        if not cursor.nextset():
            return


def _value(raw: Any) -> Json:
    return {"nullValue": True} if raw is None else {"value": bytes(raw).decode(errors="replace")}
