"""Starts the plugin; the engine reads its port from standard output, and passes its own address as an argument."""

import sys

from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.server import serve

if __name__ == "__main__":
    sys.exit(serve(GcpProvider(), "".join(sys.argv[1:2])))
