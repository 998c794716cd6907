"""The Pulumi engine and its Python language host, side by side in one folder.

Sources, in this order: both on PATH, the vendor's release, both built from their Go modules. The engine uses the host
in its own folder without a check, so the two always come from the same source.
"""

import os
import shutil
import sys
from pathlib import Path

from toolchain import build, cache, download, pins
from toolchain.progress import say, step
from toolchain.versions import InstalledProgram, ask, offline, on_path

_MODULE = Path(__file__).resolve().parent / "go" / "engine"
HOST = "pulumi-language-python"
_QUIET = {"PULUMI_SKIP_UPDATE_CHECK": "true"}

ENGINE = build.Program(
    name="pulumi",
    module=_MODULE,
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ldflags=pins.ENGINE_LDFLAGS,
    sources=(".",),
    title=f"the Pulumi engine {pins.PULUMI_TEXT}",
    takes="about 5 min",
)
LANGUAGE_HOST = build.Program(
    name=HOST,
    module=_MODULE,
    package=f"./cmd/{HOST}",
    ldflags=pins.LANGUAGE_HOST_LDFLAGS,
    sources=(".", f"cmd/{HOST}"),
    title="the Python language host",
    takes="about 20 s",
)


def find() -> tuple[InstalledProgram | None, str]:
    """Find a usable engine on this machine, without download or build; else None and the reason."""
    installed, why = _on_path()
    if installed:
        return installed, ""
    for name, key, source in (("vendor", _vendor_key(), "vendor's release"), ("engine", _built_key(), "built")):
        entry = cache.entry(name, key)
        if entry:
            return InstalledProgram(entry / "pulumi", pins.PULUMI_TEXT, f"cache, {source}"), ""
    return None, why


def ensure() -> InstalledProgram:
    """A usable engine, downloaded or built when there is none.

    Raises `ToolError` when neither is possible.
    """
    installed, _ = find()
    if installed:
        return installed
    if not offline():
        released = _download()
        if released:
            return released
    programs = build.ensure(ENGINE), build.ensure(LANGUAGE_HOST)

    def assemble(folder: Path) -> None:
        for program in programs:
            try:
                os.link(program, folder / program.name)
            except OSError:  # a file system without hard links
                shutil.copy2(program, folder / program.name)

    entry = cache.fill("engine", _built_key(), assemble, lambda holder: say(f"waiting for {holder} …"))
    return InstalledProgram(entry / "pulumi", pins.PULUMI_TEXT, "built")


def _on_path() -> tuple[InstalledProgram | None, str]:
    def suitable(version: pins.Version) -> bool:
        return version[0] == pins.PULUMI[0] and version >= pins.PULUMI

    installed, why = on_path("pulumi", ["version"], suitable, {**os.environ, **_QUIET})
    if installed and not (installed.path.resolve().parent / HOST).exists():
        return None, f"{installed.path} has no {HOST} beside it"
    return installed, why


def _built_key() -> str:
    return cache.key_of(ENGINE.key(), LANGUAGE_HOST.key())


def _vendor_key() -> str:
    return cache.key_of(pins.PULUMI_TEXT, sys.platform, os.uname().machine)


def _download() -> InstalledProgram | None:
    """Download the vendor's release into the cache; None when it is unavailable, and the modules are built instead."""

    def make(folder: Path) -> None:
        with step(f"downloading the Pulumi engine {pins.PULUMI_TEXT}"):
            download.pulumi(folder)
        version = ask([folder / "pulumi", "version"], {**os.environ, **_QUIET})
        if version.lstrip("v") != pins.PULUMI_TEXT:
            raise download.UnavailableError(f"its program says it is {version or 'nothing'}")

    try:
        if not download.reachable():
            return None
        entry = cache.fill("vendor", _vendor_key(), make, lambda holder: say(f"waiting for {holder} …"))
    except download.UnavailableError as reason:
        say(f"the vendor's release of Pulumi is not used: {reason}; building it from its modules instead")
        return None
    return InstalledProgram(entry / "pulumi", pins.PULUMI_TEXT, "vendor's release")
