"""gRPC server of a `Provider` for the engine (pulumirpc.ResourceProvider).

Secrets arrive in plain text: the engine itself keeps every property secret that was secret in the inputs.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent import futures
from types import FrameType
from typing import Any, TypeVar, cast

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.plugins.protocol import InitFailedError, Properties, Provider, ProviderError, Resource

T = TypeVar("T")

_LARGEST = 400 << 20  # bytes of one message, as the engine allows


def to_properties(message: struct_pb2.Struct) -> Properties:
    """Converts a protobuf struct to plain values; whole numbers become integers again."""
    return _plain(json_format.MessageToDict(message))


def to_struct(properties: Properties) -> struct_pb2.Struct:
    """Converts plain values to a protobuf struct."""
    message = struct_pb2.Struct()
    message.update(properties)
    return message


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("Properties", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_KINDS = {"add": 0, "delete": 2, "update": 4}  # PropertyDiff.Kind; the value after each is its _REPLACE


class _Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """gRPC service that forwards requests to a `Provider`."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def Handshake(self, request: Any, context: Any) -> Any:
        """Returns the plugin's capabilities: none beyond the defaults."""
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Returns the version of the plugin."""
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def Attach(self, request: Any, context: Any) -> Any:
        """Does nothing: the engine's address is not used."""
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        """Ends the provider's waits; the engine ends the process afterwards."""
        self._provider.cancel()
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Accepts the configuration without a check."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Reports no change: a changed configuration never replaces resources."""
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        """Passes the configuration to the provider."""
        self._guarded(context, lambda: self._provider.configure(to_properties(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        """Returns the inputs with defaults, and failures."""
        resource, olds, news = _resource(request), to_properties(request.olds), to_properties(request.news)
        inputs, failures = self._guarded(
            context, lambda: self._provider.check(resource, olds, news, bytes(request.randomSeed))
        )
        reasons = [provider_pb2.CheckFailure(reason=failure) for failure in failures]
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=reasons)

    def Diff(self, request: Any, context: Any) -> Any:
        """Returns the changes by property path."""
        olds, news = to_properties(request.olds), to_properties(request.news)
        old_inputs = to_properties(request.old_inputs) or olds
        resource = _resource(request)
        difference = self._guarded(context, lambda: self._provider.diff(resource, old_inputs, olds, news))
        ignored = resource.ignored or ("\0",)
        changes = {path: kind for path, kind in difference.changes.items() if not path.startswith(ignored)}
        replaces = sorted(difference.replaces & changes.keys())
        bridged = self._provider.is_bridged
        detailed = {
            path: provider_pb2.PropertyDiff(kind=cast("Any", _KINDS[kind] + (path in replaces)), inputDiff=not bridged)
            for path, kind in changes.items()
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=_whole(replaces) if bridged else replaces,
            diffs=_whole(changes) if bridged else [],
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and difference.delete_first,
        )

    def Create(self, request: Any, context: Any) -> Any:
        """Creates a resource, or predicts a creation."""
        inputs = to_properties(request.properties)
        identifier, outputs = self._guarded(
            context, lambda: self._provider.create(_resource(request), inputs, preview=request.preview)
        )
        return provider_pb2.CreateResponse(id=identifier, properties=to_struct(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        """Reads the present state of a resource."""
        inputs, state = to_properties(request.inputs), to_properties(request.properties)
        identifier, new_inputs, outputs = self._guarded(
            context, lambda: self._provider.read(_resource(request), inputs, state)
        )
        return provider_pb2.ReadResponse(id=identifier, inputs=to_struct(new_inputs), properties=to_struct(outputs))

    def Update(self, request: Any, context: Any) -> Any:
        """Changes a resource in place, or predicts the change."""
        olds, news = to_properties(request.olds), to_properties(request.news)
        old_inputs = to_properties(request.old_inputs)
        outputs = self._guarded(
            context, lambda: self._provider.update(_resource(request), old_inputs, olds, news, preview=request.preview)
        )
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        """Deletes a resource."""
        state = to_properties(request.properties)
        self._guarded(context, lambda: self._provider.delete(_resource(request), state))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        """Calls a function of the provider."""
        arguments = to_properties(request.args)
        result = self._guarded(context, lambda: self._provider.invoke(request.tok, arguments))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))  # the field's name is a keyword of Python
        return response

    def _guarded(self, context: Any, operation: Callable[[], T]) -> T:
        """Runs an operation; converts its exceptions to a gRPC status for the engine."""
        try:
            return operation()
        except InitFailedError as error:
            detail = provider_pb2.ErrorResourceInitFailed(
                id=error.resource_id,
                properties=to_struct(error.outputs),
                inputs=to_struct(error.inputs),
                reasons=error.reasons,
            )
            packed = any_pb2.Any()
            packed.Pack(detail)
            status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[packed])
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise AssertionError  # abort raises


def _resource(request: Any) -> Resource:
    """Returns the resource of a request; type and name come from the URN if the request has none."""
    urn_type, _, urn_name = request.urn.rpartition("::")
    token = request.type or urn_type.rpartition("::")[2].rpartition("$")[2]
    ignored = tuple(getattr(request, "ignoreChanges", ()))
    return Resource(request.urn, token, request.name or urn_name, getattr(request, "id", ""), ignored)


def bind(server: grpc.Server, provider: Provider) -> int:
    """Starts a gRPC server of a provider on a free loopback port, and returns the port."""
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return port


def serve(provider: Provider, engine: str = "") -> int:
    """Serves a provider until the engine ends the process; prints the port as the protocol wants it.

    Args:
        provider: the provider to serve.
        engine: the engine's address; with an address, the process ends when the engine does.
    """
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)
    if engine:
        threading.Thread(target=_leave_with_engine, daemon=True).start()
    sizes = [("grpc.max_receive_message_length", _LARGEST), ("grpc.max_send_message_length", _LARGEST)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=sizes)
    print(bind(server, provider), flush=True)
    server.wait_for_termination()
    return 0


def _whole(paths: Iterable[str]) -> list[str]:
    """Returns the properties that paths are in."""
    return sorted({path.partition(".")[0].partition("[")[0] for path in paths})


def _leave(number: int, frame: FrameType | None) -> None:
    """Ends the process at once: waiting threads would delay the engine, and the awaited work is in other processes."""
    del number, frame
    os._exit(0)


def _leave_with_engine() -> None:
    """Ends the process with the engine, even a killed one: the engine has the other end of standard input."""
    sys.stdin.buffer.read()
    os._exit(0)
