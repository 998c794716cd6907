"""KMS over gRPC, which is how Google's Go clients call it."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.kms_v1 import types

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import CODES, ApiError
from sandbox.google.incoming import authenticated

_SERVICE = "google.cloud.kms.v1.KeyManagementService"
_KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"
_STATUS = {status.value[0]: status for status in grpc.StatusCode}


def server(cloud: Cloud, address: str) -> grpc.Server:
    """A server of KeyManagementService on an address such as "unix:kms.sock"; it is not started yet."""

    def encrypt(request: Any, context: grpc.ServicerContext) -> Any:
        """https://cloud.google.com/kms/docs/reference/rpc/google.cloud.kms.v1#encryptrequest."""
        answer = _call(cloud, context, "encrypt", request, plaintext=request.plaintext)
        return types.EncryptResponse(name=answer["name"], ciphertext=base64.b64decode(answer["ciphertext"]))

    def decrypt(request: Any, context: grpc.ServicerContext) -> Any:
        """https://cloud.google.com/kms/docs/reference/rpc/google.cloud.kms.v1#decryptrequest."""
        answer = _call(cloud, context, "decrypt", request, ciphertext=request.ciphertext)
        return types.DecryptResponse(plaintext=base64.b64decode(answer["plaintext"]))

    offered = {
        "Encrypt": _unary(encrypt, types.EncryptRequest, types.EncryptResponse),
        "Decrypt": _unary(decrypt, types.DecryptRequest, types.DecryptResponse),
    }
    made = grpc.server(ThreadPoolExecutor(4))
    made.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, offered),))
    made.add_insecure_port(address)
    return made


def _unary(
    handler: Callable[[Any, grpc.ServicerContext], Any], asked: Any, answered: Any
) -> "grpc.RpcMethodHandler[Any, Any]":
    return grpc.unary_unary_rpc_method_handler(handler, asked.deserialize, answered.serialize)


def _call(cloud: Cloud, context: grpc.ServicerContext, verb: str, request: Any, **data: bytes) -> dict[str, Any]:
    data["additionalAuthenticatedData"] = request.additional_authenticated_data
    body = {name: base64.b64encode(value).decode() for name, value in data.items()}
    try:
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        return cloud.call(f"{_KEYS}.{verb}", request.name, authenticated(cloud, headers), body)
    except ApiError as error:
        context.abort(_STATUS[CODES[error.status]], error.message)
