"""Refusals of the foundation's configuration, and their messages."""

from typing import Any

import pytest

from unit.identity.declared import foundation, foundation_configuration
from unit.identity.refusals import foundation_refused as refused

GITHUB = foundation_configuration()["identity:github"]
OWNERS = foundation_configuration()["identity:owners"]


@pytest.mark.parametrize(
    ("key", "empty"),
    [
        *((key, "") for key in ("projectNumber", "domain", "administrators", "alerts", "breakGlassGroup")),
        ("github", {}),
        ("owners", {}),
    ],
)
def test_a_key_left_at_its_empty_default_is_named_with_an_example(key: str, empty: Any) -> None:
    place = "Add it to Pulumi.foundation-sandbox.yaml, for example"
    assert f"  - identity:{key}: is not set. {place} `identity:{key}: " in refused(**{key: empty})


def test_all_problems_are_in_one_message() -> None:
    message = refused(domain="", projectNumber="12", unheardOf=1)
    for key in ("identity:domain", "identity:projectNumber", "identity:unheardOf"):
        assert f"  - {key}: " in message


@pytest.mark.parametrize("key", ["administrators", "alerts"])
def test_no_group_anywhere_is_in_a_consumer_domain(key: str) -> None:
    assert f"identity:{key}: 'us@gmail.com' is in a consumer mail domain" in refused(**{key: "us@gmail.com"})


@pytest.mark.parametrize("address", ["shop-team", "Shop-Team@example.com", "shop team@example.com", "@example.com"])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert "is not a group's e-mail address in lower case" in refused(administrators=address)


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("administrators", "shop@other.com", "administrators"),
        ("breakGlassGroup", "shop@other.com", "breakGlassGroup"),
        *(
            ("owners", {**OWNERS, owner: "shop@other.com"}, f"owners.{owner}")
            for owner in ("identity", "platform", "storage")
        ),
    ],
)
def test_a_group_of_another_domain_is_refused(key: str, value: Any, path: str) -> None:
    message = refused(**{key: value})
    assert f"{path}: 'shop@other.com' is outside the domain 'example.com'" in message
    assert "use a group of that domain" in message


@pytest.mark.parametrize("address", ["Shop-Team@example.com", " shop-team@example.com", "shop-team@example.com\u00a0"])
def test_an_address_that_google_would_store_otherwise_is_refused_with_the_way_to_write_it(address: str) -> None:
    assert "so each plan would differ; write it as shop-team@example.com." in refused(administrators=address)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gcp:project": "123456789012"}, "gcp:project: '123456789012' is not a project ID"),
        ({"projectNumber": "012345-6789AB-CDEF01"}, "it is a billing account's ID"),
        ({"organization": {"id": "012345-6789AB-CDEF01", "customerId": "C0"}}, "it is a billing account's ID"),
        ({"projectNumber": "my-project"}, "it is a project's ID, which belongs in gcp:project"),
        ({"organization": {"id": "folders/1234567", "customerId": "C012ab3cd"}}, "it is a folder; the organisation is"),
        ({"organization": {"id": "C012ab3cd", "customerId": "1234567"}}, "it is a customer ID, which belongs in"),
        ({"organization": {"id": "1234567", "customerId": "1234567"}}, "it is a number, as an organisation has"),
        ({"organization": {"id": "example.com", "customerId": "C012ab3cd"}}, "it is a domain, which belongs in"),
        (
            {"projectNumber": "1234567", "organization": {"id": "1234567", "customerId": "C012ab3cd"}},
            "organization.id and projectNumber are both '1234567'",
        ),
        ({"github": {**GITHUB, "ownerId": GITHUB["repositoryId"]}}, "github.ownerId and github.repositoryId are both"),
        (
            {"projectNumber": "1234567", "github": {**GITHUB, "ownerId": "1234567"}},
            "github.ownerId and projectNumber are",
        ),
        (
            {"organization": {"id": GITHUB["repositoryId"], "customerId": "C012ab3cd"}},
            f"github.repositoryId and organization.id are both '{GITHUB['repositoryId']}'",
        ),
    ],
)
def test_ids_that_are_swapped_are_refused_with_what_they_are(changes: dict[str, Any], said: str) -> None:
    assert said in refused(**changes)


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("co.uk", "'co.uk' is a public suffix"),
        ("example.cmo", "'example.cmo' is not a name of the public DNS"),
        ("xn--a.com", "'xn--a.com' has the part 'xn--a', which stands for no name"),
    ],
)
def test_an_organisation_has_a_domain_that_is_registered(domain: str, said: str) -> None:
    assert said in refused(domain=domain)


def test_a_service_account_is_no_group() -> None:
    account = "alerts@example.iam.gserviceaccount.com"
    assert f"'{account}' is a service account, and here is a group of people" in refused(alerts=account)


def test_a_group_of_a_lookalike_domain_is_refused() -> None:
    assert "is outside the domain" in refused(administrators="admins@notexample.com")


def test_a_layer_without_an_owner_is_refused() -> None:
    assert "identity:owners.platform: is not set" in refused(owners={"identity": "security-team@example.com"})


@pytest.mark.parametrize("owner", OWNERS)
def test_the_group_that_breaks_glass_owns_nothing(owner: str) -> None:
    message = refused(owners={**OWNERS, owner: "break-glass@example.com"})
    assert f"owners.{owner}: 'break-glass@example.com' is the break-glass group" in message
    assert "needs a group of their own" in message


