"""Fixtures of the tests of the commands."""

from pathlib import Path

import pytest

from unit.cli.bootstrap_world import World, new_world
from unit.cli.new_app_checkout import new_checkout


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project in which nothing was made yet."""
    return new_world(tmp_path / "first", monkeypatch)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository to which apps are added."""
    return new_checkout(tmp_path / "a checkout", monkeypatch)
