"""Programs that a sandbox uses; `cli.doctor` loads this module as well, so it imports the standard library only."""

from dataclasses import dataclass
from pathlib import Path

from sandbox import programs
from sandbox.gateway import published
from toolchain import engine
from toolchain.background import BackgroundWork


@dataclass(frozen=True)
class Tools:
    """Paths of the programs."""

    pulumi: Path
    controlplane: Path


def ensure() -> Tools:
    """Find, download or build the programs, the control plane in parallel with the engine, and the cluster's kinds."""
    controlplane = BackgroundWork(
        lambda: programs.ensure_controlplane().path, f"building {programs.CONTROLPLANE.title}"
    )
    pulumi = engine.ensure().path
    published.ensure()
    return Tools(pulumi, controlplane.result())
