"""The simulated cloud's webhooks on loopback: authentication and authorisation for Kubernetes, and a health check.

The API server sends bearer tokens (TokenReview) to learn the caller, and requests that RBAC does not allow
(SubjectAccessReview) for IAM's decision, as GKE's API servers do at Google.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import DIRECTORY_VARIABLE
from sandbox.cloud.hierarchy import PROJECT_SETTING
from sandbox.cloud.iam import Caller
from sandbox.cloud.kubernetes import ResourceRequest, permission_for
from sandbox.cloud.store import Json

_CONNECT = "container.clusters.connect"


def review_token(cloud: Cloud, review: Json) -> Json:
    """Returns the status of a TokenReview: the account's email as the user, its Google groups as groups.

    GKE's DNS endpoint requires the permission to connect; here it is checked together with the token.
    """
    caller = cloud.caller_of_token(str(review["spec"].get("token", "")))
    if caller is None:
        return {"authenticated": False, "error": "the token is unknown or expired"}
    project = names.project(cloud.store.setting(PROJECT_SETTING) or "")
    decision = cloud.iam.decide(caller.member, _CONNECT, project)
    cloud.log_decision(_CONNECT, project, caller, decision)
    if not decision.allowed:
        return {"authenticated": False, "error": f"Permission '{_CONNECT}' denied on resource '{project}'."}
    groups = sorted(group.partition(":")[2] for group in cloud.store.groups_of(caller.member))
    return {"authenticated": True, "user": {"username": caller.email, "uid": caller.email, "groups": groups}}


def review_access(cloud: Cloud, review: Json) -> Json:
    """Returns the status of a SubjectAccessReview: allowed if IAM allows it, else no opinion: RBAC alone decides."""
    spec = cast("Json", review["spec"])
    attributes = cast("dict[str, str] | None", spec.get("resourceAttributes"))
    user = str(spec.get("user", ""))
    if attributes is None or "@" not in user or user.startswith("system:"):
        return {"allowed": False}
    request = ResourceRequest(
        attributes.get("verb", ""),
        attributes.get("group", ""),
        attributes.get("resource", ""),
        attributes.get("subresource", ""),
    )
    permission = permission_for(request)
    if permission is None:
        return {"allowed": False}
    member = f"{'serviceAccount' if user.endswith('.gserviceaccount.com') else 'user'}:{user}"
    project = names.project(cloud.store.setting(PROJECT_SETTING) or "")
    decision = cloud.iam.decide(member, permission, project)
    cloud.log_decision(_method(attributes), _object_name(attributes), Caller(member), decision)
    if decision.grant is None:
        return {"allowed": False, "reason": f'requires one of ["{permission}"] permission(s).'}
    return {"allowed": True, "reason": f"access granted by IAM permission {permission} of {decision.grant.role}"}


def _method(attributes: Mapping[str, str]) -> str:
    """Returns the method of a Kubernetes request as in GKE's audit log, such as `io.k8s.apps.v1.deployments.create`."""
    group, version = attributes.get("group") or "core", attributes.get("version") or "v1"
    kind = ".".join(filter(None, (attributes.get("resource"), attributes.get("subresource"))))
    return f"io.k8s.{group}.{version}.{kind}.{attributes.get('verb')}"


def _object_name(attributes: Mapping[str, str]) -> str:
    """Returns the object of a Kubernetes request as in GKE's audit log, below the service that logs it."""
    path = [attributes.get("group") or "core", attributes.get("version") or "v1"]
    if namespace := attributes.get("namespace"):
        path += ["namespaces", namespace]
    path += [attributes.get("resource", ""), attributes.get("name", "")]
    return f"//k8s.io/{'/'.join(filter(None, path))}"


_REVIEWS = {"/authenticate": review_token, "/authorize": review_access}


class _Handler(BaseHTTPRequestHandler):
    """HTTP handler of the two webhooks; the server has the cloud."""

    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece. The body in a second one would wait until the API server has confirmed the first,
    # which it does after 40 ms.
    wbufsize = -1

    def do_GET(self) -> None:
        """Answers the health check."""
        known = self.path.partition("?")[0] == "/healthz"
        self._answer(200 if known else 404, b"ok" if known else b"not found")

    def do_POST(self) -> None:
        """Answers a review with the same object and its status."""
        review_status = _REVIEWS.get(self.path.partition("?")[0])
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if review_status is None:
            self._answer(404, b"not found")
            return
        review = cast("Json", json.loads(body))
        review["status"] = review_status(cast("_Server", self.server).cloud, review)
        review["spec"].pop("token", None)
        self._answer(200, json.dumps(review).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Logs nothing: a line per request would hide the errors, which the base server writes."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, path: Path) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._path = path
        self.cloud = Cloud(path)

    def service_actions(self) -> None:
        """Ends the server when its sandbox was discarded."""
        if not self._path.exists():
            raise KeyboardInterrupt


def main() -> int:
    """Serves until a signal stops it."""
    directory = Path(os.environ[DIRECTORY_VARIABLE])
    port = json.loads((directory / "ports.json").read_text())["cloud"]
    server = _Server(port, directory / "cloud.db")
    # SIGTERM ends the server as Ctrl-C does
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.cloud.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
