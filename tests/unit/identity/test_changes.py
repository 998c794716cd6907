"""A change of the configuration changes what it names, and nothing else; its order changes nothing at all."""

import copy
from typing import Any

import pytest

from unit.identity.declared import (
    Changes,
    committed,
    configuration,
    daily_with,
    foundation,
    foundation_configuration,
    gcp,
    of_foundation,
    program,
)
from unit.pulumi_mocks import Document, Engine

CONTRACT = ("gcp:secretmanager/secretVersion:SecretVersion", "contract-identity-version")
SHOP: Document = configuration()["identity:teams"]["shop"]
BILLING = {"group": "billing-team@example.com", "capabilities": ["cluster-user"]}
INVOICES = {
    "team": "billing",
    "databases": ["invoices", "archive"],
    "access": ["traces", "metrics"],
    "secrets": ["smtp", "signing"],
}


def larger() -> Document:
    """A second team with an app that has several of everything."""
    settings = copy.deepcopy(configuration())
    settings["identity:teams"]["billing"] = BILLING
    settings["identity:apps"]["invoices"] = INVOICES
    return settings


def reversed_everywhere(value: Any) -> Any:
    """The same with every map and list the other way round."""
    if isinstance(value, dict):
        return {key: reversed_everywhere(value[key]) for key in reversed(value)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [reversed_everywhere(item) for item in reversed(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return value


def test_the_order_of_the_configuration_changes_no_name_and_no_input() -> None:
    _are_equal(daily_with(larger()), daily_with(reversed_everywhere(larger())))


def test_the_order_of_the_foundations_configuration_changes_nothing_either() -> None:
    settings = {key.removeprefix("identity:"): value for key, value in foundation_configuration().items()}
    _are_equal(foundation(), foundation(reversed_everywhere(settings)))


def _are_equal(one: Engine, other: Engine) -> None:
    assert {key: item.inputs for key, item in gcp(one).items() if key != CONTRACT} == {
        key: item.inputs for key, item in gcp(other).items() if key != CONTRACT
    }
    assert one.outputs == other.outputs
    assert {(item.type, item.name) for item in one.declared} == {(item.type, item.name) for item in other.declared}


def _teams(**more: object) -> Changes:
    return {"teams": {**configuration()["identity:teams"], **more}}


def _storefront(**wishes: object) -> Changes:
    return {"apps": {**configuration()["identity:apps"], "storefront": {"team": "shop", **wishes}}}


ADDITIONS: dict[str, Changes] = {
    "a team": _teams(billing=BILLING),
    "a team with an app": {
        **_teams(billing=BILLING),
        "apps": {**configuration()["identity:apps"], "invoices": INVOICES},
    },
    "a secret": _storefront(databases=["orders"], secrets=["smtp"]),
    "an access": _storefront(databases=["orders"], access=["traces"]),
    "a capability": _teams(shop={**SHOP, "capabilities": ["cluster-user", "platform-reader"]}),
    "a repository that builds": _teams(
        shop={**SHOP, "builds": [*SHOP["builds"], {"repository": "example/reports", "repositoryId": "400500603"}]}
    ),
    "a database": _storefront(databases=["orders", "stock"]),
    "a grant to break-glass": {
        "breakGlass": {
            "reason": "the old instance must go",
            "start": "2026-01-31T18:00:00Z",
            "end": "2026-01-31T20:00:00Z",
        }
    },
}


@pytest.fixture(scope="module", params=ADDITIONS)
def enlarged(request: pytest.FixtureRequest) -> Engine:
    """The program after one addition."""
    return program(ADDITIONS[request.param])


def test_an_addition_changes_nothing_that_is_there_but_the_contract(enlarged: Engine) -> None:
    before, after = gcp(committed()), gcp(enlarged)
    assert before.keys() <= after.keys()
    changed = {key for key, item in before.items() if after[key].inputs != item.inputs}
    assert changed <= {CONTRACT}
    assert all(after[key].protect == item.protect for key, item in before.items())


@pytest.mark.parametrize("name", ADDITIONS)
def test_daily_work_is_all_in_the_stack_that_identity_deploy_deploys(name: str) -> None:
    assert not [key for key in ADDITIONS[name] if of_foundation(key)]


def test_a_team_that_owns_no_app_is_one_grant() -> None:
    before, after = gcp(committed()), gcp(program(ADDITIONS["a team"]))
    assert {name for _, name in after.keys() - before.keys()} == {"team-billing-container.clusterViewer"}


def test_a_team_with_an_app_is_a_plan_of_few_resources_and_only_new_ones() -> None:
    before, after = gcp(committed()), gcp(program(ADDITIONS["a team with an app"]))
    assert 10 < len(after.keys() - before.keys()) < 36
    assert before.keys() <= after.keys()


def test_another_group_of_a_team_moves_its_grants_and_renames_nothing() -> None:
    moved = program(_teams(shop={**SHOP, "group": "storefront-team@example.com"}))
    before, after = gcp(committed()), gcp(moved)
    changed = {name for (_, name), item in after.items() if before[_, name].inputs != item.inputs}
    assert before.keys() == after.keys()
    assert changed == {
        "team-shop-container.clusterViewer",
        "apps-shop-preview-people",
        "app-reports-signing-key-owners",
        "contract-identity-version",
    }
