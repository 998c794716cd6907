"""Resource Manager: tags by their parents and by their names, and their bindings to resources.

https://cloud.google.com/resource-manager/reference/rest/v3/tagKeys, tagValues, tagBindings, effectiveTags
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from sandbox.cloud import names, tags
from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json
from sandbox.google import answers
from sandbox.google.exchange import Exchange


def _list(asked: Exchange) -> Json:
    """Returns the keys of an organisation or project, or the values of a key."""
    items = asked.call(f"{asked.kind}.list", f"{asked.kind.rpartition('.')[2]}/-", {"parent": _parent(asked)})["items"]
    return answers.listed(asked, items)


def _named(asked: Exchange) -> Json:
    """Returns a key or value by the name that people use, such as "123/stage/prod"."""
    chosen = asked.cloud.iam.hierarchy.with_ids(asked.parameter("name"))
    stored = asked.cloud.store.find(asked.kind, names.PROJECTS)
    matching = [str(tag.body["name"]) for tag in stored if tag.body["namespacedName"] == chosen]
    return asked.call(f"{asked.kind}.get", matching[0] if matching else f"{asked.kind.rpartition('.')[2]}/0")


def _bind(asked: Exchange) -> Json:
    """Binds a value to a resource, both of which are in the body."""
    resource = asked.cloud.iam.hierarchy.with_ids(str(asked.body.get("parent", "")))
    name = tags.binding_name(resource, str(asked.body.get("tagValue", "")))
    return answers.shaped(asked, name, asked.call(f"{tags.BINDINGS}.create", name))


def _of_resource(asked: Exchange) -> Json:
    """Returns the bindings of a resource, or the tags that it has or inherits."""
    resource = quote(_parent(asked), safe="")
    items = asked.call(f"{asked.kind}.list", f"{asked.kind.rpartition('.')[2]}/{resource}/tagValues/-")["items"]
    return answers.listed(asked, items)


def _parent(asked: Exchange) -> str:
    parent = asked.cloud.iam.hierarchy.with_ids(asked.parameter("parent"))
    if not parent:
        raise invalid("Invalid value: the parent is missing.")
    return parent


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{tags.KEYS}.list": _list,
    f"{tags.VALUES}.list": _list,
    f"{tags.KEYS}.getNamespaced": _named,
    f"{tags.VALUES}.getNamespaced": _named,
    f"{tags.BINDINGS}.create": _bind,
    f"{tags.BINDINGS}.list": _of_resource,
    f"{tags.EFFECTIVE}.list": _of_resource,
}
