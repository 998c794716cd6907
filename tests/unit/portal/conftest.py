"""A portal as a folder, and a browser that looks at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from runner.portal.pages import build
from sandbox.tools import browser as chromium
from unit.portal import world


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    program = chromium.ensure()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=chromium.options())
        yield started
        started.close()
