"""Google's APIs as the source of policies, roles and groups (see `cli.access_source`).

The identity layer's preview account asks; for what that may not read (policies above the project, groups), the person's
own login asks, too.
"""

from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials

from cli import asset_inventory
from cli.google_login import default_credentials, environment_as
from cli.layout import Stack

Json = dict[str, Any]

_SECONDS = 60.0


class Google:
    """Google's APIs.

    Args:
        stack: of the identity layer, whose preview account asks.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._account = stack.account("preview")
        token = environment_as(self._account).get("GOOGLE_OAUTH_ACCESS_TOKEN")
        person = default_credentials()
        each = [Credentials(token), person] if token else [person]
        self._sessions = [cast("requests.Session", AuthorizedSession(credentials)) for credentials in each]

    def policies(self) -> list[Json]:
        """By Cloud Asset Inventory."""
        return asset_inventory.search(self._sessions[0], self._stack.gcp_project(), self._account)

    def above(self) -> list[str] | None:
        """https://cloud.google.com/resource-manager/reference/rest/v1/projects/getAncestry."""
        url = f"https://cloudresourcemanager.googleapis.com/v1/projects/{self._stack.gcp_project()}:getAncestry"
        told = self._asked(self._sessions, "POST", url, {})
        if told is None:
            return None
        levels = (cast("Json", each.get("resourceId", {})) for each in told.get("ancestor", []))
        return [f"{level.get('type')}s/{level.get('id')}" for level in levels if level.get("type") != "project"]

    def policy(self, container: str) -> Json | None:
        """https://cloud.google.com/resource-manager/reference/rest/v3/organizations/getIamPolicy."""
        url = f"https://cloudresourcemanager.googleapis.com/v3/{container}:getIamPolicy"
        return self._asked(self._sessions, "POST", url, {"options": {"requestedPolicyVersion": 3}})

    def role(self, name: str) -> Json | None:
        """https://cloud.google.com/iam/docs/reference/rest/v1/roles/get: of a predefined one it tells everybody."""
        return self._asked(self._sessions, "GET", f"https://iam.googleapis.com/v1/{name}")

    def members(self, group: str) -> list[str] | None:
        """https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships/list, as the person first."""
        base = "https://cloudidentity.googleapis.com/v1"
        sessions = self._sessions[::-1]
        address = quote(group.removeprefix("group:"))
        named = self._asked(sessions, "GET", f"{base}/groups:lookup?groupKey.id={address}")
        if not named:
            return None
        found: list[str] = []
        page = ""
        while True:
            query = f"view=FULL&pageSize=500{f'&pageToken={quote(page)}' if page else ''}"
            told = self._asked(sessions, "GET", f"{base}/{named.get('name')}/memberships?{query}")
            if told is None:
                return None
            found += _members(told.get("memberships", []))
            page = str(told.get("nextPageToken", ""))
            if not page:
                return found

    @staticmethod
    def _asked(sessions: Iterable[requests.Session], method: str, url: str, body: Json | None = None) -> Json | None:
        for session in sessions:
            try:
                answer = session.request(method, url, json=body, timeout=_SECONDS)
                if answer.ok:
                    return cast("Json", answer.json())
            except (requests.RequestException, GoogleAuthError, ValueError):
                continue
        return None


_TYPES = {"USER": "user", "SERVICE_ACCOUNT": "serviceAccount", "GROUP": "group"}


def _members(listed: Iterable[Json]) -> list[str]:
    """Members as policies name them; one of another type stays, so that nobody is hidden."""
    kinds = ((str(each.get("type") or "other"), each.get("preferredMemberKey", {}).get("id")) for each in listed)
    return [f"{_TYPES.get(kind, kind.lower())}:{address or 'unnamed'}" for kind, address in kinds]
