"""The allow policies of a real project, from Cloud Asset Inventory, read as the identity layer's preview account.

https://cloud.google.com/asset-inventory/docs/reference/rest/v1/TopLevel/searchAllIamPolicies. One call tells of every
resource in the project that has a policy, also of those that no layer knows.
"""

from typing import Any, cast

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials

from cli.google_login import default_credentials, environment_as, first_line
from toolchain.errors import ToolError

_SECONDS = 60.0
_PAGE = 500


def policies(project: str, account: str) -> list[dict[str, Any]]:
    """Every policy in a project, as `gcloud asset search-all-iam-policies --format=json` lists them.

    Raises `ToolError` when Google does not tell.
    """
    token = environment_as(account).get("GOOGLE_OAUTH_ACCESS_TOKEN")
    credentials = Credentials(token) if token else default_credentials()
    return search(cast("requests.Session", AuthorizedSession(credentials)), project, account)


def search(session: requests.Session, project: str, account: str) -> list[dict[str, Any]]:
    """The policies, page by page, by a session that adds the account's token."""
    found: list[dict[str, Any]] = []
    page = ""
    while True:
        told = _page(session, project, account, page)
        found += told.get("results", [])
        page = str(told.get("nextPageToken", ""))
        if not page:
            return found


def _page(session: requests.Session, project: str, account: str, page: str) -> dict[str, Any]:
    url = f"https://cloudasset.googleapis.com/v1/projects/{project}:searchAllIamPolicies"
    parameters: dict[str, str | int] = {"pageSize": _PAGE, **({"pageToken": page} if page else {})}
    try:
        answer = session.get(url, params=parameters, timeout=_SECONDS)
    except (requests.RequestException, GoogleAuthError) as error:
        raise ToolError(
            f"Cloud Asset Inventory could not be asked ({first_line(error)}), so nothing was judged."
        ) from error
    if not answer.ok:
        said = cast("dict[str, Any]", _body(answer).get("error", {})).get("message", answer.reason)
        raise ToolError(
            f"Cloud Asset Inventory does not tell the policies of {project} ({said}), so grants that no state declares "
            f"would stay unseen, and nothing was judged. {account} needs cloudasset.assets.searchAllIamPolicies on the "
            "project, where cloudasset.googleapis.com must be enabled."
        )
    return _body(answer)


def _body(answer: requests.Response) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", answer.json())
    except ValueError:
        return {}
