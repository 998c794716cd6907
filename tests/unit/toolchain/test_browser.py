"""Sources of a Chromium for the tests of pages."""

import os
from pathlib import Path

import pytest

from toolchain import browser
from toolchain.errors import ToolError


@pytest.fixture(autouse=True)
def nothing_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any browser, from which nothing can be downloaded."""
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SANDBOX_OFFLINE", "1")


def _program(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_what_is_named_goes_before_what_is_on_path_and_that_before_a_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = _program(tmp_path / "playwright" / "chromium-1000" / "chrome-linux" / "chrome")
    new = _program(tmp_path / "playwright" / "chromium-1200" / "chrome-linux64" / "chrome")
    assert old != browser.ensure() == new
    on_path = _program(tmp_path / "bin" / "google-chrome")
    assert browser.ensure() == on_path
    named = _program(tmp_path / "named")
    monkeypatch.setenv(browser.VARIABLE, str(named))
    assert browser.ensure() == named


def test_what_is_named_and_no_program_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    monkeypatch.setenv(browser.VARIABLE, str(tmp_path / "text"))
    with pytest.raises(ToolError, match="is not a program, so pages cannot be tested"):
        browser.ensure()


def test_without_any_the_command_that_gets_one_is_named() -> None:
    with pytest.raises(ToolError, match=r"SANDBOX_OFFLINE is set.*playwright install --with-deps chromium"):
        browser.ensure()


def test_a_download_is_tried_before_the_systems_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SANDBOX_OFFLINE")
    tried: list[str] = []

    def download() -> None:
        tried.append("download")

    def install() -> None:
        tried.append("package")
        _program(tmp_path / "bin" / "chromium")

    monkeypatch.setattr(browser, "_download", download)
    monkeypatch.setattr(browser, "_install", install)
    assert browser.ensure() == tmp_path / "bin" / "chromium"
    assert tried == ["download", "package"]
    assert browser.ensure() == tmp_path / "bin" / "chromium"
    assert tried == ["download", "package"]


def test_only_root_runs_it_without_its_own_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--no-sandbox" in browser.options()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "--no-sandbox" not in browser.options()
    assert "--disable-background-networking" in browser.options()
