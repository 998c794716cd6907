"""The client of Google's APIs, on a server of this machine that misbehaves."""

import ast
import json
import socket
import threading
import time
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from google.auth.exceptions import RefreshError

from cli.google.client import Client
from cli.google.errors import GoogleError, Purpose
from cli.google.retrying import Retrying
from toolchain.environments import CHECKOUT
from unit.cli.google import double
from unit.cli.google.double import READER

PURPOSE = Purpose("read the policies of demo", "nothing was judged", "x.y.get on the project")
TOKEN = "ya29.a0AfH6SNotATokenButLikeOne"
# What the server does with a request: it is given the handler, which has sent nothing yet.
Deed = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A server that answers each request by the next deed; the last one stays.

    Args:
        url: where it listens.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.deeds: list[Deed] = []
        self.asked: list[tuple[str, str, bytes]] = []
        self.times: list[float] = []

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request."""
        self.times.append(time.monotonic())
        content = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.asked.append((handler.command, handler.path, content))
        (self.deeds.pop(0) if len(self.deeds) > 1 else self.deeds[0])(handler)


@pytest.fixture
def server() -> Generator[Server]:
    """A server that is ended after the test."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.take(self)

        def do_POST(self) -> None:
            made.take(self)

        def log_message(self, *_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  silence
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Server(f"http://127.0.0.1:{listening.server_port}")
    threading.Thread(target=listening.serve_forever, args=[0.01], daemon=True).start()
    yield made
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def client() -> Client:
    """A client that waits a hundredth as long as the real one."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    session.mount("http://", Retrying(backoff=0.01))
    return Client(session, READER)


def says(code: int, body: Any, **headers: str) -> Deed:
    """A deed that answers; an object becomes JSON."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(code)
        for name, value in {"Content_Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def resets(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    handler.connection.close()
    handler.close_connection = True


READS = [
    ("GET", "/v1/projects/demo:searchAllIamPolicies"),
    ("POST", "/v3/organizations/1:getIamPolicy"),
    ("POST", "/v1/projects/demo:getAncestry"),
    ("POST", "/v3/projects/demo:testIamPermissions"),
    ("POST", "/v2/entries:list"),
]
CHANGE = ("POST", "/v1/projects/demo/services:batchEnable")


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("read", READS, ids=lambda read: read[1].rpartition(":")[2])
def test_a_read_is_repeated_when_google_fails_for_a_moment(
    server: Server, client: Client, read: tuple[str, str], code: int
) -> None:
    server.deeds = [says(code, {}), says(code, {}), says(200, {"a": 1})]

    assert client.call(read[0], server.url + read[1], PURPOSE) == {"a": 1}
    assert len(server.asked) == 3


@pytest.mark.parametrize("read", READS, ids=lambda read: read[1].rpartition(":")[2])
def test_a_read_is_repeated_when_the_connection_is_reset(server: Server, client: Client, read: tuple[str, str]) -> None:
    server.deeds = [resets, resets, says(200, {"a": 1})]

    assert client.call(read[0], server.url + read[1], PURPOSE, body={"b": 2}) == {"a": 1}
    assert [json.loads(body) for _, _, body in server.asked] == [{"b": 2}] * 3


def test_a_read_is_repeated_when_its_answer_ends_in_the_middle(server: Server, client: Client) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        says(200, b'{"a": ', Content_Length="100")(handler)
        handler.close_connection = True

    server.deeds = [cut, cut, says(200, {"a": 1})]
    assert client.call("GET", f"{server.url}/v1/a", PURPOSE) == {"a": 1}

    server.deeds = [cut]
    with pytest.raises(GoogleError, match=r"cannot be reached \("):
        client.call("GET", f"{server.url}/v1/a", PURPOSE)


@pytest.mark.parametrize("code", [429, 503])
def test_a_change_is_repeated_where_google_says_that_it_did_nothing(server: Server, client: Client, code: int) -> None:
    server.deeds = [says(code, {}), says(200, {"done": True})]

    assert client.call(CHANGE[0], server.url + CHANGE[1], PURPOSE, body={}) == {"done": True}


@pytest.mark.parametrize(
    "deed", [says(500, {}), says(502, {}), says(504, {}), resets], ids=["500", "502", "504", "reset"]
)
def test_a_change_is_not_repeated_where_it_may_have_been_done(server: Server, client: Client, deed: Deed) -> None:
    server.deeds = [deed]

    with pytest.raises(GoogleError, match="so nothing was judged"):
        client.call(CHANGE[0], server.url + CHANGE[1], PURPOSE, body={})
    assert len(server.asked) == 1


def test_the_time_that_google_names_is_waited(server: Server, client: Client) -> None:
    server.deeds = [says(503, {}, Retry_After="1"), says(200, {})]

    client.call("GET", f"{server.url}/v1/a", PURPOSE)

    assert server.times[1] - server.times[0] >= 1


def test_waiting_times_grow_and_the_attempts_end(server: Server, client: Client) -> None:
    server.deeds = [says(503, {})]

    with pytest.raises(GoogleError, match=r"answered 503.*asked again for some minutes; run it again later"):
        client.call("GET", f"{server.url}/v1/a", PURPOSE)
    assert len(server.times) == 7
    waited = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
    assert waited[-1] > 0.3 > waited[1]


def test_the_attempts_end_with_the_time_as_well(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.google.retrying._PATIENCE_SECONDS", 0.05)
    server.deeds = [says(503, {})]

    with pytest.raises(GoogleError, match="answered 503"):
        client.call("GET", f"{server.url}/v1/a", PURPOSE)
    assert len(server.times) < 6


def test_a_service_that_cannot_be_reached_is_one_message(client: Client) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1/a"
        with pytest.raises(GoogleError) as failed:
            client.call("GET", url, PURPOSE)

    message = str(failed.value)
    assert message.startswith("could not read the policies of demo: 127.0.0.1 cannot be reached (")
    assert message.endswith("so nothing was judged. Run it again when the network works.")
    assert failed.value.code == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_collection_is_read_page_by_page(server: Server, client: Client, method: str) -> None:
    pages = [{"things": [1, 2], "nextPageToken": "a=b&c"}, {"nextPageToken": "d"}, {"things": [3]}]
    server.deeds = [says(200, page) for page in pages]
    listed = client.listed(
        method,
        f"{server.url}/v1/things:list",
        "things",
        PURPOSE,
        parameters={"size": 2},
        body={"filter": "x"} if method == "POST" else None,
    )

    assert list(listed) == [1, 2, 3]
    paths = [path for _, path, _ in server.asked]
    if method == "GET":
        assert [path.partition("?")[2] for path in paths] == [
            "size=2",
            "size=2&pageToken=a%3Db%26c",
            "size=2&pageToken=d",
        ]
    else:
        tokens = [{}, {"pageToken": "a=b&c"}, {"pageToken": "d"}]
        assert [json.loads(body) for _, _, body in server.asked] == [{"filter": "x", **token} for token in tokens]


def test_pages_that_never_end_are_an_error(server: Server, client: Client) -> None:
    server.deeds = [says(200, {"things": [1], "nextPageToken": token}) for token in ("a", "b", "a")]

    with pytest.raises(GoogleError, match="answers with the same page again and again, so nothing was judged"):
        list(client.listed("GET", f"{server.url}/v1/things", "things", PURPOSE))
    assert len(server.asked) == 3


def test_an_empty_collection_has_no_items(server: Server, client: Client) -> None:
    server.deeds = [says(200, {})]

    assert list(client.listed("GET", f"{server.url}/v1/things", "things", PURPOSE)) == []


def test_an_object_is_read_as_it_is(server: Server, client: Client) -> None:
    server.deeds = [says(503, {}), says(200, b"\x00content")]

    assert client.content(f"{server.url}/b/o/a%2Fb", PURPOSE) == b"\x00content"
    assert server.asked[1][1] == "/b/o/a%2Fb?alt=media"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            double.error(403, "Caller lacks it.", "IAM_PERMISSION_DENIED", permission="cloudasset.assets.search"),
            "answered 403: Caller lacks it, so nothing was judged. It takes cloudasset.assets.search.",
        ),
        (
            double.error(403, "Permission 'iam.roles.get' denied on resource (or it may not exist)."),
            "denied on resource (or it may not exist), so nothing was judged. It takes iam.roles.get.",
        ),
        (
            double.error(403, "reader@p does not have storage.objects.list access to the bucket."),
            "so nothing was judged. It takes storage.objects.list.",
        ),
        (double.error(403, "The caller does not have permission"), "It takes x.y.get on the project."),
        (
            double.error(403, "Cloud Asset API has not been used", "SERVICE_DISABLED", service="cloudasset"),
            "Enable that API with `gcloud services enable 127.0.0.1`; it takes some minutes.",
        ),
        (double.error(401, "Invalid Credentials"), "Log in again with `gcloud auth application-default login`."),
        ((403, b"<html>\n <b>a proxy's page</b></html>"), "answered 403: <html> <b>a proxy's page</b></html>, so"),
        ((200, b"<html>log in to this network</html>"), "answered 200: <html>log in to this network</html>, so"),
        ((200, [1]), "answered 200: [1], so"),
        ((400, {"error": "text"}), 'answered 400: {"error": "text"}, so'),
        ((404, b""), "answered 404: Not Found, so"),
        ((400, b"x" * 10_000), f"{'x' * 500}, so"),
    ],
)
def test_a_refusal_is_one_message_with_its_remedy(
    server: Server, client: Client, answer: double.Answer, said: str
) -> None:
    server.deeds = [says(*answer)]

    with pytest.raises(GoogleError) as refused:
        client.call("GET", f"{server.url}/v1/a?secret=1", PURPOSE)

    message = str(refused.value)
    assert message.startswith(f"could not read the policies of demo as {READER}: 127.0.0.1 answered {answer[0]}: ")
    assert said in message
    assert len(message) < 900
    assert "\n" not in message
    assert refused.value.code == answer[0]


