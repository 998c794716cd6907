"""One call of the fake GitHub's API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unit.github.fake_github import REPOSITORY, FakeGitHub, Json

OWN = f"/repos/{REPOSITORY}"
# Method and path, the permissions of which one suffices, and what is done.
Route = tuple[str, str, tuple[str, ...], Callable[..., Any]]


@dataclass(frozen=True)
class Call:
    """One call of the API, by a token that may do it."""

    github: FakeGitHub
    path: str
    query: dict[str, str]
    body: Json
    administers: bool

    def page(self, items: list[Json]) -> list[Json]:
        """The page of a list that is asked for."""
        size, page = int(self.query.get("per_page", 30)), int(self.query.get("page", 1))
        return items[(page - 1) * size : page * size]


@dataclass(frozen=True)
class Refusal(Exception):  # noqa: N818  an answer, not a fault
    """Answer to a call that GitHub does not carry out."""

    status: int
    message: str
