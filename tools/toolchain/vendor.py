"""Release files of vendors that jobs run: the engine, plugins of the locked providers, the login helper of clusters.

Owns: their names, their addresses, and the SHA-256 that their publisher states. The engine's is in the checksum file of
its release. The checksum files of the providers hold SHA-1, so theirs is the digest that GitHub computed when the file
was uploaded to the release, which cannot be changed afterwards. The login helper's is in the manifest of its release of
the Google Cloud CLI, from which `gcloud components install` takes it; nothing else of that CLI runs in a job.

Does not own: what this repository has recorded of them (`recorded`), or their download (`download`).
"""

import json
import os
import re
import sys
import urllib.request
from dataclasses import dataclass
from typing import IO, Any

from toolchain import pins
from toolchain.environments import CHECKOUT, LAYERS
from toolchain.errors import ToolError

# Only jobs on these systems are supported; the vendor has files for Windows as well.
_PLATFORMS = {
    ("linux", "x86_64"): ("linux", "amd64"),
    ("linux", "aarch64"): ("linux", "arm64"),
    ("darwin", "x86_64"): ("darwin", "amd64"),
    ("darwin", "arm64"): ("darwin", "arm64"),
}
# A folder with copies of the files: an address, or file:///… for a folder of this machine. Its owner can withhold a
# file and not replace it: the recorded digest decides whether a copy is used.
MIRROR = "VENDOR_MIRROR"
RELEASES = "https://github.com/{repository}/releases/download/v{version}"
API = "https://api.github.com/repos/{repository}/releases/tags/v{version}"
_ENGINE = "https://get.pulumi.com/releases/sdk"
_PLUGINS = "https://get.pulumi.com/releases/plugins"
PLUGIN_STEM = "pulumi-resource-"
GOOGLE_CLOUD_CLI = "https://dl.google.com/dl/cloudsdk/channels/rapid"
CLUSTER_LOGIN = "gke-gcloud-auth-plugin"
_SECONDS = 20.0
_LONGEST = 5_000_000
_DIGEST = re.compile(r"[0-9a-f]{64}")
# Every package of Pulumi that a layer locks is a provider with a plugin, except for the policies' library.
_PROVIDER = re.compile(r"^pulumi-(?P<name>(?!policy==)[a-z0-9-]+)==(?P<version>\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Release:
    """One version of the engine or of a plugin.

    Attributes:
        name: `pulumi`, or the provider's name.
        version: such as `3.259.0`.
        folder: address of the folder with the files.
        stem: first part of the files' names.
        amd64: name of that architecture in the files' names.
        checksums: name of the release's file of SHA-256; empty when there is none.
    """

    name: str
    version: str
    folder: str
    stem: str
    amd64: str = "amd64"
    checksums: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files, one for each supported platform."""
        return tuple(self._file(*platform) for platform in _PLATFORMS.values())

    @property
    def file(self) -> str | None:
        """Name of the file for this machine; None when the vendor has none."""
        platform = _PLATFORMS.get((sys.platform, os.uname().machine))
        return self._file(*platform) if platform else None

    def _file(self, system: str, machine: str) -> str:
        return f"{self.stem}-v{self.version}-{system}-{self.amd64 if machine == 'amd64' else machine}.tar.gz"

    def address(self, file: str) -> str:
        """Address of a file: at the mirror when there is one, else at the vendor's."""
        return f"{(os.environ.get(MIRROR) or self.folder).rstrip('/')}/{file}"

    def published(self) -> dict[str, str]:
        """SHA-256 of the release's files by name, as their publisher states it; files without one are left out.

        Raises `OSError` when the publisher cannot be reached, `ValueError` when the answer cannot be read.
        """
        stated = self._stated()
        return {file: stated[file] for file in self.files if _DIGEST.fullmatch(stated.get(file, ""))}

    def _stated(self) -> dict[str, str]:
        at = {"repository": f"pulumi/{'pulumi' if self.checksums else f'pulumi-{self.name}'}", "version": self.version}
        if self.checksums:
            with _open(f"{RELEASES.format(**at)}/{self.checksums}") as answer:
                return _of_checksums(answer.read(_LONGEST).decode())
        with _open(API.format(**at)) as answer:
            return _of_assets(json.loads(answer.read(_LONGEST)))


class Component(Release):
    """A component of the Google Cloud CLI; `checksums` is the manifest of a release of the CLI."""

    def _file(self, system: str, machine: str) -> str:
        return f"{self.stem}-{system}-{'x86_64' if machine == 'amd64' else 'arm'}-{self.version}.tar.gz"

    def _stated(self) -> dict[str, str]:
        with _open(f"{GOOGLE_CLOUD_CLI}/{self.checksums}") as answer:
            return _of_components(json.loads(answer.read(_LONGEST)))


def engine() -> Release:
    """Release of the engine, with its language host."""
    version = pins.PULUMI_TEXT
    return Release("pulumi", version, _ENGINE, "pulumi", "x64", f"pulumi-{version}-checksums.txt")


def plugins() -> tuple[Release, ...]:
    """Releases of the providers' plugins, at the versions that the layers lock; engine and SDK demand the same one.

    Raises `ToolError` when a lock file cannot be read.
    """
    try:
        texts = [(CHECKOUT / layer / "requirements.txt").read_text("utf-8") for layer in LAYERS]
    except OSError as error:
        raise ToolError(
            f"{error.filename} cannot be read ({error.strerror}), so the plugins of its layer are unknown. Restore the "
            "file, or write it anew with `make lock`."
        ) from error
    locked = sorted({(match["name"], match["version"]) for text in texts for match in _PROVIDER.finditer(text)})
    return tuple(Release(name, version, _PLUGINS, f"{PLUGIN_STEM}{name}") for name, version in locked)


def cluster_login() -> Release:
    """The login helper of GKE clusters, which a kubeconfig of the layers names."""
    stem, manifest = f"google-cloud-sdk-{CLUSTER_LOGIN}", f"components-v{pins.GOOGLE_CLOUD_CLI_TEXT}.json"
    folder = f"{GOOGLE_CLOUD_CLI}/components"
    return Component(CLUSTER_LOGIN, pins.CLUSTER_LOGIN_BUILD, folder, stem, checksums=manifest)


def beside_engine() -> tuple[Release, ...]:
    """Releases of what the engine runs: plugins, and the login helper of clusters."""
    return (*plugins(), cluster_login())


def releases() -> tuple[Release, ...]:
    """Every release that a job with an identity runs a file of."""
    return (engine(), *beside_engine())


def _open(address: str) -> IO[bytes]:
    return urllib.request.urlopen(address, timeout=_SECONDS)  # noqa: S310  https addresses of this module


def _of_checksums(text: str) -> dict[str, str]:
    """Digests of a checksum file, whose lines are as `sha256sum` writes them."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[1].removeprefix("*").removeprefix("./"): pair[0].lower() for pair in pairs if len(pair) == 2}


def _of_assets(release: Any) -> dict[str, str]:
    """Digests of a release's files in GitHub's description of the release."""
    try:
        return {each["name"]: (each.get("digest") or "").removeprefix("sha256:") for each in release["assets"]}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the description of the release has no list of files ({error!r})") from error


def _of_components(manifest: Any) -> dict[str, str]:
    """Digests of components' files in the manifest of a release of the Google Cloud CLI."""
    try:
        files = [each["data"] for each in manifest["components"] if each.get("data")]
        return {str(file["source"]).rpartition("/")[2]: str(file.get("checksum")) for file in files}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the manifest of the release has no list of components ({error!r})") from error
