"""Programs that the engine of a job with an identity runs: plugins of providers, and the login helper of clusters.

Each comes from the vendor's release by its recorded SHA-256, into a home folder of the engine of their own. They cannot
be built here: their modules are on no registry. The engine would look for plugins on PATH and in the person's own
folder, and download what is missing there without a digest to compare it with; the variables forbid all three. The
login helper is first on PATH, where the Kubernetes provider looks for it.
"""

import os
from pathlib import Path

from toolchain import cache, download, recorded, vendor
from toolchain.errors import ToolError
from toolchain.progress import say, step
from toolchain.versions import offline

_LOGIN = "login"
_CONSEQUENCE = "Nothing was started: no stack can be previewed or deployed without them."


def environment() -> dict[str, str]:
    """Variables of an engine that finds these programs and no others, and the person's own login of Pulumi.

    Raises `ToolError` when one of them is not recorded, or cannot be downloaded as it is recorded.
    """
    home = ensure()
    own = os.environ.get("PULUMI_HOME") or str(Path.home() / ".pulumi")
    return {
        "PULUMI_CREDENTIALS_PATH": os.environ.get("PULUMI_CREDENTIALS_PATH") or own,
        "PATH": os.pathsep.join(filter(None, [str(home / _LOGIN), os.environ.get("PATH")])),
        "PULUMI_HOME": str(home),
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def ensure() -> Path:
    """Home folder of the engine with the programs of all layers, downloaded when they are not in the cache.

    Raises `ToolError` when one of them is not recorded, or cannot be downloaded as it is recorded.
    """
    releases, known = vendor.beside_engine(), recorded.digests()
    unknown = [release.file or f"{release.name} for this machine" for release in releases if release.file not in known]
    if unknown:
        raise ToolError(
            f"{recorded.NAME} has no SHA-256 of {', '.join(unknown)}, and a job with an identity runs no vendor's file "
            f"without one. {_CONSEQUENCE} Run `make pins` where the publishers can be reached, have its change "
            "reviewed by the security team, and run this again. (The sandbox needs none.)"
        )
    digests = {release: known[release.file or ""] for release in releases}

    def assemble(folder: Path) -> None:
        for release, digest in digests.items():
            is_login = release.name == vendor.CLUSTER_LOGIN
            target = folder / (_LOGIN if is_login else f"plugins/resource-{release.name}-v{release.version}")
            target.mkdir(parents=True)
            unpacked = _unpacked(release, digest)
            for file in filter(Path.is_file, (unpacked / "bin" if is_login else unpacked).iterdir()):
                cache.link(file, target / file.name)
                if is_login:  # `gcloud` makes it executable, and its archive does not
                    (target / file.name).chmod(0o755)

    return cache.fill("plugins", cache.key_of(*digests.values()), assemble, _wait)


def _unpacked(release: vendor.Release, digest: str) -> Path:
    """Folder of one archive; layers change their versions one by one, and the others are not downloaded again."""

    def make(folder: Path) -> None:
        file = release.file or ""
        if offline():
            raise ToolError(f"{file} is not in the cache, and SANDBOX_OFFLINE is set. {_CONSEQUENCE} Unset it once.")
        try:
            with step(f"downloading {release.name} {release.version}") as running:
                download.unpacked(release.address(file), digest, folder, running)
        except download.WrongFileError as error:
            raise ToolError(recorded.refusal(error)) from error
        except download.UnavailableError as error:
            raise ToolError(
                f"{error}. {_CONSEQUENCE} Run it again where that address can be reached, or let {vendor.MIRROR} name "
                "a folder with copies: the recorded SHA-256 decides whether a copy is used."
            ) from error

    return cache.fill("plugin", digest, make, _wait)


def _wait(holder: str) -> None:
    say(f"waiting for {holder} …")
