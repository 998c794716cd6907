"""Resource Manager: projects in the form of each version of the API."""

from collections.abc import Callable, Mapping

from sandbox.cloud.store import Json
from sandbox.google import answers
from sandbox.google.exchange import Exchange

_PROJECTS = "cloudresourcemanager.projects"


def _project(asked: Exchange) -> Json:
    """Returns a project; the versions of the API differ in form."""
    return _shaped(asked, asked.call(f"{_PROJECTS}.get", asked.stem))


def _search(asked: Exchange) -> Json:
    """Returns the projects that the caller may read; a list of v3 has only a parent's."""
    below = {"parent": asked.parameter("parent")} if "parent" in asked.definition.parameters else {}
    projects = asked.call(f"{_PROJECTS}.list", "projects/-", below)["items"]
    return answers.listed(asked, [_shaped(asked, project) for project in projects])


def _shaped(asked: Exchange, body: Json) -> Json:
    return _v3(body) if asked.definition.api.content["version"] == "v3" else _v1(body)


def _v1(body: Json) -> Json:
    """Returns a project of v1 (https://cloud.google.com/resource-manager/reference/rest/v1/projects#Project)."""
    kind, _, number = str(body.get("parent", "")).partition("/")
    return {**body, "parent": {"type": kind.removesuffix("s"), "id": number}}


def _v3(body: Json) -> Json:
    """Returns a project of v3 (https://cloud.google.com/resource-manager/reference/rest/v3/projects#Project)."""
    return {
        "name": f"projects/{body['projectNumber']}",
        "parent": body.get("parent", ""),
        "projectId": body["projectId"],
        "state": body["lifecycleState"],
        "displayName": body["name"],
    }


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_PROJECTS}.get": _project,
    f"{_PROJECTS}.list": _search,
    f"{_PROJECTS}.search": _search,
}
