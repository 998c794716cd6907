"""Starts the plugin; the engine reads its port from standard output, and passes its own address as an argument."""

import importlib
import sys
import threading

from sandbox.plugins.kubernetes.progress import EngineLog
from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.server import serve


def _warm_up() -> None:
    """Load the client while the engine starts its program: it takes half of this plugin's start-up time."""
    importlib.import_module("sandbox.plugins.kubernetes.connection")


if __name__ == "__main__":
    threading.Thread(target=_warm_up, daemon=True).start()
    engine = "".join(sys.argv[1:2])
    sys.exit(serve(KubernetesProvider(EngineLog(engine)), engine))
