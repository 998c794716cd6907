"""Google's own client for Python works on the sandbox, with IAM's decisions."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import example_tenant as example
from sandbox.cloud import settings
from unit.sandbox.google.calls import SERVICES
from unit.sandbox.google.clients import ADMIN, PROJECT, World
from waiting import eventually

PROGRAM = Path(__file__).with_name("client_lives.py")


def outcomes(world: World, member: str) -> list[tuple[str, str, int]]:
    """Service, method and status of each request of the client, as a member."""
    command = [sys.executable, str(PROGRAM), str(world.endpoints.port), str(world.endpoints.authority)]
    ran = subprocess.run(
        [*command, example.PROJECT, example.REGION],
        input=world.token(member),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return [(service, method, status) for service, method, status in json.loads(ran.stdout)]


def network(world: World, name: str, **changed: str) -> dict[str, Any]:
    """Result of the creation of a network by the client, with these settings of the cloud."""
    names = {setting.replace("_", "."): value for setting, value in changed.items()}
    for setting, value in names.items():
        settings.change(world.cloud.store, setting, value)
    try:
        command = [sys.executable, str(PROGRAM), str(world.endpoints.port), str(world.endpoints.authority)]
        ran = subprocess.run(
            [*command, example.PROJECT, example.REGION, name],
            input=world.token(ADMIN.member),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for setting in names:
            settings.change(world.cloud.store, setting, None)
    assert ran.returncode == 0, ran.stderr
    content: dict[str, Any] = json.loads(ran.stdout)
    return content


@pytest.fixture(scope="module")
def enabled(world: World) -> World:
    """The cloud with all APIs on."""
    for service in SERVICES:
        world.cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
    return world


def test_a_permitted_caller_gets_what_it_asks_for(enabled: World) -> None:
    lived = outcomes(enabled, ADMIN.member)
    assert [outcome for outcome in lived if outcome[2] != 200] == []
    assert len({service for service, _, _ in lived}) == 18


def test_another_caller_is_refused_everything(enabled: World) -> None:
    lived = outcomes(enabled, "user:nobody@example.com")
    assert [outcome for outcome in lived if outcome[2] not in (403, 404)] == []


def test_the_client_waits_for_an_operation_that_takes_time(enabled: World) -> None:
    seen = network(enabled, "slow", operations_seconds="0.5")["operations"]
    assert (seen[0]["status"], seen[-1]["status"], "error" in seen[-1]) == ("RUNNING", "DONE", False)


def test_the_client_sees_that_an_operation_failed(enabled: World) -> None:
    failed = network(enabled, "failed", operations_error="Internal error", operations_seconds="0.2")["operations"][-1]
    assert failed["error"]["errors"] == [{"code": "INTERNAL_ERROR", "message": "Internal error"}]
    assert failed["httpErrorStatusCode"] == 500


def test_an_answer_that_is_lost_is_an_error_and_the_change_is_done(enabled: World) -> None:
    lost = network(enabled, "lost", faults='[{"method": "compute.networks.insert", "kind": "timeout"}]')
    assert (lost["operations"], lost["error"]) == ([], "ChunkedEncodingError")
    assert network(enabled, "lost")["status"] == 409


def test_a_look_at_an_operation_that_is_lost_leaves_the_operation(enabled: World) -> None:
    faulty = '[{"method": "compute.globalOperations.wait", "kind": "unavailable"}]'
    begun = network(enabled, "unseen", faults=faulty, operations_seconds="0.2")
    assert (begun["operations"][0]["status"], begun["status"]) == ("RUNNING", 503)
    url = f"https://compute.googleapis.com/compute/v1/{PROJECT}/global/operations/{begun['operations'][0]['name']}"
    eventually(lambda: enabled.send("GET", url, enabled.token(ADMIN.member)).json()["status"] == "DONE")
