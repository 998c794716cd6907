"""Whoever copies this repository makes the first changes of their own, and every check stays green."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import on_demand
import pytest

import example_checkout
from cli import checks
from e2e.sandboxes import copy_checkout
from unit import first_week, first_week_checks
from unit.first_week import STEPS, Week

# The checks with the SDKs as a program of a layer imports them, which saves a quarter of the time of each step.
PROGRAM = f"""
import runpy, on_demand
on_demand.install()
runpy.run_module({first_week_checks.__name__!r}, run_name="__main__")
"""
# Checks that read no file of an adopter's.
OF_CODE = {"lint", "format", "locks", "kit", "go", "workflows", "types"}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    """A clone of the product, in which each test takes the next step."""
    root = tmp_path_factory.mktemp("week") / "checkout"
    copy_checkout(root)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return Week(root)


@pytest.fixture(scope="module")
def tested(week: Week) -> str:
    """Content of what the tests read before the first step."""
    return example_checkout.content(week.root)


def checked(root: Path, *options: str) -> str:
    """Findings in the adopter's files; empty when they pass."""
    command = [sys.executable, "-c", PROGRAM, *options]
    env = checks.comparing(root)
    env["PYTHONPATH"] += f"{os.pathsep}{Path(on_demand.__file__).parent}"
    done = subprocess.run(command, cwd=root / "tests", env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_only_checks_of_code_are_left_out() -> None:
    assert set(checks.CHECKS) == OF_CODE | set(first_week_checks.CHECKS)


@pytest.mark.parametrize("step", STEPS, ids=[step.__name__ for step in STEPS])
def test_each_step_of_an_adopters_first_week_passes_the_checks_and_changes_nothing_that_tests_read(
    week: Week, tested: str, step: Callable[[Week], None]
) -> None:
    step(week)
    # One step touches nothing that documents show.
    assert checked(week.root, *([] if step is first_week.team_without_app else ["--docs"])) == ""
    assert example_checkout.content(week.root) == tested, "a file that the tests read has changed"
