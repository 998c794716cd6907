"""Release files of the vendor for real environments: launchers of this machine's engine and a sandbox's programs."""

import hashlib
import io
import tarfile
from pathlib import Path

from toolchain import engine, recorded, vendor


def record(checkout: Path, folder: Path) -> dict[str, str]:
    """Write the files into a folder and their digests into a checkout; return the variable that names the folder.

    A launcher finds the plugins in the sandbox that SANDBOX_DIR names.
    """
    folder.mkdir(parents=True)
    own = engine.ensure().path.resolve().parent
    programs = {vendor.engine(): {f"pulumi/{name}": own / name for name in ("pulumi", engine.HOST)}}
    for release in vendor.plugins():
        program = f"pulumi-resource-{release.name}"
        in_sandbox = f"$SANDBOX_DIR/pulumi/plugins/resource-{release.name}-v{release.version}/{program}"
        programs[release] = {program: Path(in_sandbox)}
    login = f"bin/{vendor.CLUSTER_LOGIN}"
    programs[vendor.cluster_login()] = {login: Path(f"$SANDBOX_DIR/{login}")}
    lines: list[str] = []
    for release, launchers in programs.items():
        content = _archive(launchers)
        (folder / (release.file or "")).write_bytes(content)
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {release.file}\n")
    (checkout / recorded.NAME).write_text("".join(lines))
    return {vendor.MIRROR: folder.as_uri()}


def _archive(launchers: dict[str, Path]) -> bytes:
    """An archive whose bytes depend on its launchers alone, so that its entry in the cache serves every run."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, program in launchers.items():
            script = f'#!/bin/sh\nexec "{program}" "$@"\n'.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(script), 0o755
            archive.addfile(entry, io.BytesIO(script))
    return content.getvalue()
