"""Buckets with history or logs, read over Google's JSON API."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError

from cli.google_login import first_line
from toolchain.errors import ToolError

_API = "https://storage.googleapis.com/storage/v1/b"
_SECONDS = 60.0
AT_ONCE = 32


@dataclass(frozen=True)
class Bucket:
    """Objects of a bucket.

    Attributes:
        session: adds the reader's token.
        bucket: its name.
        folder: what all names begin with, empty or with a slash at the end.
        reader: who reads, for the message that they may not.
    """

    session: requests.Session
    bucket: str
    folder: str
    reader: str

    def names(self, prefix: str) -> Iterator[str]:
        """See `FileStore`."""
        page = ""
        while True:
            asked = {"prefix": self.folder + prefix, "fields": "items(name),nextPageToken", "maxResults": "1000"}
            told = self._get(f"{_API}/{self.bucket}/o", {**asked, **({"pageToken": page} if page else {})}).json()
            for each in cast("list[dict[str, Any]]", told.get("items", [])):
                yield str(each["name"]).removeprefix(self.folder)
            page = str(told.get("nextPageToken", ""))
            if not page:
                return

    def read(self, name: str) -> bytes:
        """See `FileStore`."""
        return self._get(f"{_API}/{self.bucket}/o/{quote(self.folder + name, safe='')}", {"alt": "media"}).content

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """See `FileStore`."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self.read, names)

    def _get(self, url: str, parameters: dict[str, str]) -> requests.Response:
        try:
            answer = self.session.get(url, params=parameters, timeout=_SECONDS)
        except (requests.RequestException, GoogleAuthError) as error:
            raise ToolError(
                f"gs://{self.bucket} could not be read ({first_line(error)}), so nothing is told."
            ) from error
        if not answer.ok:
            raise ToolError(
                f"gs://{self.bucket}/{self.folder} cannot be read as {self.reader} ({answer.status_code} "
                f"{answer.reason}), so nothing is told. It takes storage.objects.list on the bucket and "
                "storage.objects.get on its objects."
            )
        return answer
