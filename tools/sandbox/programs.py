"""The Kubernetes control plane and `kubectl`: one multi-call binary, always built from this repository's Go module.

No vendor offers that binary. A `kubectl` from PATH is not used: its version need not fit the control plane's.
"""

from pathlib import Path

from toolchain import build, pins
from toolchain.versions import Found

CONTROLPLANE = build.Program(
    name="controlplane",
    module=Path(__file__).resolve().parents[1] / "sandbox" / "controlplane",
    package=".",
    ldflags=pins.CONTROLPLANE_LDFLAGS,
    sources=(".",),
    title=f"the Kubernetes control plane {pins.KUBERNETES_TEXT}",
    takes="about 10 min",
)


def find() -> Found | None:
    """The built binary, or None."""
    path = build.find(CONTROLPLANE)
    return Found(path, pins.KUBERNETES_TEXT, "cache, built") if path else None


def ensure() -> Found:
    """The binary, built when it is not in the cache."""
    found = find()
    return found or Found(build.ensure(CONTROLPLANE), pins.KUBERNETES_TEXT, "built")
