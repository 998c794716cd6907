"""The calls of Google's REST APIs: what is asked, and what each answer becomes."""

from collections.abc import Callable
from typing import Any

import pytest

from cli.bootstrap import google
from cli.bootstrap.checks import FIRST_APIS, missing_apis
from cli.bootstrap.google import Google, Project
from cli.google.errors import GoogleError
from toolchain.errors import ToolError
from unit.cli.google import double
from unit.cli.google.double import Answer, Session, error


def _google(*answers: Answer) -> tuple[Google, Session]:
    client, session = double.client(*answers, caller="your login")
    return Google(client, "demo", sleep=lambda _: None), session


def test_enabled_apis_are_read_page_by_page() -> None:
    api, session = _google(
        (200, {"services": [{"config": {"name": "iam.googleapis.com"}}], "nextPageToken": "a=b"}),
        (200, {"services": [{"config": {"name": "storage.googleapis.com"}}]}),
    )

    assert api.enabled() == {"iam.googleapis.com", "storage.googleapis.com"}
    assert session.asked[1].url.endswith("/projects/demo/services")
    assert session.asked[1].parameters == {"filter": "state:ENABLED", "pageSize": 200, "pageToken": "a=b"}


def test_where_service_usage_is_off_the_apis_are_managed_on_the_clients_own_quota() -> None:
    off = error(403, "Service Usage API has not been used in project demo before or it is disabled", "SERVICE_DISABLED")
    client, session = double.client(off, caller="your login")
    own, own_session = double.client((200, {"services": []}), (200, {"done": True}), caller="your login")
    api = Google(client, "demo", sleep=lambda _: None, own_quota=own)

    assert missing_apis(api) == sorted(FIRST_APIS)
    api.enable(FIRST_APIS)

    assert len(session.asked) == 1
    assert own_session.asked[1].body == {"serviceIds": sorted(FIRST_APIS)}


def test_where_nobody_can_enable_service_usage_from_here_the_command_is_told() -> None:
    off = error(403, "Service Usage API has not been used in project demo before or it is disabled", "SERVICE_DISABLED")
    client, own = double.client(off, caller="a@example.com")[0], double.client(off, caller="a@example.com")[0]

    with pytest.raises(ToolError) as caught:
        missing_apis(Google(client, "demo", own_quota=own))
    assert "`gcloud services enable serviceusage.googleapis.com --project=demo`" in str(caught.value)
    assert "does not exist" not in str(caught.value)


def test_enabling_waits_for_the_operation() -> None:
    api, session = _google((200, {"name": "operations/1"}), (200, {"name": "operations/1"}), (200, {"done": True}))

    api.enable({"iam.googleapis.com", "a.googleapis.com"})

    assert session.asked[0].body == {"serviceIds": ["a.googleapis.com", "iam.googleapis.com"]}
    assert [asked.url.rpartition("/v1/")[2] for asked in session.asked[1:]] == ["operations/1", "operations/1"]


def test_an_operation_that_failed_is_told_with_googles_words() -> None:
    api, _ = _google((200, {"done": True, "error": {"message": "Billing must be enabled"}}))

    with pytest.raises(ToolError, match="did not enable APIs in demo: Billing must be enabled"):
        api.enable(["iam.googleapis.com"])


def test_an_operation_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google, "_PATIENCE_SECONDS", -1.0)
    api, _ = _google((200, {"name": "operations/1"}))

    with pytest.raises(ToolError, match="takes longer than"):
        api.enable(["iam.googleapis.com"])


def test_a_project_is_known_by_number_and_parent() -> None:
    api, _ = _google((200, {"name": "projects/42", "parent": "folders/7"}))

    assert api.describe() == Project("42", "folders/7")


def test_rights_on_the_organisation_are_asked_of_the_organisation() -> None:
    api, session = _google((200, {"permissions": ["iam.denypolicies.create"]}), (200, {}))

    assert api.granted_on_organization("42", {"iam.denypolicies.create"}) == {"iam.denypolicies.create"}
    assert api.granted({"iam.roles.create"}) == set()
    assert [asked.url.rpartition("/v3/")[2] for asked in session.asked] == [
        "organizations/42:testIamPermissions",
        "projects/demo:testIamPermissions",
    ]


