"""Times without upgrades: the program and the simulated API count the time that they leave alike."""

import random
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from platform_layer.cluster import cluster_maintenance, cluster_settings
from platform_layer.cluster.cluster_settings import ClusterSettings, Weekday
from policy_pack.rule import Resource
from policy_pack.rules.gke import CLUSTER
from policy_pack.rules.gke_maintenance import maintenance_possible
from sandbox.cloud.errors import ApiError
from sandbox.cloud.services import gkemaintenance
from sandbox.cloud.store import Json

FIRST = datetime.fromisoformat("2026-03-02T00:00:00Z")
MOST = {"NO_UPGRADES": 30, "NO_MINOR_UPGRADES": 180, "NO_MINOR_OR_NODE_UPGRADES": 180}
MINOR, NODE, FULL = "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES", "NO_UPGRADES"


def written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def drawn(dice: random.Random) -> dict[str, Any]:
    """Settings with lengths and distances around the limits."""
    window = {
        "days": dice.sample(get_args(Weekday), dice.randint(1, 7)),
        "start": f"{dice.randint(0, 23):02}:{dice.choice((0, 30)):02}",
        "hours": dice.choice((4, 6, 12, 20, 24)),
    }
    freezes: dict[str, Any] = {}
    start = FIRST
    for number in range(dice.randint(1, 3)):
        scope = dice.choice(sorted(MOST))
        days = dice.choice((1, 3, 14, MOST[scope] - 1, MOST[scope]))
        end = start + timedelta(days=days, minutes=dice.choice((-1, 0, 0, 0, 1)))
        freezes[f"freeze-{number}"] = {"start": written(start), "end": written(end), "scope": scope}
        start = end + timedelta(days=dice.choice((0, 1, 2, 10, 40)), hours=dice.randint(0, 5))
    return {"maintenance": window, "freezes": freezes}


def program_takes(settings: dict[str, Any]) -> bool:
    try:
        ClusterSettings.model_validate(settings)
    except ValidationError:
        return False
    return True


def body(settings: dict[str, Any]) -> Json:
    """The policy as the API gets it."""
    window = settings["maintenance"]
    start = datetime.fromisoformat(f"2025-01-04T{window['start']}:00Z")
    end = start + timedelta(hours=window["hours"])
    exclusions = {
        name: {
            "startTime": freeze["start"],
            "endTime": freeze["end"],
            "maintenanceExclusionOptions": {"scope": freeze["scope"]},
        }
        for name, freeze in settings["freezes"].items()
    }
    recurring = {
        "window": {"startTime": written(start), "endTime": written(end)},
        "recurrence": f"FREQ=WEEKLY;BYDAY={','.join(window['days'])}",
    }
    return {"maintenancePolicy": {"window": {"recurringWindow": recurring, "maintenanceExclusions": exclusions}}}


def cloud_takes(settings: dict[str, Any]) -> bool:
    try:
        gkemaintenance.require_enough(body(settings))
    except ApiError:
        return False
    return True


def test_no_freeze_passes_the_program_and_fails_in_the_cloud() -> None:
    dice = random.Random(32)  # noqa: S311  the same settings in every run
    answers = {True: 0, False: 0}
    for _ in range(60):
        settings = drawn(dice)
        taken = program_takes(settings)
        answers[taken] += 1
        assert not taken or cloud_takes(settings), settings
    assert min(answers.values()) > 5


@pytest.mark.parametrize("minutes", [-1, 0, 1])
def test_both_count_the_time_that_is_left_to_the_minute(minutes: int) -> None:
    """Windows of all day and 30 days of freeze leave two days, which is exactly enough."""
    end = FIRST + timedelta(days=29, hours=23, minutes=59)
    later = end + timedelta(minutes=1 - minutes) + timedelta(days=2)
    settings: dict[str, Any] = {
        "maintenance": {"days": list(get_args(Weekday)), "start": "00:00", "hours": 24},
        "freezes": {
            "one": {"start": written(FIRST), "end": written(FIRST + timedelta(days=30)), "scope": "NO_UPGRADES"},
            "two": {"start": written(later), "end": written(later + timedelta(days=20)), "scope": "NO_UPGRADES"},
        },
    }
    assert program_takes(settings) == cloud_takes(settings) == (minutes <= 0)


