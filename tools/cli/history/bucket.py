"""Where history and logs lie: a folder, or a bucket that is read over Google's JSON API."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError

from cli.google_login import first_line
from toolchain.errors import ToolError

_API = "https://storage.googleapis.com/storage/v1/b"
_SECONDS = 60.0
AT_ONCE = 32


class Place(Protocol):
    """Files under names with slashes."""

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin with a prefix, which ends with a slash."""
        ...

    def read(self, name: str) -> bytes:
        """A file's content."""
        ...

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """The contents of several, in their order."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder; a prefix that is not there has no files."""

    path: Path

    def names(self, prefix: str) -> Iterator[str]:
        """See `Place`."""
        for folder, _, files in os.walk(self.path / prefix):
            below = Path(folder).relative_to(self.path).as_posix()
            yield from (f"{below}/{name}" for name in files)

    def read(self, name: str) -> bytes:
        """See `Place`."""
        return (self.path / name).read_bytes()

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """See `Place`."""
        return map(self.read, names)


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
        """See `Place`."""
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
        """See `Place`."""
        return self._get(f"{_API}/{self.bucket}/o/{quote(self.folder + name, safe='')}", {"alt": "media"}).content

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """See `Place`."""
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
