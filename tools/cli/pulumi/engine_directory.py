"""The folder that an engine works in."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EngineDirectory:
    """Layout of the folder: the engine's program, file backends and their passphrases, plans and logs."""

    path: Path

    @property
    def bin(self) -> Path:
        """Folder of the engine's program."""
        return self.path / "bin"

    @property
    def plans(self) -> Path:
        """Folder in which a preview leaves its plan for the update."""
        return self.path / "plans"

    def state(self, store: str) -> Path:
        """The folder of a file backend, which stands for a bucket."""
        return self.path / "state" / store

    def passphrase(self, store: str) -> Path:
        """The file with the passphrase of its secrets provider, which stands for the bucket's key."""
        return self.path / "passphrase" / store

    def logs(self) -> Path:
        """Folder of the logs of servers and engine."""
        return self.path / "logs"
