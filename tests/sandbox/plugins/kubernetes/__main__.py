"""Starts the plugin; the engine reads its port from standard output, and passes its own address as an argument."""

import importlib
import os
import signal
import sys
import threading
from types import FrameType

from sandbox.plugins.kubernetes.progress import EngineLog
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.server import serve


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once: waiting threads would hold the engine up, and what they wait for is in the cluster."""
    del number, frame
    os._exit(0)


def _warm_up() -> None:
    """Load the client while the engine starts its program: it is the half of this plugin's start-up time."""
    importlib.import_module("sandbox.plugins.kubernetes.connection")


def _leave_with_engine() -> None:
    """End when the engine does, even by a kill: it holds the other end of standard input."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_warm_up, daemon=True).start()
    engine = sys.argv[1] if len(sys.argv) > 1 else ""
    if engine:
        threading.Thread(target=_leave_with_engine, daemon=True).start()
    sys.exit(serve(KubernetesProvider(EngineLog(engine))))
