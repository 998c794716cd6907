"""Google's own client for Python works on the sandbox, with IAM's decisions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import example_tenant as example
from unit.sandbox.google.calls import SERVICES
from unit.sandbox.google.clients import ADMIN, PROJECT, World

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
