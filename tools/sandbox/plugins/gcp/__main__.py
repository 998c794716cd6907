"""Starts the plugin; the engine reads its port from standard output, and passes its own address as an argument."""

import sys

from sandbox.plugins import messages


def main() -> int:
    """Serve the engine until it ends this process."""
    messages.import_alone()
    from sandbox.plugins.gcp.provider import GcpProvider  # noqa: PLC0415  after the line above
    from sandbox.plugins.server import serve  # noqa: PLC0415  the same

    return serve(GcpProvider(), "".join(sys.argv[1:2]))


if __name__ == "__main__":
    sys.exit(main())
