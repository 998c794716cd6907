"""Client of GitHub's REST API, as far as the workflows need it. https://docs.github.com/en/rest

A thin layer over `requests`: addresses, pages and errors. Its callers decide the content of requests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cli.github.job import Job
from toolchain.errors import ToolError

Json = dict[str, Any]

_SECONDS = 30.0
_PAGE = 100
# Only reads are repeated: a write may have taken effect although its response was lost.
_RETRY = Retry(total=4, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET",))


class RefusedError(ToolError):
    """Refusal of one request by GitHub: a permission, a plan or another setting is missing.

    Attributes:
        reason: status and words of GitHub.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class GitHub:
    """Client for one repository.

    Attributes:
        api: address of the API.
        repository: `owner/name`.
        session: sends the token.
    """

    api: str
    repository: str
    session: requests.Session

    @classmethod
    def of(cls, job: Job) -> "GitHub":
        """Client for the repository of a job, with the token that its workflow passes on."""
        return cls.signed_in(job.get("GITHUB_API_URL"), job.repository, job.get("GITHUB_TOKEN"))

    @classmethod
    def signed_in(cls, api: str, repository: str, token: str) -> "GitHub":
        """Client for a repository, with a token."""
        session = requests.Session()
        session.mount("https://", HTTPAdapter(max_retries=_RETRY))
        session.headers.update(
            {
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
            }
        )
        return cls(api.rstrip("/"), repository, session)

    def get(self, path: str, **parameters: str | int) -> Json:
        """One document."""
        return cast("Json", self._call("GET", path, parameters=parameters))

    def find(self, path: str) -> Json | None:
        """One document; None when it does not exist."""
        answer = self._send("GET", path)
        return None if answer.status_code == 404 else cast("Json", self._read(answer, path))

    def items(self, path: str) -> list[Json]:
        """Every item of a list without pages."""
        return cast("list[Json]", self._call("GET", path))

    def pages(self, path: str, key: str = "", **parameters: str | int) -> Iterator[Json]:
        """Every item of a list with pages; `key` when the list is a field of the response."""
        page = 1
        while True:
            answer = self._call("GET", path, parameters={**parameters, "per_page": _PAGE, "page": page})
            items = cast("list[Json]", answer[key] if key else answer)
            yield from items
            if len(items) < _PAGE:
                return
            page += 1

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Create a resource."""
        return cast("Json", self._call("POST", path, body))

    def patch(self, path: str, body: Mapping[str, Any]) -> Json:
        """Change fields of a resource."""
        return cast("Json", self._call("PATCH", path, body))

    def put(self, path: str, body: Mapping[str, Any]) -> Json:
        """Create or replace a resource."""
        return cast("Json", self._call("PUT", path, body) or {})

    def delete(self, path: str) -> None:
        """Remove a resource."""
        self._call("DELETE", path)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
    ) -> Any:
        return self._read(self._send(method, path, body, parameters), path)

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        try:
            return self.session.request(
                method,
                self._address(path),
                params=parameters,
                json=body,
                timeout=_SECONDS,
            )
        except requests.RequestException as error:
            raise ToolError(f"GitHub could not be reached ({type(error).__name__} at {self.api}).") from error

    def _address(self, path: str) -> str:
        """Address of a path: `/orgs/…` is below the API, every other path below the repository."""
        return f"{self.api}{path}" if path.startswith("/orgs/") else f"{self.api}/repos/{self.repository}{path}"

    def _read(self, answer: requests.Response, path: str) -> Any:
        if answer.ok:
            return answer.json() if answer.content else {}
        reason = f"{answer.status_code} {_message(answer)}"
        what = f"{answer.request.method} {self._address(path)}: {reason}"
        if answer.status_code in (403, 404):
            raise RefusedError(
                f"GitHub refused {what}. Either it is not there, or the token may not: look at the `permissions` of "
                "the workflow's job.",
                reason,
            )
        if 400 <= answer.status_code < 500 and answer.status_code != 401:
            raise RefusedError(f"GitHub refused {what}.", reason)
        raise ToolError(f"GitHub did not do {what}.")


def _message(answer: requests.Response) -> str:
    try:
        content = cast("Json", answer.json())
    except ValueError:
        return answer.reason
    return " ".join(filter(None, (str(content.get("message", answer.reason)), str(content.get("errors") or ""))))
