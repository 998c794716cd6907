"""Cases that the lab runs by `act` are run by the double in the same way, with the stand-in for `make`."""

import json
from pathlib import Path

import pytest

from lab.interpreter import double
from lab.interpreter.cases import CASES


def started(name: str, folder: Path) -> set[tuple[str, str]]:
    """Commands that a case starts, each with the stack that it is about."""
    [case] = [case for case in CASES if case.name == name]
    return {(command, json.loads(variables).get("STACK", "")) for _, command, variables in double.run(case, folder)}


def test_a_failed_deployment_stops_what_comes_after_it(tmp_path: Path) -> None:
    failed, whole = tmp_path / "failed", tmp_path / "whole"
    for folder in (failed, whole):
        folder.mkdir()

    assert "prod" in _deployed(started("a merge", whole))
    assert "prod" not in _deployed(started("identity fails in dev", failed))


def _deployed(commands: set[tuple[str, str]]) -> set[str]:
    return {stack for command, stack in commands if command.startswith("deploy ")}


@pytest.mark.parametrize("name", ["a fork", "a fork that is deleted", "Dependabot"])
def test_what_nobody_has_read_is_tested_and_not_previewed(tmp_path: Path, name: str) -> None:
    commands = {command for command, _ in started(name, tmp_path)}

    assert {"up", "check", "ci STEP=comment"} <= commands
    assert "ci STEP=preview" not in commands
