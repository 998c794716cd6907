"""Fixtures of the tests of the commands."""

from pathlib import Path

import pytest

from unit.runner.bootstrap_world import World, new_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project in which nothing was made yet."""
    return new_world(tmp_path / "first", monkeypatch)
