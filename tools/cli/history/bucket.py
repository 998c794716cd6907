"""Buckets with history or logs, read over Google's JSON API."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

from cli.google.client import Client
from cli.google.errors import Purpose

_API = "https://storage.googleapis.com/storage/v1/b"
_AT_ONCE = 32


@dataclass(frozen=True)
class Bucket:
    """Objects of a bucket.

    Attributes:
        client: calls as the reader.
        bucket: its name.
        folder: prefix of all names, empty or with a slash at the end.
    """

    client: Client
    bucket: str
    folder: str

    def names(self, prefix: str) -> Iterator[str]:
        """See `FileStore`."""
        parameters = {"prefix": self.folder + prefix, "fields": "items(name),nextPageToken", "maxResults": 1000}
        url = f"{_API}/{self.bucket}/o"
        for item in self.client.listed("GET", url, "items", self._purpose, parameters=parameters):
            yield str(item["name"]).removeprefix(self.folder)

    def folders(self) -> Iterator[str]:
        """Names of the folders at the top, without the folders of the engine and of these commands."""
        parameters = {"prefix": self.folder, "delimiter": "/", "fields": "prefixes,nextPageToken", "maxResults": 1000}
        url = f"{_API}/{self.bucket}/o"
        for prefix in self.client.listed("GET", url, "prefixes", self._purpose, parameters=parameters):
            name = str(prefix).removeprefix(self.folder).rstrip("/")
            if not name.startswith("."):
                yield name

    def read(self, name: str) -> bytes:
        """See `FileStore`."""
        return self.client.content(f"{_API}/{self.bucket}/o/{quote(self.folder + name, safe='')}", self._purpose)

    def read_all(self, names: Iterable[str]) -> Iterator[bytes]:
        """See `FileStore`."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield from pool.map(self.read, names)

    @property
    def _purpose(self) -> Purpose:
        needs = "storage.objects.list on the bucket and storage.objects.get on its objects"
        return Purpose(f"read gs://{self.bucket}/{self.folder}", "nothing is shown", needs)
