"""Tells the user, through the engine, what a resource waits for."""

import threading
from typing import Any, Protocol

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class Progress(Protocol):
    """Takes one line at a time about a resource; each replaces the one before."""

    def __call__(self, urn: str, message: str) -> None:
        """Show a line next to the resource of that URN."""
        ...


class EngineLog:
    """The engine's own log, at an address that it gives its plugins; without one, nothing is shown."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: Any = None

    def __call__(self, urn: str, message: str) -> None:
        """Show a line next to the resource of that URN. A line that cannot be delivered is not worth an error."""
        if not self._address:
            return
        with self._lock:
            if self._stub is None:
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
        try:
            line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn, ephemeral=True)
            self._stub.Log(line, timeout=5)
        except grpc.RpcError:
            return
