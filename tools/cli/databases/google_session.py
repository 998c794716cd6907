"""SQL over Google's API, as whoever is logged in: https://cloud.google.com/sql/docs/postgres/executesql."""

from urllib.parse import quote

from cli.google.client import Client, Json
from cli.google.errors import Purpose
from cli.target.protocol import DatabaseSession

_API = "https://sqladmin.googleapis.com/v1"
_APPLICATION = "make-databases"


def google_session(client: Client, project: str) -> DatabaseSession:
    """The datastores of a project, reached as the client's caller."""

    def send(instance: str, database: str, statement: str) -> Json:
        purpose = Purpose(
            f"send SQL to the database {database} of {instance}",
            "its rights were neither compared nor changed",
            "cloudsql.instances.executeSql, which groups with datastore-admin have, and a login of yours",
        )
        url = f"{_API}/projects/{quote(project)}/instances/{quote(instance)}/executeSql"
        body = {
            "database": database,
            "sqlStatement": statement,
            "autoIamAuthn": True,
            "application": _APPLICATION,
        }
        return client.call("POST", url, purpose, body=body)

    return DatabaseSession(send, client.caller)
