"""Full resource names (https://cloud.google.com/iam/docs/full-resource-names): their canonical spelling and ancestors.

Google spells some resources in two ways: with the project's number or its ID, a bucket with or without a project, a
database instance under the name of its product or of its API. Here each has one spelling.
"""

import re
from collections.abc import Iterator

from iam import kinds
from iam.kinds import Owner

CONTAINERS = "//cloudresourcemanager.googleapis.com/"

# Services whose permissions have another prefix than their hosts.
_PREFIXES = {"cloudresourcemanager": "resourcemanager"}
_BUCKET = re.compile(r"//storage\.googleapis\.com/(?:projects/[^/]+/buckets/)?(?P<name>[^/]+)(?P<rest>/.*)?")


def project(identifier: str) -> str:
    """Return the full name of a project."""
    return f"{CONTAINERS}projects/{identifier}"


def canonical(name: str, identifier: str, number: str) -> str:
    """Return the canonical spelling of a full name, with the project's ID for its number."""
    if match := _BUCKET.fullmatch(name):
        return f"//storage.googleapis.com/projects/_/buckets/{match['name']}{match['rest'] or ''}"
    spelled = name.replace("//cloudsql.googleapis.com/", "//sqladmin.googleapis.com/", 1)
    return re.sub(rf"/projects/{number}(?=/|$)", f"/projects/{identifier}", spelled) if number else spelled


def above(name: str) -> Iterator[str]:
    """Yield the ancestors in a resource's name, nearest first; its project, folder or organisation last."""
    if name.startswith(CONTAINERS):
        return
    service, _, relative = name.removeprefix("//").partition("/")
    parts = relative.split("/")
    for length in range(len(parts) - 1, 2, -1):
        yield f"//{service}/{'/'.join(parts[:length])}"
    if parts[1:2] not in ([], ["_"]):
        yield f"{CONTAINERS}{'/'.join(parts[:2])}"


def words(name: str, owner: Owner) -> str:
    """Return a full name in the words of access.yaml; the name itself for an unknown kind."""
    return kinds.words(canonical(name, owner.project, owner.number), owner)


def permissions_on(resource: str) -> tuple[str, ...]:
    """Return prefixes of the permissions on a resource's service; an empty one for a project, folder, organisation."""
    if resource.startswith(CONTAINERS):
        return ("",)
    service = resource.removeprefix("//").partition(".")[0]
    kind = kinds.of_name(resource)
    begin = kind.permission if kind else f"{service}."
    if service != "iam":
        return (f"{begin.partition('.')[0]}.",)
    return (begin.removesuffix("s"), begin.replace(".googleapis.com/", ".").removesuffix("s"))


def short_role(role: str) -> str:
    """Return a custom role without its path."""
    return role.partition("/roles/")[2] if role.startswith(("projects/", "organizations/")) else role


def plain_permission(permission: str) -> str:
    """Return a permission without the host that newer services prefix it with, as security's files spell it."""
    return permission.replace(".googleapis.com/", ".")


def permission_in_roles(permission: str) -> str:
    """Convert a permission of a deny policy (`iam.googleapis.com/roles.update`) to roles' form (`iam.roles.update`)."""
    host, _, rest = permission.partition("/")
    service = host.removesuffix(".googleapis.com")
    return f"{_PREFIXES.get(service, service)}.{rest}"
