"""HTTP proxy on loopback that answers for Google's host names.

Clients request a connection to an API, as of any proxy. For simulated APIs the proxy answers as the host, with a
certificate of the sandbox, and forwards the connection to the servers behind it. Every other host is refused: nothing
in a sandbox reaches the real Google.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sandbox.cloud.services import COLLECTIONS

_PEOPLE = ("oauth2.googleapis.com", "openidconnect.googleapis.com")
HOSTS = frozenset({*_PEOPLE, *(collection.service for collection in COLLECTIONS)})

_CONNECT = re.compile(rb"^CONNECT (?P<host>[^:\s]+):443 HTTP/1\.[01]\r\n")
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_CHUNK = 64 * 1024  # bytes

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Servers:
    """Sockets of the servers behind the proxy: for HTTP/1.1, and by host for HTTP/2, which only gRPC uses."""

    rest: str
    grpc: Mapping[str, str]


def handler(servers: Servers, configure: Callable[[ssl.SSLContext], None]) -> Handler:
    """Returns the handler of a client's connection; `configure` loads the certificate for `HOSTS` into a context."""
    # Of both protocols the server's first that the client offers is chosen: clients of gRPC offer HTTP/2 alone.
    contexts = {True: _context(["http/1.1", "h2"], configure), False: _context(["http/1.1"], configure)}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            host = await _requested_host(reader, writer)
            if host is not None:
                await writer.start_tls(contexts[host in servers.grpc])
                protocol = writer.get_extra_info("ssl_object").selected_alpn_protocol()
                await _join(reader, writer, servers.grpc[host] if protocol == "h2" else servers.rest)
        writer.close()

    return serve


def _context(protocols: list[str], configure: Callable[[ssl.SSLContext], None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    configure(context)
    context.set_alpn_protocols(protocols)
    return context


async def _requested_host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
    """Confirms or refuses a client's request to connect; returns the requested host, or None if refused."""
    head = await reader.readuntil(b"\r\n\r\n")
    match = _CONNECT.match(head)
    host = match["host"].decode(errors="replace").lower() if match else ""
    if host in HOSTS:
        writer.write(_ESTABLISHED)
        await writer.drain()
        return host
    target = host or head.partition(b"\r\n")[0].decode(errors="replace")
    # Clients show the reason beside the code and drop the body.
    reason = f"The sandbox reaches only the Google APIs that it simulates, and not: {target}"
    writer.write(f"HTTP/1.1 403 {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    return None


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
    """Passes bytes both ways until either side ends."""
    behind_reader, behind_writer = await asyncio.open_unix_connection(address)
    client = writer.get_extra_info("socket")
    _acknowledge(client)
    directions = [
        asyncio.ensure_future(_pass(reader, behind_writer, lambda: _acknowledge(client))),
        asyncio.ensure_future(_pass(behind_reader, writer)),
    ]
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        behind_writer.close()


async def _pass(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, received: Callable[[], None] = lambda: None
) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while chunk := await source.read(_CHUNK):
            received()
            target.write(chunk)
            await target.drain()


def _acknowledge(client: socket.socket) -> None:
    """Acknowledges at once what was received: a client in Python sends a body only after that, else 40 ms later."""
    if hasattr(socket, "TCP_QUICKACK"):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
