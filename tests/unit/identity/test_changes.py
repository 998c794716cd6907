"""A change of the configuration changes what it names, and nothing else; its order changes nothing at all."""

from typing import Any

import pytest

from unit.identity.declared import (
    Changes,
    committed,
    committed_daily,
    committed_foundation,
    committed_team,
    configuration,
    daily,
    daily_with,
    foundation,
    foundation_configuration,
    gcp,
    team,
    team_configuration,
    team_with,
)
from unit.pulumi_mocks import Document, Engine

VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
CONTRACTS = {(VERSION, f"contract-{name}-version") for name in ("identity", "team-shop")}
SHOP: Document = team_configuration()["identity:team"]
APPS: Document = team_configuration()["identity:apps"]
INVOICES = {"databases": ["invoices", "archive"], "access": ["traces", "metrics"], "secrets": ["smtp", "signing"]}
BILLING: Changes = {
    "team": {"name": "billing", "group": "billing-team@example.com"},
    "apps": {"invoices": INVOICES, "reminders": {"access": ["traces"]}},
}


def reversed_everywhere(value: Any) -> Any:
    """The same with every map and list the other way round."""
    if isinstance(value, dict):
        return {key: reversed_everywhere(value[key]) for key in reversed(value)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [reversed_everywhere(item) for item in reversed(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return value


def test_the_order_of_the_configuration_changes_no_name_and_no_input() -> None:
    several = configuration({"teams": {**configuration()["identity:teams"], "audit": _team("platform-reader")}})
    _are_equal(daily_with(several), daily_with(reversed_everywhere(several)))


def _team(*capabilities: str) -> Document:
    return {"group": "audit-team@example.com", "capabilities": [*capabilities]}


def test_the_order_of_a_teams_configuration_changes_nothing_either() -> None:
    several = team_configuration(BILLING)
    _are_equal(team_with(several), team_with(reversed_everywhere(several)))


def test_the_order_of_the_foundations_configuration_changes_nothing_either() -> None:
    settings = {key.removeprefix("identity:"): value for key, value in foundation_configuration().items()}
    _are_equal(foundation(), foundation(reversed_everywhere(settings)))


def _are_equal(one: Engine, other: Engine) -> None:
    assert {key: item.inputs for key, item in gcp(one).items() if key[0] != VERSION} == {
        key: item.inputs for key, item in gcp(other).items() if key[0] != VERSION
    }
    assert one.outputs == other.outputs
    assert {(item.type, item.name) for item in one.declared} == {(item.type, item.name) for item in other.declared}


def _teams(**more: object) -> Changes:
    return {"teams": {**configuration()["identity:teams"], **more}}


def _storefront(**wishes: object) -> Changes:
    return {"apps": {**APPS, "storefront": wishes}}


OF_DAILY: dict[str, Changes] = {
    "a team with a capability": _teams(audit=_team("platform-reader")),
    "a capability": _teams(
        database={"group": "database-team@example.com", "capabilities": ["datastore-admin", "platform-reader"]}
    ),
    "a grant to break-glass": {
        "breakGlass": {
            "reason": "the old instance must go",
            "start": "2026-01-31T18:00:00Z",
            "end": "2026-01-31T20:00:00Z",
        }
    },
}
OF_A_TEAM: dict[str, Changes] = {
    "an app": {"apps": {**APPS, "invoices": INVOICES}},
    "a secret": _storefront(databases=["orders"], secrets=["smtp"]),
    "an access": _storefront(databases=["orders"], access=["traces"]),
    "a repository that builds": {
        "team": {**SHOP, "builds": [*SHOP["builds"], {"repository": "example/reports", "repositoryId": "400500603"}]}
    },
    "a database": _storefront(databases=["orders", "stock"]),
    "an app that makes the schemas of another": {
        "apps": {
            **APPS,
            "storefront": {"databases": ["orders"], "migratedBy": "schemas"},
            "schemas": {"databases": ["orders"]},
        }
    },
}


@pytest.mark.parametrize("name", [*OF_DAILY, *OF_A_TEAM])
def test_an_addition_changes_nothing_that_is_there_but_the_contract(name: str) -> None:
    of_daily = name in OF_DAILY
    before = gcp(committed_daily() if of_daily else committed_team())
    after = gcp(daily(OF_DAILY[name]) if of_daily else team(OF_A_TEAM[name]))
    assert before.keys() <= after.keys()
    changed = {key for key, item in before.items() if after[key].inputs != item.inputs}
    assert changed <= CONTRACTS
    assert all(after[key].protect == item.protect for key, item in before.items())


def test_a_team_with_an_app_is_a_stack_of_its_own_in_which_nothing_is_anothers() -> None:
    there, new = gcp(committed()), gcp(team(BILLING))
    assert there.keys().isdisjoint(new)
    assert 10 < len(new) < 50
    assert [key for key, item in new.items() if "shop" in str(item.inputs) or "storefront" in str(item.inputs)] == []


def test_the_stacks_of_the_environment_and_their_contracts_are_as_large_as_without_the_team() -> None:
    # A team names itself in its own stack alone, so a further team has no place in another stack or contract.
    for engine in (committed_foundation(), committed_daily()):
        assert "shop" not in str(engine.outputs)
        assert [item.name for item in engine.declared if "shop" in f"{item.name} {item.inputs}"] == []


def test_another_group_of_a_team_moves_its_grants_and_renames_nothing() -> None:
    moved = team({"team": {**SHOP, "group": "storefront-team@example.com"}})
    before, after = gcp(committed_team()), gcp(moved)
    changed = {name for (_, name), item in after.items() if before[_, name].inputs != item.inputs}
    assert before.keys() == after.keys()
    assert changed == {
        "team-shop-container.clusterViewer",
        "apps-shop-preview-people",
        "app-reports-signing-key-owners",
        "contract-team-shop-version",
    }