def after_each_other(*freezes: tuple[str, int, float]) -> dict[str, Any]:
    """Settings with freezes of a scope and a number of days, and the days until the next."""
    listed: dict[str, Any] = {}
    start = FIRST
    for number, (scope, days, until_next) in enumerate(freezes):
        end = start + timedelta(days=days)
        listed[f"freeze-{number}"] = {"start": written(start), "end": written(end), "scope": scope}
        start = end + timedelta(days=until_next)
    return {"maintenance": {"days": list(get_args(Weekday)), "start": "00:00", "hours": 24}, "freezes": listed}


def pack_takes(settings: dict[str, Any]) -> bool:
    window = body(settings)["maintenancePolicy"]["window"]
    exclusions = [
        {**freeze, "exclusionOptions": freeze["maintenanceExclusionOptions"]}
        for freeze in window["maintenanceExclusions"].values()
    ]
    recurring = {**window["recurringWindow"]["window"], "recurrence": window["recurringWindow"]["recurrence"]}
    inputs = {"maintenancePolicy": {"recurringWindow": recurring, "maintenanceExclusions": exclusions}}
    resource = Resource("urn:pulumi:s::p::t::n", CLUSTER, "main", inputs)
    return not [*maintenance_possible.check(resource)]


TOO_LONG = [
    ((MINOR, 180, 0), (MINOR, 180, 0)),
    ((MINOR, 180, 0), (NODE, 180, 0)),
    ((NODE, 180, 1), (MINOR, 1, 0)),
    ((NODE, 100, 1.9), (NODE, 100, 0)),
    ((MINOR, 180, 0), (FULL, 1, 0)),
    ((FULL, 10, 1), (MINOR, 171, 0)),
    ((MINOR, 90, 0), (MINOR, 45, 0), (NODE, 46, 0)),
    ((NODE, 170, -160), (MINOR, 171, 0)),
]
SHORT_ENOUGH = [
    ((MINOR, 180, 2), (MINOR, 180, 0)),
    ((MINOR, 90, 0), (NODE, 90, 0)),
    ((NODE, 180, 2), (MINOR, 180, 2), (NODE, 180, 0)),
    ((NODE, 170, -160), (MINOR, 170, 0)),
]


@pytest.mark.parametrize("freezes", TOO_LONG, ids=str)
def test_freezes_that_follow_each_other_are_too_long_together_for_all_three(freezes: Any) -> None:
    settings = after_each_other(*freezes)
    assert (program_takes(settings), pack_takes(settings), cloud_takes(settings)) == (False, False, False)
    with pytest.raises(ValidationError, match=r"follow each other and stop minor upgrades for [0-9]+ days"):
        ClusterSettings.model_validate(settings)


@pytest.mark.parametrize("freezes", SHORT_ENOUGH, ids=str)
def test_freezes_with_time_between_them_are_taken_by_all_three(freezes: Any) -> None:
    settings = after_each_other(*freezes)
    assert (program_takes(settings), pack_takes(settings), cloud_takes(settings)) == (True, True, True)


def test_days_between_freezes_on_which_no_window_opens_leave_no_time() -> None:
    settings = after_each_other((MINOR, 179, 3), (MINOR, 100, 0))
    (first, _) = settings["freezes"].values()
    opens = datetime.fromisoformat(first["end"]) - timedelta(days=1)
    days = get_args(Weekday)
    settings["maintenance"] |= {"days": [days[opens.weekday()], days[opens.weekday() - 1]]}
    assert not program_takes(settings)
    settings["maintenance"] |= {"days": [days[opens.weekday()], days[(opens.weekday() + 2) % 7]]}
    assert program_takes(settings)


def test_a_freeze_that_is_over_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", warnings.append)
    past = {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z", "scope": "NO_MINOR_UPGRADES"}
    coming = {"start": "2099-01-01T00:00:00Z", "end": "2099-01-02T00:00:00Z", "scope": "NO_MINOR_UPGRADES"}
    settings = cluster_settings.ClusterSettings.model_validate({"freezes": {"past": past, "coming": coming}})

    cluster_maintenance.policy(settings)

    assert len(warnings) == 1
    assert "platform:cluster.freezes: past is over" in warnings[0]
