"""The programs that a sandbox uses; as `cli.doctor` asks, too, this imports the standard library only."""

from dataclasses import dataclass
from pathlib import Path

from sandbox import programs
from toolchain import engine
from toolchain.beside import Beside


@dataclass(frozen=True)
class Tools:
    """Paths of the programs."""

    pulumi: Path
    controlplane: Path


def ensure() -> Tools:
    """The programs, found, downloaded or built: the control plane beside the engine."""
    controlplane = Beside(lambda: programs.ensure_controlplane().path, f"building {programs.CONTROLPLANE.title}")
    return Tools(engine.ensure().path, controlplane.result())
