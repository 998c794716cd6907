"""Whoever copies this repository makes the first changes of their own, and every check stays green."""

import os
import subprocess
from pathlib import Path

import pytest

import example_checkout
from e2e.sandboxes import copy_checkout
from unit import first_week
from unit.first_week import STEPS, Week


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


def checked(root: Path) -> str:
    """Findings of `make check`; empty when it passes."""
    env = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(["make", "check"], cwd=root, env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("step", STEPS, ids=[step.__name__ for step in STEPS])
def test_each_step_of_an_adopters_first_week_passes_the_checks_and_changes_nothing_that_tests_read(
    week: Week, tested: str, step: object
) -> None:
    assert callable(step)
    step(week)
    if step is not first_week.team_without_app:  # the one that touches nothing that documents show
        subprocess.run(["make", "docs"], cwd=week.root, check=True, capture_output=True)
    assert checked(week.root) == ""
    assert example_checkout.content(week.root) == tested, "a file that the tests read has changed"