@pytest.mark.parametrize(("body", "billing"), [({"billingEnabled": True}, True), ({}, False)])
def test_billing_is_what_google_says(body: dict[str, Any], billing: bool) -> None:
    assert _google((200, body))[0].has_billing() is billing


@pytest.mark.parametrize(
    ("answer", "exists"),
    [((200, {"name": "groups/1"}), True), (error(404, "not found"), False), (error(403, "Error(2028)"), None)],
)
def test_a_group_is_there_or_not_or_nobody_may_look(answer: Answer, exists: bool | None) -> None:
    api, session = _google(answer)
    assert api.has_group("a+b@example.com") is exists
    assert session.asked[0].url.endswith("/v1/groups:lookup?groupKey.id=a%2Bb%40example.com")


def test_the_quota_of_accounts_is_what_google_says_or_not_known() -> None:
    metric = {"consumerQuotaLimits": [{"quotaBuckets": [{"effectiveLimit": "250"}]}]}
    assert _google((200, metric))[0].account_quota() == 250
    assert _google((200, {}))[0].account_quota() is None
    assert _google(error(403, "no"))[0].account_quota() is None


def test_public_buckets_are_those_whose_policies_name_everybody_or_are_hidden() -> None:
    prevented = {"name": "prevented", "iamConfiguration": {"publicAccessPrevention": "enforced"}}
    api, _ = _google(
        (200, {"items": [*({"name": name} for name in ("public", "private", "hidden")), prevented]}),
        (200, {"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]}),
        (200, {"bindings": [{"role": "roles/storage.objectViewer", "members": ["user:a@example.com"]}]}),
        error(403, "no access"),
    )
    assert api.public_buckets() == {"public": True, "hidden": False}


def test_members_of_the_project_are_read_with_conditions() -> None:
    api, session = _google((200, {"bindings": [{"role": "roles/owner", "members": ["user:a@example.com"]}]}))
    assert api.project_members() == {("roles/owner", "user:a@example.com")}
    assert session.asked[0].body == {"options": {"requestedPolicyVersion": 3}}


def test_a_bucket_that_is_nowhere_has_no_owner_and_another_refusal_is_one() -> None:
    assert _google(error(404, "not found"))[0].bucket_owner("b") is None
    assert _google((200, {"projectNumber": "42"}))[0].bucket_owner("b") == "42"
    with pytest.raises(GoogleError, match=r"storage\.googleapis\.com answered 403: no access"):
        _google(error(403, "no access"))[0].bucket_owner("b")


def test_objects_are_listed_by_prefix_and_read_by_their_whole_name() -> None:
    api, session = _google((200, {"items": [{"name": "a/b.json"}]}), (200, b"{}"))

    assert api.objects("bucket", "a/") == [b"{}"]
    assert [(asked.url.partition("/v1/")[2], asked.parameters) for asked in session.asked] == [
        ("b/bucket/o", {"prefix": "a/"}),
        ("b/bucket/o/a%2Fb.json", {"alt": "media"}),
    ]


def test_an_api_that_was_enabled_just_now_is_asked_until_it_works() -> None:
    late = error(403, "it is disabled", "SERVICE_DISABLED")
    api, session = _google(late, late, (200, {"name": "projects/42"}))

    assert api.patiently(api.describe) == Project("42", "")
    assert len(session.asked) == 3


def test_any_other_refusal_is_not_asked_again() -> None:
    api, session = _google(error(403, "no", "IAM_PERMISSION_DENIED"))

    with pytest.raises(GoogleError, match="no"):
        api.patiently(api.describe)
    assert len(session.asked) == 1


def test_without_a_login_it_says_how_to_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")

    with pytest.raises(ToolError, match=r"no usable Google login.*gcloud auth application-default login"):
        google.connect("demo")


def _who(caller: str, *answers: Answer) -> str:
    return Google(double.client(*answers, caller=caller)[0], "demo").who()


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (lambda: _who("robot@demo.iam.gserviceaccount.com"), "robot@demo.iam.gserviceaccount.com"),
        (lambda: _who("your login", (200, {"email": "ada@example.com"})), "ada@example.com"),
        (lambda: _who("your login", error(401, "scope")), "your default credentials"),
    ],
)
def test_who_calls_is_told_as_well_as_it_is_known(told: Callable[[], str], name: str) -> None:
    assert told() == name
