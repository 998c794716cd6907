"""Read of a resource through a provider plugin, as the engine reads it, to find out whether it exists.

Used when the state does not show it: after an update was killed in the middle of a creation.
"""

import contextlib
import subprocess
from collections.abc import Generator, Mapping
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from cli.embedded.directory import SandboxDirectory
from cli.pulumi.pending import UncertainResource
from sandbox.processes import PATIENCE
from toolchain import pins, processes
from toolchain.errors import ToolError

# Plugins require the address of an engine; for a read alone they do not call it.
_NO_ENGINE = "127.0.0.1:1"
_DETAILS = "grpc-status-details-bin"  # https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html
_DIRECT = (("grpc.enable_http_proxy", 0),)  # a person's proxy is not for loopback


def exists(
    sandbox: SandboxDirectory, env: Mapping[str, str], candidate: UncertainResource, provider_inputs: Mapping[str, Any]
) -> bool:
    """Return whether the resource exists, read with the configuration of its provider as the identity of `env`.

    Raises `ToolError` when the plugin cannot read it, for instance because the identity lacks the permission.
    """
    resource = candidate.resource
    with _plugin(sandbox, env, resource.type.partition(":")[0]) as plugin:
        configured = provider_pb2.ConfigureRequest(args=_struct(provider_inputs), acceptSecrets=True)
        request = provider_pb2.ReadRequest(id=candidate.id, urn=resource.urn, inputs=_struct(resource.inputs))
        request.type, request.name = resource.type, resource.name
        try:
            plugin.Configure(configured, timeout=PATIENCE)
            return bool(plugin.Read(request, timeout=PATIENCE).id)
        except grpc.RpcError as error:
            if _begun(error):
                return True
            reason = error.details() if isinstance(error, grpc.Call) else str(error)
            raise ToolError(
                f"whether {candidate.id} was created before the update was killed could not be found out: {reason}. "
                "Nothing was changed. Correct that and run `make up` again."
            ) from error


def _begun(error: grpc.RpcError) -> bool:
    """Return whether a read failed because the resource exists and is not ready, such as a Job that still runs."""
    trailing: Any = error.trailing_metadata() if isinstance(error, grpc.Call) else None
    packed: bytes = next((value for name, value in trailing or () if name == _DETAILS), b"")
    status: Any = status_pb2.Status.FromString(packed)
    return any(detail.Is(provider_pb2.ErrorResourceInitFailed.DESCRIPTOR) for detail in status.details)


@contextlib.contextmanager
def _plugin(
    sandbox: SandboxDirectory, env: Mapping[str, str], package: str
) -> Generator[Any]:  # the generated stub is not typed
    """A running plugin."""
    folder = sandbox.pulumi_home / "plugins" / f"resource-{package}-v{pins.PLUGINS[package]}"
    child = subprocess.Popen(  # noqa: S603  the sandbox's own plugin
        processes.tied([str(folder / f"pulumi-resource-{package}"), _NO_ENGINE]),
        env=dict(env),
        stdin=subprocess.PIPE,  # a plugin ends with the other end of it
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = (child.stdout.readline() if child.stdout else "").strip()
        if not port.isdigit():
            raise ToolError(f"the {package} plugin of the sandbox did not start; run `make up` again")
        with grpc.insecure_channel(f"127.0.0.1:{port}", _DIRECT) as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        child.kill()
        child.wait()


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(dict(values))
    return message
