"""Starts the plugin; the engine reads its port from standard output, and passes its own address as an argument."""

import sys

from engine import messages


def main() -> int:
    """Serve the engine until it ends this process."""
    messages.import_alone()
    from sandbox.plugins.kubernetes.provider import KubernetesProvider  # noqa: PLC0415  after the line above
    from sandbox.plugins.progress import EngineLog  # noqa: PLC0415  the same
    from sandbox.plugins.server import serve  # noqa: PLC0415  the same

    engine = "".join(sys.argv[1:2])
    return serve(KubernetesProvider(EngineLog(engine)), engine)


if __name__ == "__main__":
    sys.exit(main())
