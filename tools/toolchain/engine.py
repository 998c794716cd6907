"""The Pulumi engine and its Python language host, side by side in one folder.

Sources, in this order: both on PATH, the vendor's release, both built from their Go modules. The engine uses the host
in its own folder without a check, so the two always come from the same source. What is used is a folder with links to
them, in which the host is started by `confined.py`: a program writes no file.

A job with an identity (`pinned`) takes neither what is on PATH nor a release without a recorded SHA-256. What is built
is pinned as well: `go.sum` fixes every module.
"""

import os
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from toolchain import build, cache, confined, download, pins, recorded, vendor
from toolchain.errors import ToolError
from toolchain.progress import say, step
from toolchain.versions import InstalledProgram, ask, offline, on_path

_MODULE = Path(__file__).resolve().parent / "go" / "engine"
HOST = "pulumi-language-python"
_UNCONFINED = "unconfined-language-host"
_LAUNCHER = "confined.py"
# The engine names the script by a link, or by its own path.
_SCRIPT = f"""#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec INTERPRETER -I -S "$here/{_LAUNCHER}" "$here/{_UNCONFINED}" "$@"
"""
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


def find(*, pinned: bool = False) -> tuple[InstalledProgram | None, str]:
    """Find a usable engine on this machine, without download or build; else None and the reason.

    Args:
        pinned: for a job with an identity.
    """
    installed, why = (None, "not in the cache") if pinned else _on_path()
    if installed:
        return installed, ""
    digest = _recorded()
    released = [("vendor", _vendor_key(digest), "vendor's release")] if digest or not pinned else []
    for name, key, source in (*released, ("engine", _built_key(), "built")):
        entry = cache.entry(name, key)
        if entry:
            return InstalledProgram(entry / "pulumi", pins.PULUMI_TEXT, f"cache, {source}"), ""
    return None, why


def ensure(*, pinned: bool = False) -> InstalledProgram:
    """A usable engine, downloaded or built when there is none, which confines the programs that it runs.

    Args:
        pinned: for a job with an identity.

    Raises `ToolError` when neither is possible, or when a job with an identity got another file than the recorded one.
    """
    return _confining(_ensured(pinned=pinned))


def _ensured(*, pinned: bool) -> InstalledProgram:
    installed, _ = find(pinned=pinned)
    if installed:
        return installed
    digest = _recorded()
    if not offline() and (digest or not pinned):
        released = _download(digest, pinned=pinned)
        if released:
            return released
    programs = build.ensure(ENGINE), build.ensure(LANGUAGE_HOST)

    def assemble(folder: Path) -> None:
        for program in programs:
            cache.link(program, folder / program.name)

    entry = cache.fill("engine", _built_key(), assemble, lambda holder: say(f"waiting for {holder} …"))
    return InstalledProgram(entry / "pulumi", pins.PULUMI_TEXT, "built")


def _confining(installed: InstalledProgram) -> InstalledProgram:
    """The same engine in a folder in which the language host, and so every program, is confined."""
    engine = installed.path.resolve()
    host, launcher = engine.with_name(HOST), Path(confined.__file__).read_bytes()
    interpreter = Path(sys.executable).resolve()

    def assemble(folder: Path) -> None:
        cache.link(engine, folder / engine.name)
        cache.link(host, folder / _UNCONFINED)
        (folder / _LAUNCHER).write_bytes(launcher)
        script = folder / HOST
        script.write_text(_SCRIPT.replace("INTERPRETER", shlex.quote(str(interpreter))), encoding="utf-8")
        script.chmod(0o755)

    version = [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in (engine, host)]
    key = cache.key_of(*version, launcher, _SCRIPT, str(interpreter))
    entry = cache.fill("confining", key, assemble, lambda holder: say(f"waiting for {holder} …"))
    return replace(installed, path=entry / engine.name)


def _on_path() -> tuple[InstalledProgram | None, str]:
    def suitable(version: pins.Version) -> bool:
        return version[0] == pins.PULUMI[0] and version >= pins.PULUMI

    installed, why = on_path("pulumi", ["version"], suitable, {**os.environ, **_QUIET})
    if installed and not (installed.path.resolve().parent / HOST).exists():
        return None, f"{installed.path} has no {HOST} beside it"
    return installed, why


def _built_key() -> str:
    return cache.key_of(ENGINE.key(), LANGUAGE_HOST.key())


def _recorded() -> str:
    """Recorded SHA-256 of the release for this machine; empty when there is none."""
    return recorded.digests().get(vendor.engine().file or "", "")


def _vendor_key(digest: str) -> str:
    return cache.key_of(pins.PULUMI_TEXT, sys.platform, os.uname().machine, *filter(None, [digest]))


def _download(digest: str, *, pinned: bool) -> InstalledProgram | None:
    """Download the vendor's release into the cache; None when it is unavailable, and the modules are built instead.

    Args:
        digest: recorded for it. Without one it has to be the digest that the release states now: this protects against
            a damaged or replaced file on the download's host, and not against a publisher with access to both hosts.
        pinned: for a job with an identity.
    """
    release = vendor.engine()
    file = release.file

    def make(folder: Path) -> None:
        with step(f"downloading the Pulumi engine {pins.PULUMI_TEXT}") as running:
            expected = digest or _published(release, file or "")
            download.unpacked(release.address(file or ""), expected, folder, running)
        _flatten(folder)
        version = ask([folder / "pulumi", "version"], {**os.environ, **_QUIET})
        if version.lstrip("v") != pins.PULUMI_TEXT:
            raise download.UnavailableError(f"its program says it is {version or 'nothing'}")

    try:
        if not file or not download.reachable(release.address(file)):
            return None
        entry = cache.fill("vendor", _vendor_key(digest), make, lambda holder: say(f"waiting for {holder} …"))
    except download.UnavailableError as reason:
        if pinned and isinstance(reason, download.WrongFileError):
            raise ToolError(recorded.refusal(reason)) from reason
        say(f"the vendor's release of Pulumi is not used: {reason}; building it from its modules instead")
        return None
    return InstalledProgram(entry / "pulumi", pins.PULUMI_TEXT, "vendor's release")


def _published(release: vendor.Release, file: str) -> str:
    try:
        return release.published()[file]
    except (OSError, ValueError) as error:
        raise download.UnavailableError(f"its published checksum cannot be read ({error})") from error
    except KeyError as error:
        raise download.UnavailableError(f"the published checksums do not name {file}") from error


def _flatten(folder: Path) -> None:
    """Move the programs of the archive's one folder `pulumi/`, or of its `bin/`, up into `folder`."""
    inner = (folder / "pulumi").rename(folder / "unpacked")
    for file in list((inner / "bin" if (inner / "bin").is_dir() else inner).iterdir()):
        file.rename(folder / file.name)
    shutil.rmtree(inner)
