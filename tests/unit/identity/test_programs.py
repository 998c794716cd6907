"""The three programs of the identity layer: each declares what it owns, and refuses the keys of the others."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
import yaml

from unit.identity.declared import (
    committed_daily,
    committed_foundation,
    committed_team,
    configuration,
    daily,
    foundation,
    foundation_configuration,
    team,
    team_configuration,
)
from unit.pulumi_mocks import ROOT, Declared, Document, Engine, run, stack_configuration

FOUNDATION, DAILY, TEAM = "foundation-sandbox", "sandbox", "team-shop-sandbox"
FILES = {
    FOUNDATION: "Pulumi.foundation-<environment>.yaml",
    DAILY: "Pulumi.<environment>.yaml",
    TEAM: "Pulumi.team-<team>-<environment>.yaml",
}
MAIN = "prodfirst:identity:Foundation"


def whole(stack: str) -> dict[str, Any]:
    """The layer's keys that a stack's file sets."""
    config = yaml.safe_load((ROOT / "identity" / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key: value for key, value in config.items() if not key.startswith("gcp:")}


KEYS = {
    FOUNDATION: whole(FOUNDATION),
    DAILY: {**whole(DAILY), "identity:breakGlass": {"reason": "the old instance must go"}},
    TEAM: {**whole(TEAM), "identity:bindWorkloads": False},
}


@pytest.mark.parametrize(
    ("stack", "key", "other"),
    [(stack, key, other) for stack in KEYS for other, keys in KEYS.items() if other != stack for key in keys],
)
def test_a_key_of_another_kind_of_stack_is_refused_with_its_place(stack: str, key: str, other: str) -> None:
    engine = Engine()
    settings = stack_configuration("identity", stack) | {key: KEYS[other][key]}

    with pytest.raises(pulumi.RunError) as refused:
        run("identity", stack, settings, engine)
    assert f"{key}: is a key of {FILES[other]}, so it would change nothing here. Move it there." in str(refused.value)
    assert not engine.declared


def test_the_defaults_of_other_stacks_keys_are_no_finding() -> None:
    # As the engine merges them from Pulumi.yaml, which declares the keys of all stacks.
    of_foundation, of_daily, of_team = foundation_configuration(), configuration(), team_configuration()
    assert of_foundation["identity:bindWorkloads"] is of_daily["identity:bindWorkloads"] is True
    assert of_foundation["identity:breakGlass"] == of_foundation["identity:teams"] == of_team["identity:teams"] == {}
    assert of_daily["identity:domain"] == of_team["identity:domain"] == ""
    assert of_daily["identity:organization"] == of_daily["identity:owners"] == of_daily["identity:team"] == {}

    assert foundation().outputs["contract"]
    assert daily().outputs["contract"]
    assert team().outputs["contract"]


def test_a_file_of_the_former_shape_is_told_each_key_that_moved() -> None:
    apps = {"storefront": {"team": "shop", "databases": ["orders"]}}
    teams: Document = {**configuration()["identity:teams"], "shop": {"group": "shop-team@example.com", "builds": []}}
    former: Document = {"identity:apps": apps, "identity:teams": teams, "identity:bindWorkloads": False}

    with pytest.raises(pulumi.RunError) as raised:
        run("identity", DAILY, configuration() | former, Engine())
    for key in ("identity:apps", "identity:bindWorkloads"):
        assert f"  - {key}: is a key of {FILES[TEAM]}" in str(raised.value)
    assert "  - identity:teams.shop.builds: is unknown" in str(raised.value)


@pytest.mark.parametrize("stack", ["team-billing-sandbox", "team-shop", "team-shopping-sandbox"])
def test_a_teams_stack_is_named_like_its_team(stack: str) -> None:
    engine = Engine()
    with pytest.raises(
        pulumi.RunError, match=f"The stack '{stack}' declares the team 'shop', but is not named like it"
    ):
        run("identity", stack, team_configuration(), engine)
    assert not engine.declared


@pytest.mark.parametrize("environment", ["dev", "blue-green"])
def test_the_jobs_of_a_teams_apps_are_of_its_stacks_environment(environment: str) -> None:
    contracts: dict[str, Document | str] = {"contract-foundation": committed_foundation().outputs["contract"]}
    engine = run("identity", f"team-shop-{environment}", team_configuration(), Engine(contracts=contracts))
    job = engine.of("gcp:serviceaccount/iAMMember:IAMMember")["apps-shop-deploy-github"].inputs["member"]
    assert job.endswith(f"deploy.yml:environment:apps-shop-{environment}:refs/heads/main")


def layers() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "policies" / "layers.yaml").read_text())["layers"]


WINDOW = {"reason": "the old instance must go", "start": "2026-01-31T18:00:00Z", "end": "2026-01-31T20:00:00Z"}


PROGRAMS = {
    "identity/foundation": committed_foundation,
    "identity": lambda: daily({"breakGlass": WINDOW}),
    "identity/team": committed_team,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_securitys_list_has_the_types_of_each_program_and_no_other(program: str) -> None:
    listed = layers()[program]
    assert {item.type for item in PROGRAMS[program]().declared} == {*listed["types"], *listed["components"]}


def test_everything_of_the_foundation_is_below_its_component_but_the_apis_and_the_contracts_of_others() -> None:
    tops = {item.names[0] for item in committed_foundation().declared if item.kinds[0] != MAIN}
    assert tops == {"api", *(f"contract-{name}" for name in ("identity", "network", "platform", "storage"))}
    assert sum(MAIN in item.kinds for item in committed_foundation().declared) > 100


@pytest.mark.parametrize("engine", [committed_daily, committed_team], ids=["daily work", "team"])
def test_a_stack_that_ci_deploys_has_no_part_of_the_foundation(engine: Callable[[], Engine]) -> None:
    assert not [item.name for item in engine().declared if MAIN in item.kinds]


# Only an administrator may change them, so no stack that CI deploys has one.
BINDING = (
    "gcp:iam/",
    "gcp:kms/keyRing",
    "gcp:kms/cryptoKey:",
    "gcp:logging/",
    "gcp:monitoring/",
    "gcp:organizations/",
    "gcp:orgpolicy/",
    "gcp:projects/iAMAuditConfig",
    "gcp:projects/iAMCustomRole",
    "gcp:projects/service",
    "gcp:storage/bucket:",
)


def _binds(item: Declared) -> bool:
    return item.type.startswith(BINDING)


def test_what_binds_the_accounts_of_ci_is_in_the_foundation_alone() -> None:
    of_foundation = {item.type for item in committed_foundation().declared if _binds(item)}
    assert [kind for kind in BINDING if not any(name.startswith(kind) for name in of_foundation)] == []
    assert [item.name for item in (*committed_daily().declared, *committed_team().declared) if _binds(item)] == []


def test_a_team_grants_on_no_account_of_the_foundation_and_on_no_state_but_the_apps() -> None:
    accounts = {
        item.inputs["accountId"] for item in committed_foundation().of("gcp:serviceaccount/account:Account").values()
    }
    users = committed_team().of("gcp:serviceaccount/iAMMember:IAMMember").values()
    assert accounts.isdisjoint(user.inputs["serviceAccountId"].rpartition("/")[2].partition("@")[0] for user in users)
    buckets = committed_team().of("gcp:storage/bucketIAMMember:BucketIAMMember").values()
    keys = committed_team().of("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember").values()
    assert {grant.inputs["bucket"] for grant in buckets} == {"prodfirst-sandbox-state-apps"}
    assert {grant.inputs["cryptoKeyId"].rpartition("/")[2] for grant in keys} == {"apps"}


def test_daily_work_grants_roles_on_the_project_and_nothing_else() -> None:
    kinds = {item.type for item in committed_daily().declared if item.type.startswith("gcp:")}
    assert kinds == {"gcp:projects/iAMMember:IAMMember", "gcp:secretmanager/secretVersion:SecretVersion"}
