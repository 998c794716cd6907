"""Refusals of settings that do not fit the foundation's contract, before anything is planned."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.identity.declared import committed_foundation, configuration, daily, foundation, team, team_configuration
from unit.identity.refusals import refused, team_refused
from unit.pulumi_mocks import Document, Engine, run, stack_configuration

TEAMS = configuration()["identity:teams"]
SHOP = team_configuration()["identity:team"]
FIT = "This stack and the contracts that it reads do not fit; nothing was planned:"


def foundation_with(**changes: Any) -> Document:
    """The foundation's contract with some of its fields replaced."""
    return contract_documents.foundation() | changes


def platform(**changes: Any) -> Document:
    """The teams of daily work with the platform team's entry changed."""
    return {**TEAMS, "platform": {**TEAMS["platform"], **changes}}


@pytest.mark.parametrize("refusal", [refused, team_refused], ids=["daily work", "team"])
@pytest.mark.parametrize("key", ["id", "region"])
def test_a_foundation_of_another_place_is_refused(key: str, refusal: Callable[[Document], str]) -> None:
    foundation = contract_documents.foundation()
    foundation["project"][key] = "elsewhere"

    message = refusal(foundation)
    assert FIT in message
    name = {"id": "project", "region": "region"}[key]
    assert f"  - gcp:{name}: is " in message
    assert "but 'elsewhere' in the contract 'foundation'; the stacks of an environment share one." in message


GROUPS: dict[str, Callable[[str], str]] = {
    "identity:teams.platform.group": lambda group: refused(teams=platform(group=group)),
    "identity:team.group": lambda group: team_refused(team={**SHOP, "group": group}),
}


@pytest.mark.parametrize("key", GROUPS)
def test_a_team_whose_group_is_of_another_domain_is_refused(key: str) -> None:
    message = GROUPS[key]("shop@notexample.com")
    assert FIT in message
    assert f"{key}: 'shop@notexample.com' is outside the domain 'example.com'" in message
    assert "use a group of that domain" in message


@pytest.mark.parametrize("key", GROUPS)
def test_the_group_that_breaks_glass_does_no_daily_work(key: str) -> None:
    message = GROUPS[key]("break-glass@example.com")
    assert f"{key}: 'break-glass@example.com' is the break-glass group" in message
    assert "needs a group of its own" in message


@pytest.mark.parametrize("owner", ["identity", "platform", "storage"])
def test_an_owner_whose_group_is_no_teams_is_refused(owner: str) -> None:
    owners = contract_documents.foundation()["owners"] | {owner: "nobody@example.com"}
    message = refused(foundation_with(owners=owners))
    assert (
        f"identity:owners.{owner}: the foundation names 'nobody@example.com', which is the group of no team" in message
    )
    assert "add the team to identity:teams here, or correct the foundation" in message


def test_a_team_that_owns_something_cannot_be_taken_out() -> None:
    teams = {name: team for name, team in TEAMS.items() if name != "database"}
    assert "identity:owners.storage: the foundation names 'database-team@example.com'" in refused(teams=teams)


def test_a_build_in_a_repository_of_another_owner_is_refused() -> None:
    message = team_refused(team={**SHOP, "builds": [{"repository": "stranger/shop", "repositoryId": "5"}]})
    assert "identity:team.builds.0.repository: 'stranger/shop' is not of 'example'" in message
    assert "build in a repository there" in message


def test_a_build_in_the_repository_that_deploys_is_refused() -> None:
    # By its number; the name is for people.
    message = team_refused(team={**SHOP, "builds": [{"repository": "example/renamed", "repositoryId": "400500600"}]})
    assert "identity:team.builds.0.repositoryId: '400500600' is the repository that deploys" in message
    assert "Build where the app's source is" in message


BUILDS = [{"repository": "stranger/shop", "repositoryId": "400500600"}]
MANY: dict[str, tuple[Document, list[str]]] = {
    "sandbox": (
        configuration({"teams": platform(group="platform@other.com")}),
        ["gcp:region", "identity:teams.platform.group", "identity:owners.identity"],
    ),
    "team-shop-sandbox": (
        team_configuration({"team": {**SHOP, "group": "shop@other.com", "builds": BUILDS}}),
        [
            "gcp:region",
            "identity:team.group",
            "identity:team.builds.0.repository",
            "identity:team.builds.0.repositoryId",
        ],
    ),
}


@pytest.mark.parametrize("stack", MANY)
def test_all_that_does_not_fit_is_in_one_message_and_nothing_is_declared(stack: str) -> None:
    settings, keys = MANY[stack]
    contract = foundation_with(owners={"identity": "nobody@example.com"})
    contract["project"]["region"] = "elsewhere"
    engine = Engine(contracts={"contract-foundation": contract})

    with pytest.raises(pulumi.RunError) as raised:
        run("identity", stack, settings, engine)
    listed = str(raised.value).splitlines()[1:]
    assert [line.partition(": ")[0] for line in listed] == [f"  - {key}" for key in keys]
    assert not engine.declared


def test_a_missing_contract_says_who_must_write_it_and_who_may_read_it() -> None:
    failing = Engine(failures={"contract-foundation": "Error 404: it was not found"})
    with pytest.raises(pulumi.RunError) as raised:
        run("identity", "sandbox", stack_configuration("identity", "sandbox"), failing)
    message = str(raised.value)
    assert "secret 'contract-foundation' in project 'prodfirst-sandbox'" in message
    assert "Error 404: it was not found" in message
    assert "identity-preview or identity-deploy" in message
    assert "team-preview or team-deploy" in message


def test_another_version_of_the_contract_is_refused() -> None:
    assert "has version 2, but this layer reads version 1" in refused(foundation_with(version=2))


WINDOW = {"reason": "the old instance must go", "start": "2026-01-31T18:00:00Z", "end": "2026-01-31T20:00:00Z"}


def test_a_window_to_break_glass_is_for_the_foundations_group() -> None:
    engine = daily({"breakGlass": WINDOW}, foundation_with(breakGlassGroup="emergency@example.com"))
    grant = engine.of("gcp:projects/iAMMember:IAMMember")["break-glass"]
    assert grant.inputs["member"] == "group:emergency@example.com"


def test_a_window_for_people_by_name_is_theirs_alone() -> None:
    named = {**WINDOW, "people": ["jane@example.com", "joe@example.com"]}
    engine = daily({"breakGlass": named}, foundation_with(breakGlassPeople=["joe@example.com", "jane@example.com"]))
    granted = {name: one for name, one in engine.of("gcp:projects/iAMMember:IAMMember").items() if "break-" in name}
    assert {name: one.inputs["member"] for name, one in granted.items()} == {
        "break-glass-jane": "user:jane@example.com",
        "break-glass-joe": "user:joe@example.com",
    }
    assert all("request.time < timestamp" in one.inputs["condition"]["expression"] for one in granted.values())


def test_a_window_for_somebody_whom_the_deny_policy_binds_is_refused() -> None:
    contract = foundation_with(breakGlassPeople=["joe@example.com"])
    message = refused(contract, breakGlass={**WINDOW, "people": ["jane@example.com"]})
    assert "identity:breakGlass.people: the deny policy does not exempt 'jane@example.com'" in message
    assert "add the person to identity:onCall.people of the foundation" in message


def test_what_the_sandboxs_foundation_publishes_fits_its_daily_work_and_its_teams() -> None:
    assert daily(None, foundation().outputs["contract"]).outputs["contract"]
    assert team(None, foundation().outputs["contract"]).outputs["contract"]
    assert contract_documents.foundation() == committed_foundation().outputs["contract"]
