"""Refusals of daily work whose settings do not fit the foundation's contract, before anything is planned."""

from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.identity.declared import committed_foundation, configuration, daily, foundation
from unit.identity.refusals import refused
from unit.pulumi_mocks import Document, Engine, run, stack_configuration

TEAMS = configuration()["identity:teams"]
FIT = "This stack and the contracts that it reads do not fit; nothing was planned:"


def foundation_with(**changes: Any) -> Document:
    """The foundation's contract with some of its fields replaced."""
    return contract_documents.foundation() | changes


def shop(**changes: Any) -> Document:
    """The teams with the shop's entry changed."""
    return {**TEAMS, "shop": {**TEAMS["shop"], **changes}}


@pytest.mark.parametrize("key", ["id", "region"])
def test_a_foundation_of_another_place_is_refused(key: str) -> None:
    foundation = contract_documents.foundation()
    foundation["project"][key] = "elsewhere"

    message = refused(foundation)
    assert FIT in message
    name = {"id": "project", "region": "region"}[key]
    assert f"  - gcp:{name}: is " in message
    assert "but 'elsewhere' in the contract 'foundation'; the stacks of an environment share one." in message


def test_a_team_whose_group_is_of_another_domain_is_refused() -> None:
    message = refused(teams=shop(group="shop@notexample.com"))
    assert FIT in message
    assert "identity:teams.shop.group: 'shop@notexample.com' is outside the domain 'example.com'" in message
    assert "use a group of that domain" in message


def test_the_group_that_breaks_glass_does_no_daily_work() -> None:
    message = refused(teams=shop(group="break-glass@example.com"))
    assert "identity:teams.shop.group: 'break-glass@example.com' is the break-glass group" in message
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
    message = refused(teams=shop(builds=[{"repository": "stranger/shop", "repositoryId": "5"}]))
    assert "identity:teams.shop.builds.0.repository: 'stranger/shop' is not of 'example'" in message
    assert "build in a repository there" in message


def test_a_build_in_the_repository_that_deploys_is_refused() -> None:
    # By its number; the name is for people.
    message = refused(teams=shop(builds=[{"repository": "example/renamed", "repositoryId": "400500600"}]))
    assert "identity:teams.shop.builds.0.repositoryId: '400500600' is the repository that deploys" in message
    assert "Build where the app's source is" in message


def test_all_that_does_not_fit_is_in_one_message_and_nothing_is_declared() -> None:
    contract = foundation_with(owners={"identity": "nobody@example.com"})
    contract["project"]["region"] = "elsewhere"
    engine = Engine(contracts={"contract-foundation": contract})
    teams = shop(group="shop@other.com", builds=[{"repository": "stranger/shop", "repositoryId": "400500600"}])

    with pytest.raises(pulumi.RunError) as raised:
        run("identity", "sandbox", configuration({"teams": teams}), engine)
    listed = str(raised.value).splitlines()[1:]
    assert [line.partition(": ")[0] for line in listed] == [
        "  - gcp:region",
        "  - identity:teams.shop.group",
        "  - identity:owners.identity",
        "  - identity:teams.shop.builds.0.repository",
        "  - identity:teams.shop.builds.0.repositoryId",
    ]
    assert not engine.declared


def test_a_missing_contract_says_who_must_write_it_and_who_may_read_it() -> None:
    failing = Engine(failures={"contract-foundation": "Error 404: it was not found"})
    with pytest.raises(pulumi.RunError) as raised:
        run("identity", "sandbox", stack_configuration("identity", "sandbox"), failing)
    message = str(raised.value)
    assert "secret 'contract-foundation' in project 'prodfirst-sandbox'" in message
    assert "Error 404: it was not found" in message
    assert "identity-preview or identity-deploy" in message


def test_another_version_of_the_contract_is_refused() -> None:
    assert "has version 2, but this layer reads version 1" in refused(foundation_with(version=2))


def test_a_window_to_break_glass_is_for_the_foundations_group() -> None:
    window = {"reason": "the old instance must go", "start": "2026-01-31T18:00:00Z", "end": "2026-01-31T20:00:00Z"}
    engine = daily({"breakGlass": window}, foundation_with(breakGlassGroup="emergency@example.com"))
    grant = engine.of("gcp:projects/iAMMember:IAMMember")["break-glass"]
    assert grant.inputs["member"] == "group:emergency@example.com"


def test_what_the_sandboxs_foundation_publishes_fits_its_daily_work() -> None:
    assert daily(None, foundation().outputs["contract"]).outputs["contract"]
    assert contract_documents.foundation() == committed_foundation().outputs["contract"]
