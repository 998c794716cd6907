"""Requests of `make access` to Google's APIs, by sessions that answer as the APIs' references document."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from cli.access_sources import GoogleAccess
from cli.google import connection
from cli.google.client import Client
from cli.layout import Stack
from unit.cli.google import double

PREVIEW, PERSON = "preview", "person"
BASE = "https://cloudidentity.googleapis.com/v1"


class Session(requests.Session):
    """Answers by method and address, with nothing where it may not be asked.

    Args:
        name: whose session it is.
        told: what it may be told, by method, address and page.
        log: who asked for what.
    """

    def __init__(self, name: str, told: dict[str, Any], log: list[tuple[str, str]]) -> None:
        super().__init__()
        self._name, self._told, self._log = name, told, log

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride]  it is only called so
        """Answer, or refuse."""
        parameters: dict[str, Any] = options.get("params") or {}
        asked = f"{method} {url}{f'?{urlencode(parameters)}' if parameters else ''}"
        self._log.append((self._name, asked))
        return double.response(url, 200 if asked in self._told else 403, self._told.get(asked, {}))


@pytest.fixture
def log() -> list[tuple[str, str]]:
    """Requests with their callers."""
    return []


def google(
    monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]], preview: dict[str, Any], person: dict[str, Any]
) -> GoogleAccess:
    """The source, with what each of the two may be told."""

    def as_account(account: str) -> Client:
        assert account in {Stack(layer, "dev").account("preview") for layer in ("identity", "platform")}
        return Client(Session(PREVIEW, preview, log), account)

    monkeypatch.setattr(connection, "as_account", as_account)
    monkeypatch.setattr(connection, "as_person", lambda: Client(Session(PERSON, person, log), "your login"))
    return GoogleAccess(Stack("identity", "dev"))


def test_what_the_preview_account_may_read_is_asked_of_it_alone(
    monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]]
) -> None:
    asked = "GET https://iam.googleapis.com/v1/roles/viewer"
    source = google(monkeypatch, log, {asked: {"includedPermissions": ["a.b.get"]}}, {})
    assert source.role("roles/viewer") == {"includedPermissions": ["a.b.get"]}
    assert log == [(PREVIEW, asked)]


def test_a_policy_above_the_project_is_asked_as_the_person_where_the_account_may_not(
    monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]]
) -> None:
    asked = "POST https://cloudresourcemanager.googleapis.com/v3/organizations/1:getIamPolicy"
    source = google(monkeypatch, log, {}, {asked: {"bindings": []}})
    assert source.policy("organizations/1") == {"bindings": []}
    assert [who for who, _ in log] == [PREVIEW, PERSON]
    assert source.policy("folders/2") is None


def test_what_is_above_the_project_is_told_nearest_first(
    monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]]
) -> None:
    project = Stack("identity", "dev").gcp_project()
    levels = [{"resourceId": {"type": kind, "id": number}} for kind, number in _LEVELS]
    asked = f"POST https://cloudresourcemanager.googleapis.com/v1/projects/{project}:getAncestry"
    assert google(monkeypatch, log, {asked: {"ancestor": levels}}, {}).above() == ["folders/2", "organizations/1"]


_LEVELS = (("project", "p"), ("folder", "2"), ("organization", "1"))


def test_the_members_of_a_group_come_page_by_page_as_policies_name_them(
    monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]]
) -> None:
    def member(kind: str, address: str) -> dict[str, Any]:
        return {"type": kind, "preferredMemberKey": {"id": address}}

    person = {
        f"GET {BASE}/groups:lookup?groupKey.id=g%40example.com": {"name": "groups/7"},
        f"GET {BASE}/groups/7/memberships?view=FULL&pageSize=500": {
            "memberships": [member("USER", "ann@example.com"), member("GROUP", "h@example.com")],
            "nextPageToken": "n",
        },
        f"GET {BASE}/groups/7/memberships?view=FULL&pageSize=500&pageToken=n": {
            "memberships": [member("SERVICE_ACCOUNT", "x@p.iam.gserviceaccount.com"), member("OTHER", "y")]
        },
    }
    source = google(monkeypatch, log, {}, person)
    assert source.members("group:g@example.com") == [
        "user:ann@example.com",
        "group:h@example.com",
        "serviceAccount:x@p.iam.gserviceaccount.com",
        "other:y",
    ]
    assert log[0][0] == PERSON
    assert source.members("group:other@example.com") is None


SERVER = "gke-0123456789abcdef-100200300401.europe-west4.gke.goog"
CLUSTERS = f"https://container.googleapis.com/v1/projects/{Stack('identity', 'dev').gcp_project()}/locations/-/clusters"


def cluster(endpoint: str) -> dict[str, Any]:
    """A cluster in Google's list."""
    return {"name": "main", "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"endpoint": endpoint}}}


def test_roles_and_bindings_are_read_where_google_says_the_api_server_is(
    monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]]
) -> None:
    item: dict[str, Any] = {
        "metadata": {"name": "view", "uid": "7", "managedFields": [{}]},
        "rules": [{"verbs": ["get"]}],
    }
    answers: dict[str, Any] = {
        f"GET https://{SERVER}/apis/rbac.authorization.k8s.io/v1/{plural}": {"items": [item]}
        for plural in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")
    }
    source = google(monkeypatch, log, {f"GET {CLUSTERS}": {"clusters": [cluster(SERVER)]}, **answers}, {})

    found = source.rbac()

    assert found is not None
    assert found[0] == {"kind": "ClusterRole", "metadata": {"name": "view"}, "rules": [{"verbs": ["get"]}]}
    assert [one["kind"] for one in found] == ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
    assert {who for who, _ in log} == {PREVIEW}


