"""Cases that the lab runs by `act` are run by the double in the same way, with the stand-in for `make`."""

import json
from pathlib import Path

import pytest

from lab.interpreter import double
from lab.interpreter.cases import CASES


def started(name: str, folder: Path) -> set[tuple[str, str]]:
    """Jobs and commands of a case, with the stack that a command is about."""
    [case] = [case for case in CASES if case.name == name]
    commands = double.run(case, folder)
    return {(command.split()[0], json.loads(variables).get("STACK", "")) for _, command, variables in commands}


def test_a_failed_deployment_stops_what_comes_after_it(tmp_path: Path) -> None:
    failed, whole = tmp_path / "failed", tmp_path / "whole"
    for folder in (failed, whole):
        folder.mkdir()

    assert ("deploy", "prod") in started("a merge", whole)
    assert ("deploy", "prod") not in started("identity fails in dev", failed)


@pytest.mark.parametrize("name", ["a fork", "a fork that is deleted", "Dependabot"])
def test_what_nobody_has_read_is_tested_and_not_previewed(tmp_path: Path, name: str) -> None:
    [case] = [case for case in CASES if case.name == name]

    commands = {command for _, command, _ in double.run(case, tmp_path)}

    assert {"up", "check", "ci STEP=comment"} <= commands
    assert "ci STEP=preview" not in commands
