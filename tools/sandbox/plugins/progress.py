"""Messages to the user, through the engine, about one resource: progress of what waits, and remarks on a plan."""

import threading
from typing import Any, Protocol

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class Progress(Protocol):
    """Receiver of lines about a resource."""

    def __call__(self, urn: str, message: str) -> None:
        """Show a line next to the resource of that URN."""
        ...


class EngineLog:
    """The engine's log, at the address that it gives its plugins; without an address, nothing is shown.

    Args:
        address: the engine's address.
        ephemeral: whether a line replaces the previous line, and is gone at the end.
    """

    def __init__(self, address: str, *, ephemeral: bool = True) -> None:
        self._address = address
        self._ephemeral = ephemeral
        self._lock = threading.Lock()
        self._stub: Any = None

    def __call__(self, urn: str, message: str) -> None:
        """Show a line next to the resource of that URN. A failed delivery is ignored."""
        if not self._address:
            return
        with self._lock:
            if self._stub is None:
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
        try:
            line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn, ephemeral=self._ephemeral)
            self._stub.Log(line, timeout=5)
        except grpc.RpcError:
            return
