"""Peak memory of all processes of one sandbox while a command runs."""

import threading
from pathlib import Path
from types import TracebackType

_EVERY = 0.5  # seconds between two samples


class Peak:
    """Samples the proportional memory of every process that has the sandbox's folder in its environment.

    Args:
        folder: the sandbox's folder, or one above it.
    """

    def __init__(self, folder: Path) -> None:
        self._needle = str(folder).encode()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.megabytes = 0.0

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self.megabytes = max(self.megabytes, self._now())

    def _now(self) -> float:
        return sum(_proportional(process) for process in Path("/proc").glob("[0-9]*") if self._belongs(process))

    def _belongs(self, process: Path) -> bool:
        try:
            return (
                self._needle in (process / "environ").read_bytes() or self._needle in (process / "cmdline").read_bytes()
            )
        except OSError:
            return False  # it ended, or is another user's


def _proportional(process: Path) -> float:
    """Megabytes of a process, shared pages counted by share; 0 for one that ended."""
    try:
        lines = (process / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
