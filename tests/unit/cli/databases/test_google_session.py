"""SQL over Google's API is sent as Google describes the request, as whoever is logged in."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from cli.databases.google_session import google_session
from cli.google.client import Client
from cli.google.errors import Purpose
from cli.target.google_cloud import GoogleCloud
from sandbox.google import definitions, schemas
from toolchain.errors import UsageError


@dataclass
class Recorder:
    """A client that records calls."""

    caller: str = "dba@example.com"
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list[tuple[str, str, dict[str, Any]]])

    def call(self, method: str, url: str, purpose: Purpose, *, body: dict[str, Any]) -> dict[str, Any]:
        """Record a call."""
        assert "cloudsql.instances.executeSql" in purpose.needs
        self.calls.append((method, url, body))
        return {"results": []}


def test_a_request_is_one_that_google_takes() -> None:
    recorder = Recorder()
    session = google_session(cast("Client", recorder), "example-dev")

    assert session.send("orders", "invoices", "SELECT 1") == {"results": []}
    [(method, url, body)] = recorder.calls
    host, _, path = url.removeprefix("https://").partition("/")
    definition = definitions.find(host, method, f"/{path}")
    assert definition is not None
    assert definition.id == "sql.instances.executeSql"
    assert schemas.misfits(definition.api, {"$ref": "ExecuteSqlPayload"}, body) == []
    assert (body["database"], body["autoIamAuthn"], session.who) == ("invoices", True, "dba@example.com")


def test_nobody_is_somebody_else_on_google_cloud() -> None:
    with pytest.raises(UsageError, match="you are whoever is logged in"), GoogleCloud("dev").databases("x@example.com"):
        pass
