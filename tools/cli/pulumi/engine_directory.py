"""The folder that an engine works in."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EngineDirectory:
    """A folder with what the engine works on: its program, file backends and their passphrases, plans and logs."""

    path: Path

    @property
    def bin(self) -> Path:
        """Where the engine's program is."""
        return self.path / "bin"

    @property
    def plans(self) -> Path:
        """Where a preview leaves its plan for the update."""
        return self.path / "plans"

    def state(self, layer: str) -> Path:
        """The folder of a layer's file backend."""
        return self.path / "state" / layer

    def passphrase(self, layer: str) -> Path:
        """The file with the passphrase of a layer's secrets provider."""
        return self.path / "passphrase" / layer

    def logs(self) -> Path:
        """Where servers and engine write what happened."""
        return self.path / "logs"
