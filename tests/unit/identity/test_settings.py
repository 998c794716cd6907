"""Refusals of the configuration of daily work, and their messages."""

from typing import Any

import pytest

from identity_layer.grants import CAPABILITIES
from unit.identity.declared import configuration, daily
from unit.identity.refusals import refused

TEAMS = configuration()["identity:teams"]


def test_an_unknown_key_is_refused_with_the_likely_name() -> None:
    message = refused(tems={})
    assert "identity:tems: is unknown, so it would change nothing" in message
    assert "did you mean 'teams'" in message


@pytest.mark.parametrize("left_out", [{}, None], ids=["default", "missing"])
def test_teams_that_are_left_out_are_named_with_an_example(left_out: Any) -> None:
    message = refused(teams=left_out)
    assert "  - identity:teams: is not set. Add it to Pulumi.sandbox.yaml, for example `identity:teams: " in message


def test_a_missing_project_is_named_by_its_full_key() -> None:
    assert "gcp:project: is not set" in refused(**{"gcp:project": None})


def test_all_problems_are_in_one_message() -> None:
    message = refused(teams={}, unheardOf=1, breakGlass={"reason": "because"})
    for key in ("identity:teams", "identity:unheardOf", "identity:breakGlass.reason"):
        assert f"  - {key}: " in message


@pytest.mark.parametrize("domain", ["gmail.com", "googlegroups.com"])
def test_a_group_in_a_consumer_domain_is_refused(domain: str) -> None:
    message = refused(teams={"shop": {"group": f"shop@{domain}", "capabilities": ["cluster-user"]}})
    assert "identity:teams.shop.group" in message
    assert "consumer mail domain" in message


@pytest.mark.parametrize("member", ["user:jane@example.com", "serviceAccount:a@b.example.com", "domain:example.com"])
def test_what_is_no_group_is_refused_with_the_reason(member: str) -> None:
    message = refused(teams={"shop": {"group": member}})
    assert f"identity:teams.shop.group: '{member}' is no group" in message
    assert "Put them into a group of your domain" in message


def test_a_group_is_written_without_its_kind() -> None:
    message = refused(teams={"shop": {"group": "group:shop-team@example.com"}})
    assert "begins with the kind; here is a group's address alone: shop-team@example.com." in message


def test_individual_impersonators_are_no_longer_known() -> None:
    message = refused(ciImpersonators={"platform-deploy": ["user:jane@example.com"]})
    assert "identity:ciImpersonators: is unknown, so it would change nothing" in message


def test_a_capability_that_does_not_exist_is_refused_with_those_that_do() -> None:
    message = refused(teams={"shop": {"group": "shop@example.com", "capabilities": ["owner"]}})
    assert "identity:teams.shop.capabilities.0" in message
    for capability in CAPABILITIES:
        assert capability in message


WINDOW = {"reason": "the old instance must go", "start": "2026-01-31T18:00:00Z", "end": "2026-01-31T20:00:00Z"}


def window(**changes: str) -> str:
    """The message for a grant to break-glass with some of its fields replaced."""
    return refused(breakGlass={**WINDOW, **changes})


@pytest.mark.parametrize("end", ["2026-02-01T06:00:01Z", "2026-01-31T18:00:00Z", "2026-01-31T17:59:59Z"])
def test_a_window_that_is_longer_than_twelve_hours_or_empty_is_refused(end: str) -> None:
    message = window(end=end)
    assert "identity:breakGlass: the window from 2026-01-31T18:00:00+00:00 to " in message
    assert "is empty or longer than 12 hours" in message


def test_a_window_of_twelve_hours_is_taken() -> None:
    daily({"breakGlass": {**WINDOW, "end": "2026-02-01T06:00:00Z"}})


def test_a_moment_without_a_time_zone_is_refused() -> None:
    assert "has no time zone, so it means another moment elsewhere; end it with Z" in window(end="2026-01-31T20:00:00")


def test_what_is_no_moment_is_refused() -> None:
    assert "identity:breakGlass.start: 'tonight' is no point in time" in window(start="tonight")


def test_a_reason_that_says_nothing_is_refused() -> None:
    assert "identity:breakGlass.reason: 'because' is not a reason that a reviewer can judge" in window(reason="because")


def test_an_emergency_without_a_window_is_refused() -> None:
    message = refused(breakGlass={"reason": "the old instance must go"})
    assert "identity:breakGlass.start: is not set" in message


def test_two_teams_share_no_group() -> None:
    teams = {**TEAMS, "data": TEAMS["database"]}
    message = refused(teams=teams)
    assert "teams.data.group: 'database-team@example.com' is the group of the team 'database' too" in message
    assert "or make them one team" in message


def test_a_capability_is_given_once() -> None:
    team = {"group": "shop-team@example.com", "capabilities": ["cluster-user", "cluster-user"]}
    assert "identity:teams.shop.capabilities: 'cluster-user' is in the list more than once" in refused(
        teams={**TEAMS, "shop": team}
    )


def test_a_teams_name_is_as_long_as_its_accounts_leave_it() -> None:
    assert "a team's name (at most 17" in refused(teams={**TEAMS, "a" * 18: {"group": "shop@example.com"}})
