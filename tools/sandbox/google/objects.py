"""Cloud Storage's objects: the cloud decides access to them, the protocol server stores their content.

The cloud has the list of objects, and an object outside the list is invisible: an object that was deleted by another
path leaves only its content behind. Buckets exist in the cloud alone.
"""

import json
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote, unquote

import httpx
from starlette.responses import JSONResponse, Response

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.iam import Caller
from sandbox.cloud.services import storage
from sandbox.cloud.store import Json
from sandbox.google.incoming import HttpRequest, authenticated, refusal

HOST = "storage.googleapis.com"

_LIST = re.compile(r"^/storage/v1/b/(?P<bucket>[^/]+)/o$")
_COPY = re.compile(
    r"^/storage/v1/b/(?P<from>[^/]+)/o/(?P<source>[^/]+)/(?:rewriteTo|copyTo)/b/(?P<bucket>[^/]+)/o/(?P<object>[^/]+)$"
)
_OBJECT = re.compile(r"^(?:/download)?/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<object>[^/]+)$")
_UPLOAD = re.compile(r"^/upload/storage/v1/b/(?P<bucket>[^/]+)/o$")
_RESUMED = re.compile(r"^/upload/(?:storage/v1/b/[^/]+/o|resumable/.+)$")
# The XML API, by which Google's Go client downloads; https://cloud.google.com/storage/docs/xml-api/get-object-download
_XML = re.compile(r"^/(?!storage/|upload/|download/|batch/)(?P<bucket>[^/]+)/(?P<object>.+)$")

# The first part of a multipart upload; Google's clients for Python end lines by a line feed alone.
_FIRST_PART = re.compile(rb"\r?\n\r?\n(?P<content>.*?)\r?\n--", re.DOTALL)

# Headers that concern one connection, or credentials that the cloud has checked already.
_NOT_PASSED_ON = frozenset(
    {"host", "authorization", "connection", "content-length", "transfer-encoding", "accept-encoding"}
)
_NOT_PASSED_BACK = frozenset({"connection", "transfer-encoding", "date"})


class Objects:
    """The storage API, over one cloud and one protocol server.

    Args:
        cloud: the cloud that decides.
        contents: a client of the protocol server.
    """

    def __init__(self, cloud: Cloud, contents: httpx.Client) -> None:
        self._cloud = cloud
        self._contents = contents
        self._known: set[str] = set()

    @staticmethod
    def takes(path: str) -> bool:
        """Returns whether a path is an object's; buckets have the paths of the JSON API without `/o`."""
        return not path.startswith("/storage/v1/") or path.split("/")[5:6] == ["o"]

    def serve(self, request: HttpRequest) -> Response:
        """Answers one request.

        Raises:
            ApiError: the error that the API returns.
        """
        caller, method, path = authenticated(self._cloud, request.headers), request.method, request.path
        _refuse_ignored_conditions(request)
        if method == "GET" and (match := _LIST.match(path)):
            return self._list(request, caller, match["bucket"])
        if method == "POST" and (match := _COPY.match(path)):
            self._call("get", caller, match["from"], match["source"])
            return self._write(request, caller, match["bucket"], match["object"])
        if "upload_id" in request.parameters and _RESUMED.match(path):
            return self._forward(request)  # the session's address is sufficient to continue an upload, as at Google
        if method == "POST" and (match := _UPLOAD.match(path)):
            return self._write(request, caller, match["bucket"], _name_of_upload(request))
        if (match := _OBJECT.match(path)) or (method in ("GET", "HEAD") and (match := _XML.match(path))):
            return self._object(request, caller, match)
        raise ApiError("UNIMPLEMENTED", f"{method} https://{HOST}{path} is not simulated.", "notImplemented")

    def read(self, bucket: str, name: str) -> bytes:
        """Returns the content of an object.

        Raises:
            ApiError: NOT_FOUND.
        """
        path = f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}"
        response = self._forward(HttpRequest("GET", HOST, path, "alt=media", {}, b""))
        if response.status_code != 200:
            raise ApiError("NOT_FOUND", f"No such object: {bucket}/{name}", "notFound")
        return bytes(response.body)

    def write(self, bucket: str, name: str, content: bytes) -> None:
        """Keeps the content of an object.

        Raises:
            ApiError: INTERNAL where the protocol server refuses it.
        """
        path, query = f"/upload/storage/v1/b/{bucket}/o", f"uploadType=media&name={quote(name, safe='')}"
        headers = {"content-type": "application/octet-stream"}
        response = self._forward(HttpRequest("POST", HOST, path, query, headers, content), bucket)
        if response.status_code != 200:
            raise ApiError("INTERNAL", f"{bucket}/{name} cannot be written.", "internalError")

    def _object(self, request: HttpRequest, caller: Caller, match: re.Match[str]) -> Response:
        verbs = {"GET": "get", "HEAD": "get", "DELETE": "delete"}
        if request.method not in verbs:
            what = f"{request.method} https://{HOST}{request.path}"
            raise ApiError("UNIMPLEMENTED", f"{what} is not simulated.", "notImplemented")
        self._call(verbs[request.method], caller, match["bucket"], match["object"])
        response = self._forward(request)
        # At Google a deletion has no content; the protocol server answers it with a null.
        return Response(status_code=204) if request.method == "DELETE" and response.status_code == 200 else response

    def _list(self, request: HttpRequest, caller: Caller, bucket: str) -> Response:
        """Returns the protocol server's list, without objects that the cloud does not know."""
        prefix = request.parameters.get("prefix", "")
        objects = self._cloud.call(
            "storage.objects.list", f"{self._bucket(bucket)}/objects/-", caller, {"prefix": prefix}
        )
        known = {str(item["name"]) for item in objects["items"]}
        response = self._forward(request, bucket)
        if response.status_code != 200:
            return response
        content = cast("Json", json.loads(bytes(response.body)))
        content["items"] = [item for item in content.get("items", []) if item["name"] in known]
        prefixes: list[str] = content.get("prefixes", [])
        content["prefixes"] = [prefix for prefix in prefixes if any(name.startswith(prefix) for name in known)]
        return JSONResponse(content)

    def _write(self, request: HttpRequest, caller: Caller, bucket: str, name: str) -> Response:
        """Carries out an upload or a copy; an object that the protocol server refuses is not created."""
        full = f"//{HOST}/{self._name(bucket, name)}"
        new = self._cloud.store.get(full) is None
        self._call("insert", caller, bucket, name)
        response = self._forward(request, bucket)
        if new and response.status_code >= 400:
            self._cloud.store.remove(full)
        return response

    def _call(self, verb: str, caller: Caller, bucket: str, name: str) -> None:
        full = self._name(bucket, name)
        try:
            self._cloud.call(f"storage.objects.{verb}", full, caller)
        except ApiError as error:
            if error.status != "NOT_FOUND":
                raise
            raise ApiError("NOT_FOUND", f"No such object: {bucket}/{unquote(name)}", "notFound") from error

    def _bucket(self, bucket: str) -> str:
        """Returns the cloud's name of a bucket, which contains its project."""
        return storage.bucket(self._cloud.store, bucket).removeprefix(f"//{HOST}/")

    def _name(self, bucket: str, name: str) -> str:
        return f"{self._bucket(bucket)}/objects/{quote(unquote(name), safe='')}"

    def _forward(self, request: HttpRequest, bucket: str = "") -> Response:
        if bucket and bucket not in self._known:
            # Requests name only the cloud's buckets; the protocol server creates its bucket at the first request.
            self._contents.post(f"http://{HOST}/storage/v1/b", json={"name": bucket})
            self._known.add(bucket)
        url = httpx.URL(f"http://{HOST}").copy_with(raw_path=f"{request.path}?{request.query}".encode())
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED_ON}
        headers |= {"accept-encoding": "identity", "x-forwarded-proto": "https"}
        with self._contents.stream(request.method, url, headers=headers, content=request.body) as response:
            body = b"".join(response.iter_raw())  # a compressed object stays compressed
            back = {name: value for name, value in response.headers.items() if name not in _NOT_PASSED_BACK}
            return Response(body, response.status_code, back)


