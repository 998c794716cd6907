"""Calls of Google's REST APIs: JSON, pages of a collection, content of objects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import requests
from google.auth.exceptions import GoogleAuthError

from cli.google.errors import GoogleError, Purpose

Json = dict[str, Any]
Values = Mapping[str, Any]

# Timeouts: to connect, and between two parts of a response.
_SECONDS = (10.0, 60.0)


@dataclass(frozen=True)
class Client:
    """Client of Google's REST APIs as one caller. Calls are safe in several threads.

    Attributes:
        session: adds the caller's token, and repeats calls that are safe to repeat (`connection.py`).
        caller: e-mail address of the account, or words for whoever is logged in.
    """

    session: requests.Session
    caller: str

    def call(
        self, method: str, url: str, purpose: Purpose, *, parameters: Values | None = None, body: Values | None = None
    ) -> Json:
        """Response of Google.

        Raises `GoogleError` when there is none, or it is a refusal or no JSON object.
        """
        response = self._response(method, url, purpose, parameters, body)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):  # a page of a proxy, such as the login of a network
            raise GoogleError.refusal(purpose, self.caller, response)
        return cast("Json", answer)

    def content(self, url: str, purpose: Purpose) -> bytes:
        """Content of an object.

        Raises `GoogleError` when it cannot be read.
        """
        return self._response("GET", url, purpose, {"alt": "media"}, None).content

    def listed(
        self,
        method: str,
        url: str,
        key: str,
        purpose: Purpose,
        *,
        parameters: Values | None = None,
        body: Values | None = None,
    ) -> Iterator[Json]:
        """Items of a collection, page by page.

        Args:
            method: GET, or POST where the page's token is in the body.
            url: of the collection.
            key: of the items in a page.
            purpose: for messages.
            parameters: of every page.
            body: of every page.

        Raises `GoogleError` when a page cannot be read, or the pages do not end.
        """
        tokens: set[str] = set()
        page: Json = {}
        while True:
            position = {"pageToken": page["nextPageToken"]} if page else {}
            if method == "GET":
                page = self.call(method, url, purpose, parameters={**(parameters or {}), **position})
            else:
                page = self.call(method, url, purpose, parameters=parameters, body={**(body or {}), **position})
            yield from cast("list[Json]", page.get(key, []))
            token = page.get("nextPageToken")
            if not token:
                return
            if token in tokens:
                raise GoogleError.endless(purpose, url)
            tokens.add(token)

    def _response(
        self, method: str, url: str, purpose: Purpose, parameters: Values | None, body: Values | None
    ) -> requests.Response:
        try:
            response = self.session.request(method, url, params=parameters, json=body, timeout=_SECONDS)
        except GoogleAuthError as error:
            raise GoogleError.login(purpose, error) from error
        except requests.RequestException as error:
            raise GoogleError.unreachable(purpose, url, error) from error
        if response.ok:
            return response
        raise GoogleError.refusal(purpose, self.caller, response)
