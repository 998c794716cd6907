"""Refusals of a team's configuration, and their messages."""

from typing import Any

import pytest

from identity_layer.grants import WORKLOAD_ACCESS
from unit.identity.declared import team_configuration
from unit.identity.refusals import team_refused

SHOP = team_configuration()["identity:team"]


@pytest.mark.parametrize("left_out", [{}, None], ids=["default", "missing"])
def test_a_team_that_is_left_out_is_named_with_an_example(left_out: Any) -> None:
    message = team_refused(team=left_out)
    assert (
        "  - identity:team: is not set. Add it to Pulumi.team-shop-sandbox.yaml, for example `identity:team: "
        in message
    )


@pytest.mark.parametrize("field", ["name", "group"])
def test_a_team_without_name_or_group_is_refused(field: str) -> None:
    team = {key: value for key, value in SHOP.items() if key != field}
    assert f"identity:team.{field}: is not set" in team_refused(team=team)


def test_a_capability_is_daily_works() -> None:
    message = team_refused(team={**SHOP, "capabilities": ["cluster-user"]})
    assert "identity:team.capabilities: is unknown" in message


def test_an_app_does_not_name_its_team_again() -> None:
    assert "identity:apps.storefront.team: is unknown" in team_refused(apps={"storefront": {"team": "shop"}})


def test_a_text_where_a_map_belongs_is_team_refused() -> None:
    assert "identity:apps: must be a YAML object, but is the text 'storefront'" in team_refused(apps="storefront")


def test_an_access_that_does_not_exist_is_refused_with_those_that_do() -> None:
    message = team_refused(apps={"storefront": {"access": ["storage"]}})
    assert "identity:apps.storefront.access.0" in message
    for access in WORKLOAD_ACCESS:
        assert access in message


@pytest.mark.parametrize("name", ["SMTP", "smtp_password", "-smtp", "a" * 64])
def test_a_secrets_name_is_one_that_its_id_can_hold(name: str) -> None:
    assert "is not a secret's name" in team_refused(apps={"storefront": {"secrets": [name]}})


@pytest.mark.parametrize(
    "name",
    [
        *("default", "kube-system", "kubernetes", "gke-managed", "gke", "google", "goog-x", "platform-gateway"),
        *("cnrm-system", "composer-system", "gatekeeper-x", "knative-serving", "tigera-operator", "shop-system"),
    ],
)
def test_an_app_may_not_take_a_namespace_of_the_cluster(name: str) -> None:
    assert "the cluster keeps for itself" in team_refused(apps={name: {}})


def test_a_name_that_makes_an_account_too_long_is_team_refused() -> None:
    name = "a" * 18
    message = team_refused(team={**SHOP, "name": name})
    assert "a team's name (at most 17" in message


def test_two_apps_share_no_secret_by_way_of_their_names() -> None:
    apps = {"web": {"secrets": ["admin-key"]}, "web-admin": {"secrets": ["key"]}}
    message = team_refused(apps=apps)
    assert "apps.web-admin.secrets: 'key' would be the secret 'app-web-admin-key'" in message
    assert "which is one of the app 'web'; choose another name" in message


@pytest.mark.parametrize("field", ["databases", "access", "secrets"])
def test_a_repetition_in_a_list_is_team_refused(field: str) -> None:
    message = team_refused(apps={"storefront": {field: ["traces", "traces"]}})
    assert f"identity:apps.storefront.{field}: 'traces' is in the list more than once" in message


@pytest.mark.parametrize(
    ("migrated", "others", "words"),
    [
        ({"databases": ["orders"]}, {}, "'schemas' is no other app of the team"),
        ({"databases": ["orders"]}, {"schemas": {"databases": ["stock"]}}, "'schemas' does not log into orders"),
        (
            {"databases": ["orders"]},
            {"schemas": {"databases": ["orders"], "migratedBy": "more"}, "more": {"databases": ["orders"]}},
            "'schemas' is migrated by another app itself",
        ),
        ({}, {"schemas": {"databases": ["orders"]}}, "'storefront' logs into no database"),
    ],
)
def test_an_app_is_migrated_by_one_that_can(migrated: Any, others: Any, words: str) -> None:
    message = team_refused(apps={"storefront": {**migrated, "migratedBy": "schemas"}, **others})
    assert f"apps.storefront.migratedBy: {words}" in message


def test_an_app_does_not_migrate_itself_by_another_login() -> None:
    apps = {"storefront": {"databases": ["orders"], "migratedBy": "storefront"}}
    assert "apps.storefront.migratedBy: 'storefront' is no other app of the team" in team_refused(apps=apps)
