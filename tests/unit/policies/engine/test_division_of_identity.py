"""Division of a state of one identity stack with 20 teams, as the commit before the division made it, into two.

The state is that of a sandbox without properties: which stack a resource belongs to follows from its type, and from the
components above it, as security lists both.
"""

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine import states
from engine.division import Division, Names, divided
from policy_pack.layers import LAYERS
from unit.policies.engine.references import dangling

STATE = Path(__file__).with_name("one_identity_stack.json.gz")
NAMES = Names("identity", "sandbox", "foundation-sandbox")
DAILY, FOUNDATION = LAYERS.layers["identity"], LAYERS.layers["identity/foundation"]
TEAMS = {f"team-{number:02}" for number in range(1, 21)}
ABOUT_TEAMS = ("apps-", "app-", "images-", "team-", "state-apps-", "contract-")


def source() -> dict[str, Any]:
    return states.deployment(gzip.decompress(STATE.read_bytes()), STATE.name)


@cache
def division() -> Division:
    of_foundation = {*FOUNDATION.types, *FOUNDATION.components} - {*DAILY.types, *DAILY.components}
    return divided(source(), {"resources": []}, of_foundation.__contains__, NAMES)


def custom(deployment: dict[str, Any]) -> list[dict[str, Any]]:
    """Resources in the cloud."""
    return [each for each in deployment["resources"] if each.get("custom") and "providers" not in each["type"]]


def name_of(resource: dict[str, Any]) -> str:
    return str(resource["urn"].rpartition("::")[2])


def test_every_object_in_the_cloud_is_in_one_of_the_two_states_with_its_id_and_its_protection() -> None:
    both = [*custom(division().source), *custom(division().target)]

    def told(resources: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
        return sorted((each["type"], each["id"], bool(each.get("protect"))) for each in resources)

    assert told(both) == told(custom(source()))


def test_each_state_holds_what_its_program_may_declare() -> None:
    assert {each["type"] for each in custom(division().source)} <= DAILY.types
    assert {each["type"] for each in custom(division().target)} <= FOUNDATION.types


def test_all_of_the_teams_and_nothing_else_stays_with_daily_work() -> None:
    staying = {name_of(each) for each in custom(division().source)}

    assert {name for name in staying if not name.startswith(ABOUT_TEAMS)} == set()
    for team in TEAMS:
        assert {f"apps-{team}-deploy", f"apps-{team}-preview"} <= staying
    assert {name_of(each) for each in custom(division().target)}.isdisjoint(staying)


def test_what_binds_the_deploy_account_moves() -> None:
    moved = {name_of(each) for each in custom(division().target)}

    assert {"identity-deploy", "identity-preview", "grantor-people", "grantor-apps", "guard-rails"} <= moved
    assert {"github", "state-identity", "role-identityDeploy", "audit", "api-iam"} <= moved


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_state_refers_to_nothing_that_it_does_not_hold(side: str) -> None:
    assert dangling(getattr(division(), side)) == []
