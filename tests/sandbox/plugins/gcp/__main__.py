"""Starts the plugin; the engine reads its port from standard output."""

import sys

from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.server import serve

if __name__ == "__main__":
    sys.exit(serve(GcpProvider()))
