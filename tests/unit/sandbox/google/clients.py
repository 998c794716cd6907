"""Clients of the endpoints as Google's are: through the proxy, over TLS, with a token."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests

import example_tenant as example
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from sandbox.google import kms
from sandbox.google.address import Endpoints
from waiting import LONGEST_SECONDS

PROJECT = f"projects/{example.PROJECT}"
ADMIN = Caller(seed.ADMIN)
RING = f"{PROJECT}/locations/{example.REGION}/keyRings/state"
KEY = f"{RING}/cryptoKeys/identity"
OTHER_KEY = f"{RING}/cryptoKeys/platform"
KEYS = "cloudkms.projects.locations.keyRings.cryptoKeys"
BUCKET = "trial-state"
SERVICES = ("storage", "cloudkms", "iam", "iamcredentials", "sts")


class Keys:
    """A client of KMS; the engine's tests in `e2e` use Google's own."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def __enter__(self) -> "Keys":
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def encrypt(self, **request: Any) -> Any:
        """Raises grpc.RpcError."""
        return self._call("Encrypt", request)

    def decrypt(self, **request: Any) -> Any:
        """Raises grpc.RpcError."""
        return self._call("Decrypt", request)

    def _call(self, name: str, request: Json) -> Any:
        asked, answered = kms.MESSAGES[f"{name}Request"], kms.MESSAGES[f"{name}Response"]
        method: Any = self._channel.unary_unary(f"/{kms.SERVICE}/{name}", asked.SerializeToString, answered.FromString)
        return method(asked(**request), timeout=LONGEST_SECONDS)


@contextmanager
def failing(status: grpc.StatusCode, pattern: str) -> Generator[None]:
    """A block that must end with a status whose details match a pattern."""
    with pytest.raises(grpc.RpcError) as raised:
        yield
    failed: Any = raised.value
    assert (failed.code(), bool(re.search(pattern, failed.details()))) == (status, True), failed.details()


@dataclass(frozen=True)
class World:
    """A seeded cloud, and its endpoints."""

    folder: Path
    cloud: Cloud
    endpoints: Endpoints

    def token(self, member: str) -> str:
        """An access token of a member."""
        return self.cloud.issue_token(Caller(member))[0]

    def send(self, method: str, url: str, token: str = "", **options: Any) -> requests.Response:
        """Send a request, with a token or without."""
        with requests.Session() as session:
            session.trust_env = False
            session.proxies = {"https": f"http://127.0.0.1:{self.endpoints.port}"}
            session.proxies["http"] = session.proxies["https"]
            session.verify = str(self.endpoints.authority)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return session.request(
                method, url, headers={**headers, **options.pop("headers", {})}, timeout=LONGEST_SECONDS, **options
            )

    def keys(self, member: str) -> "Keys":
        """A client of KMS over gRPC, as a member."""
        trusted = grpc.ssl_channel_credentials(self.endpoints.authority.read_bytes())
        credentials = grpc.composite_channel_credentials(
            trusted, grpc.access_token_call_credentials(self.token(member))
        )
        proxy = ("grpc.http_proxy", f"http://127.0.0.1:{self.endpoints.port}")
        return Keys(grpc.secure_channel("cloudkms.googleapis.com:443", credentials, options=[proxy]))

    def account(self, name: str) -> str:
        """A new service account; its member."""
        email = f"{name}@{example.PROJECT}.iam.gserviceaccount.com"
        full = names.split(names.service_account(email))[1]
        self.cloud.call("iam.projects.serviceAccounts.create", full, ADMIN, {})
        return f"serviceAccount:{email}"

    def bind(self, kind: str, on: str, role: str, member: str, condition: str = "") -> None:
        """Add a member to a role."""
        policy = self.cloud.call(f"{kind}.getIamPolicy", on, ADMIN)
        binding: Json = {"role": role, "members": [member]}
        if condition:
            binding["condition"] = {"title": "some only", "expression": condition}
        body = {"policy": {**policy, "version": 3, "bindings": [*policy["bindings"], binding]}}
        self.cloud.call(f"{kind}.setIamPolicy", on, ADMIN, body)

    def allow(self, member: str, *permissions: str, on: str = BUCKET, condition: str = "") -> None:
        """Give a member permissions on a bucket or a key, by a custom role."""
        role = f"{PROJECT}/roles/r{len(self.cloud.store.find('iam.projects.roles', ''))}"
        self.cloud.call("iam.projects.roles.create", role, ADMIN, {"includedPermissions": list(permissions)})
        kind, name = (KEYS, on) if "/cryptoKeys/" in on else ("storage.buckets", f"{PROJECT}/buckets/{on}")
        self.bind(kind, name, role, member, condition)

    def objects(self) -> list[str]:
        """The names of the objects that the cloud knows."""
        return [str(found.body["name"]) for found in self.cloud.store.find("storage.objects", "")]


def error(response: requests.Response) -> Json:
    """The error in a response."""
    content: Json = json.loads(response.text)["error"]
    return content
