"""Questions to Google just before an update: which of the required permissions the account lacks."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import granted
from cli.google import connection
from cli.google.client import Client
from cli.layout import Stack
from cli.pulumi.gate import PreviewArtifacts
from toolchain.errors import ToolError
from unit.cli.google import double

PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
SECRET = "//secretmanager.googleapis.com/projects/p/secrets/contract"
BUCKET = "//storage.googleapis.com/projects/_/buckets/state"
NETWORK = "//compute.googleapis.com/projects/p/global/networks/main"
GET, ADD, CREATE = "secretmanager.secrets.get", "secretmanager.versions.add", "compute.routers.create"


def permitted(*permissions: str) -> double.Answer:
    """An answer of testIamPermissions; Google leaves the field out where nothing is granted."""
    return 200, {"permissions": list(permissions)} if permissions else {}


def test_what_the_project_grants_is_asked_once() -> None:
    client, session = double.client(permitted(CREATE, GET))

    assert list(granted.refused(client, "p", {PROJECT: [CREATE], SECRET: [GET]})) == []
    [asked] = session.asked
    assert asked.url == "https://cloudresourcemanager.googleapis.com/v3/projects/p:testIamPermissions"
    assert asked.body == {"permissions": [CREATE, GET]}


def test_what_the_project_lacks_is_asked_of_the_resource() -> None:
    client, session = double.client(permitted(), permitted(ADD), permitted("storage.buckets.get"))
    required = {SECRET: [ADD, GET], BUCKET: ["storage.buckets.get"]}

    assert list(granted.refused(client, "p", dict(sorted(required.items())))) == [(GET, SECRET)]
    assert [one.url for one in session.asked[1:]] == [
        "https://secretmanager.googleapis.com/v1/projects/p/secrets/contract:testIamPermissions",
        "https://storage.googleapis.com/storage/v1/b/state/iam/testPermissions",
    ]


@pytest.mark.parametrize("resource", [SECRET, NETWORK])
def test_what_cannot_be_asked_is_left_to_the_update(resource: str) -> None:
    client, _ = double.client(permitted(), double.error(404, "not found"))

    assert list(granted.refused(client, "p", {resource: [ADD]})) == []


def test_a_project_that_tests_nothing_refuses_nothing() -> None:
    client, _ = double.client(double.error(400, "no such permission"))

    assert list(granted.refused(client, "p", {PROJECT: [CREATE]})) == []


def test_a_policy_is_not_asked_about_since_its_conditions_depend_on_the_role() -> None:
    client, session = double.client(permitted())

    assert list(granted.refused(client, "p", {PROJECT: ["resourcemanager.projects.setIamPolicy"]})) == []
    assert session.asked == []


def test_many_permissions_are_asked_a_hundred_at_a_time() -> None:
    names = [f"compute.routers.x{number:03}" for number in range(150)]
    client, session = double.client(permitted(*names[:100]), permitted(*names[100:]))

    assert list(granted.refused(client, "p", {PROJECT: names})) == []
    assert [len(one.body["permissions"]) for one in session.asked] == [100, 50]


def test_a_missing_permission_stops_the_deployment_before_it_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **options: Any) -> object:
        del options
        asked.append(command)
        return SimpleNamespace(returncode=1, stdout=json.dumps({"required": {PROJECT: [CREATE, GET]}}), stderr="")

    client, _ = double.client(permitted(GET))

    def as_account(account: str) -> Client:
        assert account == "platform-deploy@p.iam.gserviceaccount.com"
        return client

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(connection, "as_account", as_account)
    monkeypatch.setattr(Stack, "account", lambda _, kind: f"platform-{kind}@p.iam.gserviceaccount.com")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  two of its parameters
    monkeypatch.setattr(Stack, "gcp_project", lambda _: "p")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  the same
    artifacts = PreviewArtifacts(tmp_path / "plan.json", tmp_path / "events.json", lambda: b"{}")

    with pytest.raises(ToolError, match=rf"lacks:\n  - {CREATE} on {PROJECT}\nNothing was changed\."):
        granted.require(Stack("platform", "dev"), artifacts)
    assert "plan_gate.needed" in asked[0]
    assert list(tmp_path.iterdir()) == [], "nothing is left beside the plan"
