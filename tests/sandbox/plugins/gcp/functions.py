"""The functions (`get_*`) of the gcp provider that the sandbox supports."""

import base64
from collections.abc import Callable

from sandbox.plugins.gcp.types import Session
from sandbox.plugins.protocol import Properties, ProviderError


def _secret_name(session: Session, arguments: Properties) -> str:
    secret = str(arguments["secret"])
    if secret.startswith("projects/"):
        return secret
    return f"projects/{arguments.get('project') or session.defaults['project']}/secrets/{secret}"


def _payload(session: Session, arguments: Properties) -> Properties:
    name = f"{_secret_name(session, arguments)}/versions/{arguments.get('version') or 'latest'}"
    accessed = session.call("secretmanager.projects.secrets.versions.access", name)
    data = accessed["payload"]["data"]
    return {
        "secretData": data if arguments.get("isSecretDataBase64") else base64.b64decode(data).decode(),
        "name": accessed["name"],
        "version": accessed["name"].rpartition("/")[2],
        "secret": arguments["secret"],
        "project": arguments.get("project") or session.defaults["project"],
        "id": accessed["name"],
    }


def _get_secret_version_access(session: Session, arguments: Properties) -> Properties:
    return _payload(session, arguments)


def _get_secret_version(session: Session, arguments: Properties) -> Properties:
    result = _payload(session, arguments)
    version = session.call("secretmanager.projects.secrets.versions.get", result["name"])
    return {**result, "createTime": version["createTime"], "destroyTime": "", "enabled": version["state"] == "ENABLED"}


def _get_project(session: Session, arguments: Properties) -> Properties:
    project_id = arguments.get("projectId") or session.defaults["project"]
    project = session.call("cloudresourcemanager.projects.get", f"projects/{project_id}")
    return {
        "projectId": project["projectId"],
        "number": project["projectNumber"],
        "name": project["name"],
        "id": f"projects/{project_id}",
        "labels": project.get("labels", {}),
    }


_FUNCTIONS: dict[str, Callable[[Session, Properties], Properties]] = {
    "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess": _get_secret_version_access,
    "gcp:secretmanager/getSecretVersion:getSecretVersion": _get_secret_version,
    "gcp:organizations/getProject:getProject": _get_project,
}


def call(session: Session, token: str, arguments: Properties) -> Properties:
    """The result of a function.

    Raises:
        ProviderError: the sandbox does not support the function.
    """
    function = _FUNCTIONS.get(token)
    if function is None:
        raise ProviderError(f"The sandbox does not support the function {token}; add it in {__name__}.")
    return function(session, arguments)
