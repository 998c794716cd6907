"""A session that answers without a network, and keeps what it was asked."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import requests

from cli.google.client import Client

READER = "reader@p.iam.gserviceaccount.com"
# Status and body: an object becomes JSON, bytes stay, and an exception is raised.
Answer = tuple[int, Any]


class Asked(NamedTuple):
    """One request."""

    method: str
    url: str
    parameters: dict[str, Any]
    body: Any


class Session(requests.Session):
    """Answers in order."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self._answers = iter(answers)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride]  it is only called so
        """Answer the next request."""
        self.asked.append(Asked(method, url, dict(options.get("params") or {}), options.get("json")))
        code, body = next(self._answers)
        if isinstance(body, Exception):
            raise body
        return response(url, code, body)


def response(url: str, code: int, body: Any) -> requests.Response:
    """A response as requests makes it."""
    made = requests.Response()
    made.status_code, made.url = code, url
    made._content = body if isinstance(body, bytes) else json.dumps(body).encode()  # pyright: ignore[reportPrivateUsage]  what requests itself sets
    return made


def error(code: int, message: str, reason: str = "", **metadata: str) -> Answer:
    """A refusal as Google's APIs write it."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "metadata": metadata}]
    return code, {"error": {"code": code, "message": message, "details": details if reason else []}}


def client(*answers: Answer, caller: str = READER) -> tuple[Client, Session]:
    """A client that is answered so."""
    session = Session(answers)
    return Client(session, caller), session