@pytest.mark.parametrize("key", ["administrators", "alerts"])
def test_the_group_that_breaks_glass_neither_administers_nor_is_alerted(key: str) -> None:
    message = refused(**{key: "break-glass@example.com"})
    assert f"{key}: 'break-glass@example.com' is the break-glass group, which the deny policy does not bind" in message


@pytest.mark.parametrize(
    ("person", "problem"),
    [
        ("security-team@example.com", "onCall.people: 'security-team@example.com' is a group"),
        ("break-glass@example.com", "onCall.people: 'break-glass@example.com' is a group"),
        ("jane@other.com", "onCall.people: 'jane@other.com' is outside the domain 'example.com'"),
        ("user:jane@example.com", "'user:jane@example.com' is not a person's address"),
        ("Jane@example.com", "is not a person's address"),
    ],
)
def test_people_who_break_glass_are_of_the_domain_and_named_by_their_address(person: str, problem: str) -> None:
    assert problem in refused(onCall={"people": [person]})


def test_every_group_that_does_not_hold_is_in_one_message() -> None:
    message = refused(administrators="admins@other.com", owners={**OWNERS, "storage": "break-glass@example.com"})
    assert "administrators: 'admins@other.com' is outside" in message
    assert "owners.storage: 'break-glass@example.com' is the break-glass group" in message


def test_an_owner_is_a_group_and_no_teams_name() -> None:
    message = refused(owners={**OWNERS, "platform": "platform"})
    assert "identity:owners.platform: 'platform' is not a group's e-mail address" in message


def test_an_owner_of_something_unknown_is_refused() -> None:
    assert "identity:owners.apps: is unknown" in refused(owners={**OWNERS, "apps": "shop-team@example.com"})


@pytest.mark.parametrize("project", ["google-shop", "my-google-shop", "goog-shop"])
def test_a_project_whose_bucket_google_would_refuse_is_refused(project: str) -> None:
    assert f"{project!r} has a name of Google's own" in refused(**{"gcp:project": project})


@pytest.mark.parametrize("field", ["repositoryId", "ownerId"])
@pytest.mark.parametrize("value", ["example", "", "0", "12 34"])
def test_an_id_of_github_is_a_number(field: str, value: str) -> None:
    message = refused(github={**GITHUB, field: value})
    assert f"identity:github.{field}: {value!r} is not a numeric ID of GitHub: `gh api repos/OWNER/NAME" in message


def test_an_id_of_github_that_yaml_reads_as_a_number_is_refused() -> None:
    assert "identity:github.ownerId" in refused(github={**GITHUB, "ownerId": 700800900})


@pytest.mark.parametrize("field", ["repository", "repositoryId", "ownerId"])
def test_an_incomplete_repository_is_refused(field: str) -> None:
    github = {key: value for key, value in GITHUB.items() if key != field}
    assert f"identity:github.{field}: is not set" in refused(github=github)


@pytest.mark.parametrize(
    "value", ["infrastructure", "example/infra/structure", 'example/"infra"', "-a/b", "a-/b", "a/.", "a/..", "a/b.git"]
)
def test_a_repository_has_an_owner_and_a_name(value: str) -> None:
    assert "is not a repository on GitHub, written as in example/infrastructure" in refused(
        github={**GITHUB, "repository": value}
    )


@pytest.mark.parametrize(
    "value",
    [
        *(
            "../main",
            "main..next",
            "a//b",
            "/main",
            "main/",
            "main.",
            "-main",
            ".main",
            "a/.b",
            "main.lock",
            "a.lock/b",
        ),
        *("HEAD", "0" * 40, "ma in", "main~1", "main^", "main@{1}"),
    ],
)
def test_a_branch_that_git_cannot_have_is_refused(value: str) -> None:
    assert "is not a branch's name" in refused(github={**GITHUB, "branch": value})


@pytest.mark.parametrize(
    ("value", "said"), [("refs/heads/main", "it is a reference"), ("release/*", "it is a pattern")]
)
def test_what_is_written_for_a_branch_is_named(value: str, said: str) -> None:
    assert said in refused(github={**GITHUB, "branch": value})


@pytest.mark.parametrize("value", ["main", "release/2026-11", "feature_1.x", "v1.2", "a/b/c", "x" * 244, "0" * 39])
def test_a_branch_that_git_can_have_is_taken(value: str) -> None:
    assert foundation({"github": {**GITHUB, "branch": value}}).declared


@pytest.mark.parametrize("value", [0, False, []])
def test_an_organisation_is_a_mapping_or_left_out(value: Any) -> None:
    assert "identity:organization: must be a mapping" in refused(organization=value)


@pytest.mark.parametrize("value", ["", 'main" || true || "', "main:refs"])
def test_a_branch_cannot_break_out_of_the_condition_that_names_it(value: str) -> None:
    assert "is not a branch's name" in refused(github={**GITHUB, "branch": value})


@pytest.mark.parametrize(
    ("organization", "expected"),
    [
        ({"id": "example.com", "customerId": "C012ab3cd"}, "is not an organisation's number"),
        ({"id": "123456789012", "customerId": "123"}, "is not a customer ID of Cloud Identity"),
        ({"id": "123456789012"}, "identity:organization.customerId: is not set"),
    ],
)
def test_an_organisation_is_named_by_its_numbers(organization: dict[str, str], expected: str) -> None:
    assert expected in refused(organization=organization)
