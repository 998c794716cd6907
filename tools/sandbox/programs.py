"""Programs of the sandbox that no vendor offers, built from its Go modules.

The control plane and `kubectl` are one multi-call binary. A `kubectl` from PATH is not used: its version need not fit
the control plane's. Only commands for state in buckets need the object server (see `google/`): it is built on
demand, and not with the other tools.
"""

from pathlib import Path

from toolchain import build, pins
from toolchain.versions import InstalledProgram

_FOLDER = Path(__file__).parent
CONTROLPLANE = build.Program(
    name="controlplane",
    module=_FOLDER / "controlplane",
    package=".",
    ldflags=pins.CONTROLPLANE_LDFLAGS,
    sources=(".",),
    title=f"the Kubernetes control plane {pins.KUBERNETES_TEXT}",
    takes="about 10 min",
)
OBJECTS = build.Program(
    name="objects",
    module=_FOLDER / "objects",
    package=".",
    ldflags="-s -w",
    sources=(".",),
    title="the sandbox's object server",
    takes="about 1 min",
)


def find_controlplane() -> InstalledProgram | None:
    """Return the control plane in the cache, or None."""
    path = build.find(CONTROLPLANE)
    return InstalledProgram(path, pins.KUBERNETES_TEXT, "cache, built") if path else None


def ensure_controlplane() -> InstalledProgram:
    """Return the control plane; build it if it is not in the cache."""
    return find_controlplane() or InstalledProgram(build.ensure(CONTROLPLANE), pins.KUBERNETES_TEXT, "built")


def ensure_objects() -> Path:
    """Return the object server; build it if it is not in the cache."""
    return build.ensure(OBJECTS)
