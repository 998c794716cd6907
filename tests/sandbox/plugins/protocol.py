"""Pulumi's provider protocol, reduced to typed methods over plain values.

A plugin subclasses `Provider`; `serve` speaks gRPC for it (pulumirpc.ResourceProvider). Secrets arrive in plain text:
the engine itself keeps the mark on every property that was secret in the inputs. Unknown values of a preview arrive
as `UNKNOWN`.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

T = TypeVar("T")

Properties = dict[str, Any]  # property values of a resource, in the provider schema's names

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # sdk/go/common/resource/plugin/rpc.go: unknown string value
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark for a secret, not one


class ProviderError(Exception):
    """An operation failed; the message is what the user reads."""


@dataclass(frozen=True)
class Resource:
    """Which resource an operation is about.

    Attributes:
        urn: the engine's name for it.
        type: its type token, such as "gcp:sql/user:User".
        name: its logical name in the program.
        id: the provider's id; "" before it exists.
    """

    urn: str
    type: str
    name: str
    id: str = ""


class InitFailedError(Exception):
    """A resource was created or changed but is not ready: the engine keeps it, and the next update tries again.

    Args:
        resource_id: the provider's id of it.
        outputs: its outputs as far as they are known.
        reasons: what is wrong, a sentence each.
    """

    def __init__(self, resource_id: str, outputs: Properties, inputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id = resource_id
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = reasons


@dataclass(frozen=True)
class Difference:
    """What changes between two sets of inputs.

    Attributes:
        changes: property path -> "add", "delete" or "update".
        replaces: those of the paths that force a replacement.
        delete_first: the replacement cannot exist beside the old resource.
    """

    changes: Mapping[str, str] = field(default_factory=dict[str, str])
    replaces: frozenset[str] = frozenset()
    delete_first: bool = False


class Provider:
    """What a plugin does; every method may raise ProviderError.

    Attributes:
        version: the version that the plugin reports.
    """

    version = "0.0.0"

    def configure(self, config: Properties) -> None:
        """Takes the provider's configuration, before any other operation."""

    def check(
        self, resource: Resource, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[str]]:
        """The inputs with defaults filled in, and what is wrong with them, a sentence each."""
        raise NotImplementedError  # pragma: no cover

    def diff(self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties) -> Difference:
        """What changes from the old inputs to the new ones."""
        raise NotImplementedError  # pragma: no cover

    def create(self, resource: Resource, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """Creates a resource: its id and outputs; in a preview only what is known beforehand."""
        raise NotImplementedError  # pragma: no cover

    def read(self, resource: Resource, inputs: Properties, state: Properties) -> tuple[str, Properties, Properties]:
        """Reads a resource: its id ("": it is gone), inputs and outputs."""
        raise NotImplementedError  # pragma: no cover

    def update(
        self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties, *, preview: bool
    ) -> Properties:
        """Changes a resource in place: its outputs."""
        raise NotImplementedError  # pragma: no cover

    def delete(self, resource: Resource, state: Properties) -> None:
        """Deletes a resource; one that is gone already is deleted."""
        raise NotImplementedError  # pragma: no cover

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Calls a function of the provider."""
        raise NotImplementedError  # pragma: no cover


def contains_unknown(value: Any) -> bool:
    """Whether a value is unknown in this preview, or holds something that is."""
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in cast("Properties", value).values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in cast("list[Any]", value))
    return value == UNKNOWN


def secret(value: Any) -> Properties:
    """A value marked as secret in an answer to the engine."""
    return {_SIGNATURE: _SECRET, "value": value}


def differences(old: Any, new: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Every property path at which two values differ, with "add", "delete" or "update"."""
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = cast("Properties", old), cast("Properties", new)
        for key in sorted(before.keys() | after.keys()):
            below = f"{path}.{key}" if path else key
            if key not in after:
                yield below, "delete"
            elif key not in before:
                yield below, "add"
            else:
                yield from differences(before[key], after[key], below)
    elif isinstance(old, list) and isinstance(new, list):
        earlier, later = cast("list[Any]", old), cast("list[Any]", new)
        for index in range(max(len(earlier), len(later))):
            below = f"{path}[{index}]"
            if index >= len(later):
                yield below, "delete"
            elif index >= len(earlier):
                yield below, "add"
            else:
                yield from differences(earlier[index], later[index], below)
    elif old != new:
        yield path, "update"


def to_properties(message: struct_pb2.Struct) -> Properties:
    """A protobuf struct as plain values; whole numbers become integers again."""
    return _plain(json_format.MessageToDict(message))


def to_struct(properties: Properties) -> struct_pb2.Struct:
    """Plain values as a protobuf struct."""
    message = struct_pb2.Struct()
    message.update(properties)
    return message


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("Properties", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_KINDS = {"add": 0, "delete": 2, "update": 4}  # PropertyDiff.Kind; each has its _REPLACE next to it


class _Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Carries gRPC requests to a `Provider`."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def Handshake(self, request: Any, context: Any) -> Any:
        """What the plugin understands; nothing special."""
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The plugin's version."""
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def Attach(self, request: Any, context: Any) -> Any:
        """Nothing to do: the engine's address is not used."""
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        """Nothing to do: the engine ends the process afterwards."""
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """The configuration is taken as it is."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """A changed configuration never replaces what the provider manages."""
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        """Hands the configuration over."""
        self._guarded(context, lambda: self._provider.configure(to_properties(request.args)))
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:
        """Inputs with defaults, and failures."""
        resource, olds, news = _resource(request), to_properties(request.olds), to_properties(request.news)
        inputs, failures = self._guarded(
            context, lambda: self._provider.check(resource, olds, news, bytes(request.randomSeed))
        )
        found = [provider_pb2.CheckFailure(reason=failure) for failure in failures]
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=found)

    def Diff(self, request: Any, context: Any) -> Any:
        """Changes by property path."""
        olds, news = to_properties(request.olds), to_properties(request.news)
        old_inputs = to_properties(request.old_inputs) or olds
        difference = self._guarded(context, lambda: self._provider.diff(_resource(request), old_inputs, olds, news))
        ignored = tuple(request.ignoreChanges)
        changes = {path: kind for path, kind in difference.changes.items() if not path.startswith(ignored or ("\0",))}
        replaces = sorted(difference.replaces & changes.keys())
        detailed = {
            path: provider_pb2.PropertyDiff(kind=cast("Any", _KINDS[kind] + (path in replaces)), inputDiff=True)
            for path, kind in changes.items()
        }
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=replaces,
            diffs=sorted({path.partition(".")[0].partition("[")[0] for path in changes}),
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and difference.delete_first,
        )

    def Create(self, request: Any, context: Any) -> Any:
        """Creates, or foretells a creation."""
        inputs = to_properties(request.properties)
        identifier, outputs = self._guarded(
            context, lambda: self._provider.create(_resource(request), inputs, preview=request.preview)
        )
        return provider_pb2.CreateResponse(id=identifier, properties=to_struct(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        """Reads the present state."""
        inputs, state = to_properties(request.inputs), to_properties(request.properties)
        identifier, new_inputs, outputs = self._guarded(
            context, lambda: self._provider.read(_resource(request), inputs, state)
        )
        return provider_pb2.ReadResponse(id=identifier, inputs=to_struct(new_inputs), properties=to_struct(outputs))

    def Update(self, request: Any, context: Any) -> Any:
        """Changes in place, or foretells it."""
        olds, news = to_properties(request.olds), to_properties(request.news)
        old_inputs = to_properties(request.old_inputs)
        outputs = self._guarded(
            context, lambda: self._provider.update(_resource(request), old_inputs, olds, news, preview=request.preview)
        )
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    def Delete(self, request: Any, context: Any) -> Any:
        """Deletes."""
        state = to_properties(request.properties)
        self._guarded(context, lambda: self._provider.delete(_resource(request), state))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        """Calls a function."""
        arguments = to_properties(request.args)
        result = self._guarded(context, lambda: self._provider.invoke(request.tok, arguments))
        return provider_pb2.InvokeResponse(**{"return": to_struct(result)})

    def _guarded(self, context: Any, operation: Callable[[], T]) -> T:
        """Runs an operation; what it raises becomes the status that the engine understands."""
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
    """The resource of a request; the type and name follow from the URN where the request has none."""
    urn_type, _, urn_name = request.urn.rpartition("::")
    token = request.type or urn_type.rpartition("::")[2].rpartition("$")[2]
    return Resource(request.urn, token, request.name or urn_name, getattr(request, "id", ""))


def serve(provider: Provider) -> int:
    """Serves a provider on loopback until the engine ends the process; prints the port as the protocol wants it."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32),
        options=[("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(grace=0)
    return 0
