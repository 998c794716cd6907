"""Resource Manager: projects in the form of each version of the API, and bindings of tags."""

from collections.abc import Callable, Mapping

from sandbox.cloud import tags
from sandbox.cloud.store import Json
from sandbox.google import answers
from sandbox.google.exchange import Exchange

_PROJECTS = "cloudresourcemanager.projects"
_BINDINGS = "cloudresourcemanager.tagBindings"


def _project(asked: Exchange) -> Json:
    """Returns a project; the versions of the API differ in form."""
    return _shaped(asked, asked.call(f"{_PROJECTS}.get", asked.stem))


def _search(asked: Exchange) -> Json:
    """Returns the projects that the caller may read."""
    projects = asked.call(f"{_PROJECTS}.list", "projects/-")["items"]
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


def _bind(asked: Exchange) -> Json:
    """Binds a value to a resource, both of which are in the body."""
    resource = asked.cloud.iam.hierarchy.with_ids(str(asked.body.get("parent", "")))
    name = tags.binding_name(resource, str(asked.body.get("tagValue", "")))
    return answers.shaped(asked, name, asked.call(f"{_BINDINGS}.create", name))


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_PROJECTS}.get": _project,
    f"{_PROJECTS}.list": _search,
    f"{_PROJECTS}.search": _search,
    f"{_BINDINGS}.create": _bind,
}
