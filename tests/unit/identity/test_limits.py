"""Google's limits on a project: counted from the settings, as the programs declare them, and refused before a plan."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from engine.members import Member
from iam import names
from iam.states import States
from identity_layer import limits
from identity_layer.daily import daily_fit
from identity_layer.kit.configuration import kinds
from identity_layer.settings import Settings
from identity_layer.team import team_fit
from identity_layer.team.team_settings import TeamSettings
from unit.identity.declared import Changes, committed_foundation, configuration, daily, team, team_configuration
from unit.pulumi_mocks import PROJECT, Document, Engine

DATABASES: Changes = {"databases": ["orders"]}


def used(engine: Engine) -> dict[str, int]:
    """What a program adds to the project, by limit."""
    declared = States(
        [Member(item.name, item.type, item.name, lambda item=item: dict(item.inputs)) for item in engine.declared]
    )
    granted = [grant for grant in declared.grants if grant.resource == names.project(PROJECT)]
    return {
        "principals": len(granted),
        "groups": len({grant.member for grant in granted if grant.member.startswith("group:")}),
        "accounts": len(declared.accounts),
        "roles": len(declared.roles()),
    }


def settings(model: type[TeamSettings] | type[Settings], document: Document) -> Any:
    """The settings of a stack by its configuration, which has a value for every key of the project."""
    values = {key.rpartition(":")[2]: value for key, value in document.items()}
    return model.model_validate({key: value for key, value in values.items() if key in kinds(model)})


def apps(number: int, entry: Changes) -> Changes:
    return {"apps": {f"app-{each}": entry for each in range(number)}}


@pytest.mark.parametrize(
    "entry",
    [
        DATABASES,
        {"access": ["traces", "metrics", "errors", "profiles"]},
        {"secrets": ["key"]},
        {**DATABASES, "access": ["traces"], "secrets": ["key"]},
        {},
    ],
)
def test_a_team_is_counted_as_its_program_declares_it(entry: Changes) -> None:
    changes = apps(3, entry)
    declared = used(team(changes))
    counted = team_fit.counts(settings(TeamSettings, team_configuration(changes)))
    assert counted == {name: declared[name] for name in ("principals", "accounts")}


def test_daily_work_is_counted_as_its_program_declares_it() -> None:
    declared = used(daily())
    counted = daily_fit.counts(settings(Settings, configuration()))
    assert counted == {name: declared[name] for name in ("principals", "groups")}


def test_the_foundation_is_far_from_every_limit() -> None:
    declared = used(committed_foundation())
    assert all(number < limits.LIMITS[name].most / 3 for name, number in declared.items())


@pytest.mark.parametrize(
    ("program", "changes", "message"),
    [
        (
            team,
            apps(780, DATABASES),
            r"identity:apps: 1,563 principals in one allow policy.* Google takes 1,500.*divide",
        ),
        (
            team,
            apps(100, {"secrets": ["key"]}),
            r"identity:apps: 10\d service accounts.* Google takes 100.*higher quota",
        ),
        (
            daily,
            {
                "teams": {
                    f"team-{each}": {"group": f"team-{each}@example.com", "capabilities": ["cluster-user"]}
                    for each in range(251)
                }
            },
            r"identity:teams: 251 groups in one allow policy.* Google takes 250.*fewer, larger groups",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_limit_and_remedy(
    program: Callable[[Changes], Engine], changes: Changes, message: str
) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        program(changes)
