"""Times without upgrades: the program and the simulated API count the time that they leave alike."""

import random
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from platform_layer.cluster import cluster_maintenance, cluster_settings
from platform_layer.cluster.cluster_settings import ClusterSettings, Weekday
from sandbox.cloud.errors import ApiError
from sandbox.cloud.services import gkemaintenance
from sandbox.cloud.store import Json

FIRST = datetime.fromisoformat("2026-03-02T00:00:00Z")
MOST = {"NO_UPGRADES": 30, "NO_MINOR_UPGRADES": 180}


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


def test_a_freeze_that_is_over_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", warnings.append)
    past = {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z", "scope": "NO_MINOR_UPGRADES"}
    coming = {"start": "2099-01-01T00:00:00Z", "end": "2099-01-02T00:00:00Z", "scope": "NO_MINOR_UPGRADES"}
    settings = cluster_settings.ClusterSettings.model_validate({"freezes": {"past": past, "coming": coming}})

    cluster_maintenance.policy(settings)

    assert len(warnings) == 1
    assert "platform:cluster.freezes: past is over" in warnings[0]