def _refuse_ignored_conditions(request: HttpRequest) -> None:
    """Refuses conditions that the protocol server would ignore: it evaluates only those of uploads with metadata."""
    conditions = [name for name in request.parameters if name.startswith("if")]
    if conditions and request.parameters.get("uploadType") not in ("multipart", "resumable"):
        what = f"{conditions[0]} of {request.method} https://{HOST}{request.path}"
        raise ApiError("UNIMPLEMENTED", f"{what} is not simulated.", "notImplemented")


def _name_of_upload(request: HttpRequest) -> str:
    """Returns the object's name, in the query or in the metadata; https://cloud.google.com/storage/docs/json_api/v1/objects/insert."""
    if name := request.parameters.get("name"):
        return quote(name, safe="")
    kind = request.parameters.get("uploadType")
    metadata = request.body
    if kind == "multipart":
        part = _FIRST_PART.search(request.body)
        metadata = part["content"] if part else b""
    try:
        return quote(str(json.loads(metadata)["name"]), safe="")
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("Required parameter: name") from error


def denial(error: ApiError) -> Response:
    """Returns the response for an error (https://cloud.google.com/storage/docs/json_api/v1/status-codes)."""
    if error.reason == "SERVICE_DISABLED":
        return refusal(error)
    message, reason = error.message, {"badRequest": "invalid"}.get(error.reason, error.reason)
    if error.reason == "IAM_PERMISSION_DENIED":
        message, reason = _denied(error.metadata), "forbidden"
    elif error.status == "UNAUTHENTICATED":
        message, reason = "Invalid Credentials", "authError"
    detail = {"message": message, "domain": "global", "reason": reason}
    return JSONResponse({"error": {"code": error.code, "message": message, "errors": [detail]}}, error.code)


def _denied(metadata: Mapping[str, str]) -> str:
    permission, who = metadata["permission"], metadata["principal"].partition(":")[2]
    bucket = permission.startswith("storage.buckets.") or permission.endswith(".list")
    return (
        f"{who} does not have {permission} access to the Google Cloud Storage {'bucket' if bucket else 'object'}."
        f" Permission '{permission}' denied on resource (or it may not exist)."
    )
