"""Provider plugins of a sandbox: the vendor's where they can be had, and the sandbox's own where not.

A sandbox keeps the plugins that it began with, since its states were written by them, until SANDBOX_PLUGINS says
otherwise. The vendor's gcp plugin talks to Google over HTTPS: its launch script sets the proxy and the certificate
of the sandbox's endpoints for this one process. Standard library only (see `cli.doctor`).
"""

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.google.address import script
from toolchain import pins, plugins, recorded, vendor
from toolchain.environments import CHECKOUT, python
from toolchain.errors import ToolError
from toolchain.files import write_whole
from toolchain.progress import say

VARIABLE = "SANDBOX_PLUGINS"
_VENDOR, _OURS = "vendor", "ours"
# The provider that calls Google; the other one calls the cluster, whose certificate is in its kubeconfig.
_OF_GOOGLE = "gcp"
_WHOSE = {True: "the sandbox's own", False: "the vendor's"}


@dataclass(frozen=True)
class Plugins:
    """Plugins of one sandbox, at the versions of the layers' SDKs.

    Attributes:
        programs: provider -> program of the vendor; None for the sandbox's own.
    """

    programs: Mapping[str, Path | None]

    @property
    def call_google(self) -> bool:
        """True when Google's endpoints have to run: the vendor's plugin calls them."""
        return self.programs[_OF_GOOGLE] is not None

    def scripts(self, sandbox: Path) -> Iterator[tuple[Path, str]]:
        """Path below the engine's home folder, and shell script, of each plugin's program."""
        for name, program in self.programs.items():
            if program is None:
                yield _place(name), module(f"sandbox.plugins.{name}")
            else:
                environment = _sourced(script(sandbox)) if name == _OF_GOOGLE else ""
                yield _place(name), f'{environment}exec {shlex.quote(str(program))} "$@"'

    def shown(self) -> str:
        """The plugins in words, for `make doctor` and the summary of `make up`."""
        return ", ".join(
            f"{name} {pins.PLUGINS[name]} ({_WHOSE[program is None]})" for name, program in self.programs.items()
        )

    def keep(self, sandbox: Path) -> None:
        """Record them as the sandbox's."""
        text = json.dumps({name: str(program) if program else None for name, program in self.programs.items()})
        if not (file := _record(sandbox)).is_file() or file.read_text() != text:
            write_whole(file, text)


OWN = Plugins(dict.fromkeys(pins.PLUGINS))


def choose(sandbox: Path) -> Plugins:
    """Choose the plugins of a sandbox: as SANDBOX_PLUGINS says, as before, or the vendor's where they can be had.

    Raises `ToolError` when those that SANDBOX_PLUGINS names cannot be had.
    """
    choice = os.environ.get(VARIABLE, "")
    if choice == _OURS:
        return OWN
    if choice == _VENDOR:
        return _vendors()
    if choice:
        return _of_folder(Path(choice))
    return kept(sandbox) or _where_they_can_be_had()


def kept(sandbox: Path) -> Plugins | None:
    """The plugins that the sandbox has; None when there are none, or the vendor's programs are gone."""
    try:
        programs: dict[str, str | None] = json.loads(_record(sandbox).read_text())
    except (OSError, ValueError):
        return None
    found = {name: Path(program) if program else None for name, program in programs.items()}
    if found.keys() != pins.PLUGINS.keys() or not all(program is None or _runs(program) for program in found.values()):
        return None
    return Plugins(found)


def module(name: str) -> str:
    """Shell command that runs a module of the tools."""
    path = shlex.quote(os.pathsep.join(str(CHECKOUT / folder) for folder in ("tools", "policies")))
    return f'PYTHONPATH={path} exec {shlex.quote(str(python("tools")))} -m {name} "$@"'


def _place(name: str) -> Path:
    """Path of a plugin's program below the engine's home folder."""
    return Path("plugins", f"resource-{name}-v{pins.PLUGINS[name]}", f"pulumi-resource-{name}")


def _where_they_can_be_had() -> Plugins:
    known = recorded.digests()
    if any(release.file not in known for release in vendor.beside_engine()):
        return OWN
    try:
        return _vendors()
    except ToolError as error:
        say(f"the vendor's plugins cannot be had, so the sandbox's own run ({error})")
        return OWN


def _vendors() -> Plugins:
    folder = plugins.ensure() / "plugins"
    return Plugins(
        {
            name: folder / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
            for name, version in pins.PLUGINS.items()
        }
    )


def _of_folder(folder: Path) -> Plugins:
    """Plugins of a folder; those that it lacks are the sandbox's own."""
    programs = {name: folder.absolute() / f"pulumi-resource-{name}" for name in pins.PLUGINS}
    if not any(map(_runs, programs.values())):
        raise ToolError(
            f"{VARIABLE}={folder} is no folder with {' or '.join(path.name for path in programs.values())}, so nothing "
            f"was started. Set it to `{_VENDOR}`, to `{_OURS}`, or to such a folder; unset it to use the vendor's "
            "where they can be had."
        )
    return Plugins({name: path if _runs(path) else None for name, path in programs.items()})


def _runs(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)


def _record(sandbox: Path) -> Path:
    return sandbox / "plugins.json"


def _sourced(environment: Path) -> str:
    file = shlex.quote(str(environment))
    missing = "the sandbox's Google endpoints do not run, so the gcp plugin cannot; `make up` starts them"
    return f"[ -r {file} ] || {{ echo {shlex.quote(missing)} >&2; exit 1; }}\n. {file}\n"
