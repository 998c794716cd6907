"""Tags: keys and values that an organisation defines, bound to resources and inherited downwards.

https://cloud.google.com/resource-manager/docs/tags/tags-overview. A resource has at most one value of a key: the
value bound nearest to it.
"""

from urllib.parse import quote, unquote

from sandbox.cloud.store import Store

KEYS = "cloudresourcemanager.tagKeys"
VALUES = "cloudresourcemanager.tagValues"
BINDINGS = "cloudresourcemanager.tagBindings"
EFFECTIVE = "cloudresourcemanager.effectiveTags"

_PREFIX = "//cloudresourcemanager.googleapis.com/"


def binding_name(resource: str, value: str) -> str:
    """Returns the relative name of the binding of a tag value ("tagValues/2") to a resource (a full name)."""
    return f"tagBindings/{quote(resource, safe='')}/{value}"


def bound_resource(name: str) -> str:
    """Returns the full name of the resource in a tag binding's relative name."""
    return unquote(name.split("/")[1])


def effective(store: Store, line: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the effective tags of a resource: namespaced key to short value, and by permanent ids.

    Args:
        store: the store that has the tags.
        line: the full names of the resource and its ancestors, nearest first.
    """
    by_name: dict[str, str] = {}
    by_id: dict[str, str] = {}
    for level in line:
        for binding in store.find(BINDINGS, f"{_PREFIX}tagBindings/{quote(level, safe='')}/"):
            value = store.get(f"{_PREFIX}{binding.body['tagValue']}")
            key = store.get(f"{_PREFIX}{value.body['parent']}") if value else None
            if value and key and value.body["parent"] not in by_id:
                by_id[value.body["parent"]] = binding.body["tagValue"]
                by_name[key.body["namespacedName"]] = value.body["shortName"]
    return by_name, by_id
