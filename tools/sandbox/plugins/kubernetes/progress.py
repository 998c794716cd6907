"""Progress messages to the user, through the engine, about resources that wait."""

import threading
from typing import Any, Protocol

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class Progress(Protocol):
    """Receiver of progress lines about a resource; a line replaces the previous line."""

    def __call__(self, urn: str, message: str) -> None:
        """Show a line next to the resource of that URN."""
        ...


class EngineLog:
    """The engine's log, at the address that it gives its plugins; without an address, nothing is shown."""

    def __init__(self, address: str) -> None:
        self._address = address
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
            line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=urn, ephemeral=True)
            self._stub.Log(line, timeout=5)
        except grpc.RpcError:
            return
