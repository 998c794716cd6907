"""Full resource names, and the hierarchy that they contain.

A full resource name is `//<service>/<relative name>` (https://cloud.google.com/iam/docs/full-resource-names), such as
`//secretmanager.googleapis.com/projects/p/secrets/s`. Projects are always named by their id.
"""

import re
from collections.abc import Iterator

PROJECTS = "//cloudresourcemanager.googleapis.com/"

_PROJECT_OF = re.compile(r"projects/([^/]+)")
_ACCOUNT = re.compile(r"^[a-z][a-z0-9-]{4,28}[a-z0-9]@(?P<project>[a-z0-9-]+)\.iam\.gserviceaccount\.com$")


def project(project_id: str) -> str:
    """Returns the full name of a project."""
    return f"{PROJECTS}projects/{project_id}"


def organization(organization_id: str) -> str:
    """Returns the full name of an organisation, by its number."""
    return f"{PROJECTS}organizations/{organization_id}"


def folder(folder_id: str) -> str:
    """Returns the full name of a folder, by its number."""
    return f"{PROJECTS}folders/{folder_id}"


def project_of(name: str) -> str:
    """Returns the project id inside a full or relative resource name; "" when it has none."""
    match = _PROJECT_OF.search(name)
    return match[1] if match else ""


def service_account(email: str) -> str:
    """Returns the full name of a user-managed service account; its project is part of the email."""
    match = _ACCOUNT.match(email)
    owner = match["project"] if match else "-"
    return f"//iam.googleapis.com/projects/{owner}/serviceAccounts/{email}"


def is_user_managed(email: str) -> bool:
    """Returns whether an email is a user-managed service account's, neither one of Google's own nor a workload."""
    return _ACCOUNT.match(email) is not None


def is_custom_role(role: str) -> bool:
    """Returns whether a role is a custom role: `projects/p/roles/r`."""
    return role.startswith(("projects/", "organizations/"))


def split(name: str) -> tuple[str, str]:
    """Returns the service and the relative name of a full name."""
    service, _, relative = name.removeprefix("//").partition("/")
    return service, relative


def below_project(name: str) -> Iterator[str]:
    """Yields a resource, then its parents by name, without the project itself."""
    service, relative = split(name)
    parts = relative.split("/")
    for length in range(len(parts), 2, -2):
        yield f"//{service}/{'/'.join(parts[:length])}"
