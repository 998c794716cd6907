"""Programs of the sandbox that no vendor offers, always built from its Go modules.

The control plane and `kubectl` are one multi-call binary. A `kubectl` from PATH is not used: its version need not fit
the control plane's. Only what works with state in buckets needs the server of objects (see `google/`): it is built when
that is asked for, and not with the other tools.
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
    """The control plane in the cache, or None."""
    path = build.find(CONTROLPLANE)
    return InstalledProgram(path, pins.KUBERNETES_TEXT, "cache, built") if path else None


def ensure_controlplane() -> InstalledProgram:
    """The control plane, built when it is not in the cache."""
    return find_controlplane() or InstalledProgram(build.ensure(CONTROLPLANE), pins.KUBERNETES_TEXT, "built")


def ensure_objects() -> Path:
    """The server of objects, built when it is not in the cache."""
    return build.ensure(OBJECTS)
