"""What the identity layer's configuration refuses, and how it says so."""

from typing import Any

import pulumi
import pytest

from unit.pulumi_mocks import run, stack_configuration


def refused(**changes: Any) -> str:
    """The message for the sandbox's configuration with some keys replaced; None removes a key."""
    configuration = stack_configuration("identity", "sandbox")
    for key, value in changes.items():
        full = key if ":" in key else f"identity:{key}"
        if value is None:
            del configuration[full]
        else:
            configuration[full] = value
    with pytest.raises(pulumi.RunError) as raised:
        run("identity", "sandbox", configuration)
    return str(raised.value)


def test_an_unknown_key_is_refused_with_the_likely_name() -> None:
    message = refused(team={})
    assert "identity:team: is unknown, so it would change nothing" in message
    assert "did you mean 'teams'" in message


@pytest.mark.parametrize(("key", "empty"), [("projectNumber", ""), ("domain", ""), ("teams", {})])
def test_a_key_left_at_its_empty_default_is_named_with_an_example(key: str, empty: Any) -> None:
    message = refused(**{key: empty})
    assert f"  - identity:{key}: is not set. Add it to Pulumi.sandbox.yaml, for example `identity:{key}: " in message


def test_a_missing_project_is_named_by_its_full_key() -> None:
    assert "gcp:project: is not set" in refused(**{"gcp:project": None})


def test_all_problems_are_in_one_message() -> None:
    message = refused(domain="", projectNumber="12", unheardOf=1)
    for key in ("identity:domain", "identity:projectNumber", "identity:unheardOf"):
        assert f"  - {key}: " in message


def test_a_text_where_a_map_belongs_is_refused() -> None:
    assert "identity:apps: must be a YAML object, but is the text 'storefront'" in refused(apps="storefront")


@pytest.mark.parametrize("domain", ["gmail.com", "googlegroups.com"])
def test_a_group_in_a_consumer_domain_is_refused(domain: str) -> None:
    message = refused(teams={"shop": {"group": f"shop@{domain}", "capabilities": ["cluster-user"]}})
    assert "identity:teams.shop.group" in message
    assert "consumer mail domain" in message


def test_a_group_of_another_domain_is_refused() -> None:
    message = refused(teams={"shop": {"group": "shop@other.com", "capabilities": ["cluster-user"]}})
    assert "teams.shop.group: 'shop@other.com' is outside the domain 'example.com'" in message


def test_a_single_user_may_not_stand_for_ci() -> None:
    message = refused(ciImpersonators={"platform-deploy": ["user:jane@example.com"]})
    assert "may not obtain tokens of a CI account" in message


def test_an_impersonator_of_an_unknown_account_is_refused() -> None:
    message = refused(ciImpersonators={"apps-other-deploy": ["group:ci@example.com"]})
    assert "ciImpersonators.apps-other-deploy: is no CI account of this stack" in message


def test_a_capability_that_does_not_exist_is_refused() -> None:
    message = refused(teams={"shop": {"group": "shop@example.com", "capabilities": ["owner"]}})
    assert "identity:teams.shop.capabilities.0" in message


def test_an_app_of_no_team_is_refused() -> None:
    assert "apps.storefront.team: 'nobody' is no team" in refused(apps={"storefront": {"team": "nobody"}})


def test_an_app_whose_team_cannot_reach_the_cluster_is_refused() -> None:
    assert "cannot reach the cluster" in refused(apps={"storefront": {"team": "database"}})


@pytest.mark.parametrize("name", ["default", "kube-system", "gke-managed"])
def test_an_app_may_not_take_a_namespace_of_the_cluster(name: str) -> None:
    assert "the cluster keeps for itself" in refused(apps={name: {"team": "shop"}})


def test_a_name_that_makes_an_account_too_long_is_refused() -> None:
    name = "a" * 18
    message = refused(teams={name: {"group": "shop@example.com"}}, apps={})
    assert "a team's name (at most 17" in message
