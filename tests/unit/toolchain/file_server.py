"""A host of vendors' files on loopback, which misbehaves as it is told to."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from waiting import LONGEST_SECONDS

DROP = -1
NO_RANGE = -2
_BEHAVE = 0


@dataclass
class FileServer:
    """The host: its files by name, and the requests that it had.

    Attributes:
        address: of the folder with the files.
        files: content by name.
        script: answers to the next requests of a file: a status code, DROP for half of what is left and then the end
            of the connection, NO_RANGE for the whole file whatever was asked for. Afterwards the server behaves.
        ranges: the header `Range` of each request of a file, empty for the whole.
        patience: text of `Retry-After` beside a status code.
        hang: keep a connection open that would be dropped.
        half_sent: set when half of a file was sent.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    script: list[int] = field(default_factory=list[int])
    ranges: list[str] = field(default_factory=list[str])
    patience: str = ""
    hang: bool = False
    half_sent: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    def __init__(self, host: FileServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host
        host.address = f"http://127.0.0.1:{self.server_port}/files"


class _Handler(BaseHTTPRequestHandler):
    @property
    def _host(self) -> FileServer:
        assert isinstance(self.server, _Server)
        return self.server.host

    @property
    def _content(self) -> bytes | None:
        return self._host.files.get(self.path.rpartition("/")[2])

    def do_HEAD(self) -> None:
        self._answer(404 if self._content is None else 200, {})

    def do_GET(self) -> None:
        host, content, asked = self._host, self._content, self.headers.get("Range", "")
        if content is None:
            self._answer(404, {})
            return
        host.ranges.append(asked)
        answer = host.script.pop(0) if host.script else _BEHAVE
        if answer > _BEHAVE:
            self._answer(answer, {"Retry-After": host.patience} if host.patience else {})
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and answer != NO_RANGE else 0
        if asked and start >= len(content):
            self._answer(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        rest = content[start:]
        self._answer(206 if start else 200, {"Content-Length": str(len(rest))})
        self.wfile.write(rest[: len(rest) // 2] if answer == DROP else rest)
        if answer == DROP:
            host.half_sent.set()
            if host.hang:
                host.over.wait(LONGEST_SECONDS)
            self.close_connection = True

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


@contextmanager
def serving() -> Generator[FileServer]:
    """Serve files for the length of a block."""
    host = FileServer()
    server = _Server(host)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield host
    finally:
        host.over.set()
        server.shutdown()
        server.server_close()
