"""The choice of a sandbox's plugins, and what their launch scripts start."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.embedded import plugins
from sandbox.google import address
from toolchain import pins, recorded
from toolchain.errors import ToolError

PRINTING = '#!/bin/sh\necho "$1 ${HTTPS_PROXY:-no proxy} ${SSL_CERT_FILE:-no certificate}"\n'
Folder = Callable[..., Path]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables of the person who runs the tests."""
    for name in (plugins.VARIABLE, "HTTPS_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Makes a folder with the vendor's programs for some providers, and lets SANDBOX_PLUGINS name it."""

    def make(*names: str) -> Path:
        made = tmp_path / "the vendor's"
        made.mkdir()
        for name in names:
            (made / f"pulumi-resource-{name}").write_text(PRINTING)
            (made / f"pulumi-resource-{name}").chmod(0o755)
        monkeypatch.setenv(plugins.VARIABLE, str(made))
        return made

    return make


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """A sandbox's folder, without anything in it."""
    (tmp_path / "sandbox" / "run").mkdir(parents=True)
    return tmp_path / "sandbox"


def started(sandbox: Path, name: str) -> "subprocess.CompletedProcess[str]":
    """Runs the launch script of a plugin, with one argument."""
    scripts = {file.name: text for file, text in plugins.choose(sandbox).scripts(sandbox)}
    script = scripts[f"pulumi-resource-{name}"]
    return subprocess.run(["sh", "-c", script, "sh", "started"], capture_output=True, text=True, check=False)


def test_without_recorded_digests_the_sandboxs_own_run(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "digests", dict[str, str])

    assert plugins.choose(sandbox) == plugins.OWN


def test_the_vendors_run_where_they_can_be_had(
    sandbox: Path, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    for name, version in pins.PLUGINS.items():
        place = home / "plugins" / f"resource-{name}-v{version}"
        place.mkdir(parents=True)
        (place / f"pulumi-resource-{name}").write_text(PRINTING)
    files = [release.file for release in plugins.vendor.beside_engine()]
    monkeypatch.setattr(recorded, "digests", lambda: dict.fromkeys(files, "0" * 64))
    monkeypatch.setattr(plugins.plugins, "ensure", lambda: home)

    chosen = plugins.choose(sandbox)

    assert chosen.call_google
    assert all(program and program.is_relative_to(home) for program in chosen.programs.values())


def test_recorded_plugins_that_cannot_be_downloaded_are_told_and_replaced(
    sandbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> Path:
        raise ToolError("the address cannot be reached")

    files = [release.file for release in plugins.vendor.beside_engine()]
    monkeypatch.setattr(recorded, "digests", lambda: dict.fromkeys(files, "0" * 64))
    monkeypatch.setattr(plugins.plugins, "ensure", refuse)

    assert plugins.choose(sandbox) == plugins.OWN
    assert "the address cannot be reached" in "".join(capsys.readouterr())


def test_the_vendors_on_request_are_the_vendors_or_an_error(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.VARIABLE, "vendor")
    monkeypatch.setattr(recorded, "digests", dict[str, str])

    with pytest.raises(ToolError, match="has no SHA-256 of"):
        plugins.choose(sandbox)


def test_a_sandbox_keeps_its_plugins_until_told_otherwise(
    sandbox: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder("gcp")
    chosen = plugins.choose(sandbox)
    chosen.keep(sandbox)
    monkeypatch.delenv(plugins.VARIABLE)

    assert plugins.choose(sandbox) == chosen
    monkeypatch.setenv(plugins.VARIABLE, "ours")
    assert plugins.choose(sandbox) == plugins.OWN


def test_programs_that_are_gone_are_chosen_anew(sandbox: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    made = folder("gcp", "kubernetes")
    plugins.choose(sandbox).keep(sandbox)
    (made / "pulumi-resource-gcp").unlink()
    monkeypatch.delenv(plugins.VARIABLE)
    monkeypatch.setattr(recorded, "digests", dict[str, str])

    assert plugins.choose(sandbox) == plugins.OWN


def test_a_folder_may_have_one_of_them(sandbox: Path, folder: Folder) -> None:
    folder("kubernetes")
    chosen = plugins.choose(sandbox)

    assert chosen.shown() == (
        f"gcp {pins.PLUGINS['gcp']} (the sandbox's own), kubernetes {pins.PLUGINS['kubernetes']} (the vendor's)"
    )
    assert not chosen.call_google


@pytest.mark.parametrize("value", ["/nowhere", "vendors"])
def test_a_folder_without_plugins_is_one_message(sandbox: Path, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.VARIABLE, value)

    with pytest.raises(ToolError, match=f"SANDBOX_PLUGINS={value} is no folder with .* nothing was started"):
        plugins.choose(sandbox)


def test_googles_plugin_alone_gets_the_endpoints(sandbox: Path, folder: Folder) -> None:
    folder("gcp", "kubernetes")
    address.publish(sandbox, 1234, b"certificate")

    of_google, of_the_cluster = started(sandbox, "gcp"), started(sandbox, "kubernetes")

    assert of_google.stdout == f"started http://127.0.0.1:1234 {sandbox}/run/google-ca.crt\n"
    assert of_the_cluster.stdout == "started no proxy no certificate\n"


def test_googles_plugin_does_not_start_without_the_endpoints(sandbox: Path, folder: Folder) -> None:
    folder("gcp")
    address.publish(sandbox, 1234, b"certificate")
    address.withdraw(sandbox)

    done = started(sandbox, "gcp")

    assert done.returncode == 1
    assert "endpoints do not run" in done.stderr
    assert not done.stdout