@pytest.mark.parametrize(
    "listed",
    [
        None,
        {"clusters": [cluster("attacker.example")]},
        {"clusters": [cluster(SERVER)], "missingZones": ["europe-west4-a"]},
        {"clusters": [{"name": "main"}]},
        {"clusters": [cluster(SERVER)]},
    ],
)
def test_rbac_that_cannot_be_read_whole_is_unknown_and_no_token_goes_elsewhere(
    monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]], listed: dict[str, Any] | None
) -> None:
    source = google(monkeypatch, log, {f"GET {CLUSTERS}": listed} if listed else {}, {})

    assert source.rbac() is None
    assert not any("attacker" in asked for _, asked in log)


def test_a_project_without_a_cluster_has_no_rbac(monkeypatch: pytest.MonkeyPatch, log: list[tuple[str, str]]) -> None:
    assert google(monkeypatch, log, {f"GET {CLUSTERS}": {}}, {}).rbac() == []


@pytest.mark.parametrize(("code", "exists"), [(200, True), (404, False), (403, None)])
def test_a_group_is_looked_up_as_the_person_first(
    monkeypatch: pytest.MonkeyPatch, code: int, exists: bool | None
) -> None:
    person, _ = double.client((200, {"name": "groups/1"}) if code == 200 else double.error(code, "no"))
    account, asked = double.client(double.error(403, "no"))
    monkeypatch.setattr(connection, "as_account", lambda _: account)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  an address
    monkeypatch.setattr(connection, "as_person", lambda: person)

    assert GoogleAccess(Stack("identity", "dev")).has_group("group:shop@example.com") is exists
    assert len(asked.asked) == (1 if exists is None else 0)


def test_the_enabled_apis_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, _ = double.client(double.error(403, "no"))
    person, session = double.client((200, {"services": [{"config": {"name": "iam.googleapis.com"}}]}))
    monkeypatch.setattr(connection, "as_account", lambda _: refused)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  an address
    monkeypatch.setattr(connection, "as_person", lambda: person)

    assert GoogleAccess(Stack("identity", "dev")).apis() == ["iam.googleapis.com"]
    assert session.asked[0].parameters["filter"] == "state:ENABLED"
