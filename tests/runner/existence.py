"""Asking a provider plugin whether a resource exists, as the engine would ask it.

Used where the state cannot tell: after an update was killed in the middle of a creation.
"""

import contextlib
import subprocess
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from runner.directory import SandboxDirectory
from sandbox.plugins.gcp.provider import id_of
from sandbox.tools import pins, processes
from sandbox.tools.errors import ToolError

_SECONDS = 30.0


@dataclass(frozen=True)
class Identity:
    """What names a resource to its provider: URN, type token, and the ID that it has if it exists."""

    urn: str
    type: str
    id: str


def identity(urn: str, kind: str, inputs: Mapping[str, Any]) -> Identity | None:
    """What a resource of these inputs is called in the cloud; None when the cloud itself would choose the name."""
    if kind.startswith("gcp:"):
        found = id_of(kind, dict(inputs))
    elif kind.startswith("kubernetes:"):
        metadata = inputs.get("metadata") or {}
        name, namespace = metadata.get("name"), metadata.get("namespace")
        found = f"{namespace}/{name}" if name and namespace else name
    else:
        found = None
    return Identity(urn, kind, found) if found else None


def exists(
    sandbox: SandboxDirectory,
    env: Mapping[str, str],
    resource: Identity,
    inputs: Mapping[str, Any],
    provider_inputs: Mapping[str, Any],
) -> bool:
    """Whether the resource exists, asked with the configuration of its provider and as the identity of `env`.

    Raises `ToolError` when the plugin cannot tell, for instance because that identity may not read it.
    """
    package = resource.type.partition(":")[0]
    with _plugin(sandbox, env, package) as plugin:
        configured = provider_pb2.ConfigureRequest(args=_struct(provider_inputs), acceptSecrets=True)
        asked = provider_pb2.ReadRequest(id=resource.id, urn=resource.urn, inputs=_struct(inputs))
        asked.type, asked.name = resource.type, resource.urn.rpartition("::")[2]
        try:
            plugin.Configure(configured, timeout=_SECONDS)
            return bool(plugin.Read(asked, timeout=_SECONDS).id)
        except grpc.RpcError as error:
            reason = error.details() if isinstance(error, grpc.Call) else str(error)
            raise ToolError(
                f"whether {resource.id} was created before the update was killed could not be found out: {reason}. "
                "Nothing was changed. Correct that and run `make up` again."
            ) from error


@contextlib.contextmanager
def _plugin(
    sandbox: SandboxDirectory, env: Mapping[str, str], package: str
) -> Generator[provider_pb2_grpc.ResourceProviderStub]:
    folder = sandbox.pulumi_home / "plugins" / f"resource-{package}-v{pins.PLUGINS[package]}"
    child = subprocess.Popen(  # noqa: S603  the sandbox's own plugin
        [str(folder / f"pulumi-resource-{package}"), "127.0.0.1:0"],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=processes.die_with_parent(),  # noqa: PLW1509  two system calls, no lock
    )
    try:
        port = (child.stdout.readline() if child.stdout else "").strip()
        if not port.isdigit():
            raise ToolError(f"the {package} plugin of the sandbox did not start; run `make up` again")
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        child.kill()
        child.wait()


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(dict(values))
    return message