def test_googles_word_for_an_api_that_is_not_enabled_is_known(server: Server, client: Client) -> None:
    for reason in ("SERVICE_DISABLED", "IAM_PERMISSION_DENIED"):
        server.deeds = [says(*double.error(403, "no", reason))]
        with pytest.raises(GoogleError) as refused:
            client.call("GET", f"{server.url}/v1/a", PURPOSE)
        assert (refused.value.reason, refused.value.is_disabled_api) == (reason, reason == "SERVICE_DISABLED")


def test_no_message_holds_a_token(server: Server, client: Client) -> None:
    def echo(handler: BaseHTTPRequestHandler) -> None:
        says(400, f"you sent {handler.headers['Authorization']} and Bearer opaque".encode())(handler)

    server.deeds = [echo]
    with pytest.raises(GoogleError, match=r"you sent Bearer \[token\] and Bearer \[token\], so") as refused:
        client.call("GET", f"{server.url}/v1/a", PURPOSE)
    assert TOKEN not in str(refused.value)


def test_a_login_that_has_ended_is_one_message() -> None:
    ended, _ = double.client((0, RefreshError(f"invalid_grant: {TOKEN} expired\nmore")))

    with pytest.raises(
        GoogleError,
        match=r"login does not work \(invalid_grant: \[token\] expired\), so nothing was judged\. Log in again",
    ):
        ended.call("GET", "https://iam.googleapis.com/v1/a", PURPOSE)


# GitHub's API has a client of its own, which knows GitHub's limits; addresses of a login's files are quoted.
_OF_OTHERS = {"tools/cli/github/client.py": {"requests", "urllib3"}}
_CLIENTS = {"requests", "urllib3", "httpx", "urllib.request", "http.client", "google.auth.transport.requests"}
_SIGN_IN = "tools/cli/google_login.py"


def test_no_other_module_of_the_commands_calls_over_http() -> None:
    found: dict[str, set[str]] = {}
    for file in sorted((CHECKOUT / "tools" / "cli").rglob("*.py")):
        name = file.relative_to(CHECKOUT).as_posix()
        if name.startswith("tools/cli/google/") or name == _SIGN_IN:
            continue
        used: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                used.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                used.update({node.module, node.module.partition(".")[0], f"{node.module}.{node.names[0].name}"})
        if used & _CLIENTS:
            found[name] = used & _CLIENTS
    assert found == _OF_OTHERS
