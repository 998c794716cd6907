"""KMS over gRPC, the protocol of Google's Go clients.

The module defines the used fields of four messages. The package that Google publishes with all of KMS takes a second to
load, and conflicts with Pulumi's SDK in one process: both define `google.rpc.Status`.
"""

import base64
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import CODES, ApiError
from sandbox.google.incoming import authenticated

PACKAGE = "google.cloud.kms.v1"
SERVICE = f"{PACKAGE}.KeyManagementService"
_KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"
_STATUS = {status.value[0]: status for status in grpc.StatusCode}

# Message -> field -> number; https://cloud.google.com/kms/docs/reference/rpc/google.cloud.kms.v1. Names are text, all
# else is bytes. Checksums are optional on both sides and left out; fields that are not known are skipped.
_MESSAGES: Mapping[str, Mapping[str, int]] = {
    "EncryptRequest": {"name": 1, "plaintext": 2, "additional_authenticated_data": 3},
    "EncryptResponse": {"name": 1, "ciphertext": 2},
    "DecryptRequest": {"name": 1, "ciphertext": 2, "additional_authenticated_data": 3},
    "DecryptResponse": {"plaintext": 1},
}


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="kms.proto", package=PACKAGE, syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, number in fields.items():
            kind = field.TYPE_STRING if name == "name" else field.TYPE_BYTES
            described.field.add(name=name, number=number, type=kind, label=field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()  # not the default pool, which may have Google's messages
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in _MESSAGES
    }


MESSAGES = _messages()


def server(cloud: Cloud, address: str) -> grpc.Server:
    """Returns a server of KeyManagementService on an address such as "unix:kms.sock", not yet started."""

    def encrypt(request: Any, context: grpc.ServicerContext) -> Any:
        result = _call(cloud, context, "encrypt", request, plaintext=request.plaintext)
        return MESSAGES["EncryptResponse"](name=result["name"], ciphertext=base64.b64decode(result["ciphertext"]))

    def decrypt(request: Any, context: grpc.ServicerContext) -> Any:
        result = _call(cloud, context, "decrypt", request, ciphertext=request.ciphertext)
        return MESSAGES["DecryptResponse"](plaintext=base64.b64decode(result["plaintext"]))

    offered = {"Encrypt": _unary("Encrypt", encrypt), "Decrypt": _unary("Decrypt", decrypt)}
    grpc_server = grpc.server(ThreadPoolExecutor(4))
    grpc_server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, offered),))
    grpc_server.add_insecure_port(address)
    return grpc_server


def _unary(name: str, handler: Callable[[Any, grpc.ServicerContext], Any]) -> "grpc.RpcMethodHandler[Any, Any]":
    answered = MESSAGES[f"{name}Response"]
    return grpc.unary_unary_rpc_method_handler(
        handler, MESSAGES[f"{name}Request"].FromString, answered.SerializeToString
    )


def _call(cloud: Cloud, context: grpc.ServicerContext, verb: str, request: Any, **data: bytes) -> dict[str, Any]:
    data["additionalAuthenticatedData"] = request.additional_authenticated_data
    body = {name: base64.b64encode(value).decode() for name, value in data.items()}
    try:
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        return cloud.call(f"{_KEYS}.{verb}", request.name, authenticated(cloud, headers), body)
    except ApiError as error:
        context.abort(_STATUS[CODES[error.status]], error.message)
