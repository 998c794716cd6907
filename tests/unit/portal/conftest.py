"""A portal as a folder, and a browser that looks at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from cli.portal.pages import build
from unit.portal import world
from unit.portal.looking import launched


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a small environment."""
    folder = tmp_path_factory.mktemp("portal")
    build(world.answers(tmp_path_factory.mktemp("states")), folder)
    return folder


@pytest.fixture(scope="session")
def large_portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of 10,000 resources."""
    folder = tmp_path_factory.mktemp("large")
    build(world.answers(tmp_path_factory.mktemp("states"), world.large(10_000)), folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, for one file of tests: while it is there, its event loop runs in this thread."""
    with launched() as started:
        yield started
