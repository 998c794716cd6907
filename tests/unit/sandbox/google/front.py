"""The REST front over a new cloud, without the network."""

import json
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

import example_tenant as example
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.google import login
from sandbox.google.incoming import HttpRequest
from sandbox.google.rest import Rest
from unit.sandbox.google.calls import SERVICES, Call, Json
from unit.sandbox.google.clients import ADMIN, PROJECT


@dataclass(frozen=True)
class Answer:
    """An answered request."""

    call: Call
    url: str
    status: int
    body: Json


class Front:
    """The front over a new cloud, without the network."""

    def __init__(self, folder: Path) -> None:
        seed.seed(folder, 6443, example.TENANT)
        (folder / "pki").mkdir()
        self.cloud = Cloud(folder / "cloud.db")
        for service in SERVICES:
            self.cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
        for service in ("compute", "container"):  # every cluster needs its service's agent
            self.cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
        self._rest, self._token = Rest(self.cloud), self.cloud.issue_token(ADMIN)[0]

    def send(self, call: Call, number: str = "", member: str = "") -> Answer:
        """Send a request, as the administrator or as another member."""
        url = call.url.replace("{number}", number)
        target, _, query = url.partition("?")
        host, _, path = target.partition("/")
        token = self.cloud.issue_token(Caller(member))[0] if member else self._token
        headers = {"authorization": f"Bearer {token}"}
        body = json.dumps(call.body).encode() if call.body is not None else b""
        request = HttpRequest(call.method, host, f"/{path}", query, headers, body)
        try:
            response = self._serve(request)
        except ApiError as error:
            return Answer(call, url, error.code, {"error": error.message})
        content = bytes(response.body)
        return Answer(call, url, response.status_code, json.loads(content) if content else {})

    def _serve(self, request: HttpRequest) -> Response:
        if request.host == "openidconnect.googleapis.com":
            return login.userinfo(self.cloud, request)
        return self._rest.serve(request)
