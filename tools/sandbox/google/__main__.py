"""Process that serves one sandbox's endpoints: `python -m sandbox.google DIRECTORY OBJECTS`.

It works in the sandbox's `run` folder, where the sockets are: a socket's path has a hundred characters at most.
It ends on a signal, when its sandbox is discarded, and when the object server ends.
"""

import asyncio
import contextlib
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import trustme
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.cloud import faults
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.google import address, kms, login, proxy
from sandbox.google.incoming import HttpRequest, refusal
from sandbox.google.objects import HOST as STORAGE
from sandbox.google.objects import Objects, denial
from sandbox.google.rest import Rest

_REST, _KMS, _OBJECTS = "google-rest.sock", "google-kms.sock", "google-objects.sock"
_POLL = 0.2  # seconds


class _Server(uvicorn.Server):
    """Uvicorn server that leaves signals to this process."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def application(cloud: Cloud, contents: httpx.Client) -> ASGIApp:
    """Returns the application that serves all APIs over HTTP/1.1, by host."""
    storage, rest = Objects(cloud, contents), Rest(cloud)
    cloud.contents = storage
    logins = {
        "oauth2.googleapis.com": login.refresh,
        "sts.googleapis.com": login.exchange,
        "iamcredentials.googleapis.com": login.impersonate,
        "openidconnect.googleapis.com": login.userinfo,
    }

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers = {name.lower(): value for name, value in request.headers.items()}
        host, path, query = request.url.hostname or "", scope["raw_path"].decode(), scope["query_string"].decode()
        incoming = HttpRequest(request.method, host, path, query, headers, await request.body())
        try:
            if host in logins:
                response = await run_in_threadpool(logins[host], cloud, incoming)
            elif host == STORAGE:
                serving = storage if storage.takes(path) else rest
                response = await run_in_threadpool(serving.serve, incoming)
            else:
                response = await run_in_threadpool(rest.serve, incoming)
        except ApiError as error:
            response = denial(error) if host == STORAGE else refusal(error, host)
        except faults.NoAnswerError:
            # A response that ends before its content: the server closes the connection, and the client has no answer.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
            return
        await response(scope, receive, send)

    return serve


async def _serve(directory: Path, objects: Path) -> None:
    cloud = Cloud(directory / "cloud.db")
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    authority = trustme.CA()
    certificate = authority.issue_cert(*sorted(proxy.HOSTS))

    def certify(context: ssl.SSLContext) -> None:
        certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  its parameter also takes PyOpenSSL's context

    servers = proxy.Servers(_REST, {"cloudkms.googleapis.com": _KMS})
    with _contents(directory, objects) as (keeper, contents):
        async with _rest(application(cloud, contents)) as rest:
            grpc = kms.server(cloud, f"unix:{_KMS}")
            grpc.start()
            while not (rest.started and Path(_OBJECTS).is_socket()) and keeper.poll() is None:
                await asyncio.sleep(_POLL / 10)
            entry = await asyncio.start_server(proxy.handler(servers, certify), "127.0.0.1", 0)
            address.publish(directory, entry.sockets[0].getsockname()[1], authority.cert_pem.bytes())
            while not ending.is_set() and keeper.poll() is None and (directory / "cloud.db").exists():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ending.wait(), _POLL)
            entry.close()
            grpc.stop(None)
    cloud.store.close()


@contextmanager
def _contents(directory: Path, program: Path) -> Generator[tuple["subprocess.Popen[bytes]", httpx.Client]]:
    """Runs the object server, which ends with this process; yields it with a client."""
    for name in (_REST, _KMS, _OBJECTS):
        Path(name).unlink(missing_ok=True)
    command = [str(program), "--socket", _OBJECTS, "--folder", str(directory / "objects")]
    server = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603  the sandbox's own program
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=_OBJECTS), timeout=60) as client:
            yield server, client
    finally:
        server.communicate()  # closes its input, which ends it


@asynccontextmanager
async def _rest(app: ASGIApp) -> AsyncGenerator[uvicorn.Server]:
    config = uvicorn.Config(app, uds=_REST, lifespan="off", log_level="warning", access_log=False, server_header=False)
    server = _Server(config)
    running = asyncio.create_task(server.serve())
    try:
        yield server
    finally:
        server.should_exit = True
        server.force_exit = True
        await running


def main() -> int:
    """Serves until a signal stops it."""
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
