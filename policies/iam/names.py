"""Full resource names (https://cloud.google.com/iam/docs/full-resource-names): one spelling each, and what is above.

Google spells some resources in two ways: with the project's number or its id, a bucket with or without a project, a
database instance under the name of its product or of its API. Here each has one.
"""

import re
from collections.abc import Iterator

CONTAINERS = "//cloudresourcemanager.googleapis.com/"

_BUCKET = re.compile(r"//storage\.googleapis\.com/(?:projects/[^/]+/buckets/)?(?P<name>[^/]+)(?P<rest>/.*)?")
# Services whose permissions begin otherwise.
_PERMISSIONS = {"sqladmin": "cloudsql"}
# The last but one segment of a name to the word for such a thing.
_KINDS = {
    "backupPlans": "backup plan",
    "buckets": "log bucket",
    "clusters": "cluster",
    "databases": "database",
    "firewalls": "firewall",
    "instances": "instance",
    "keyRings": "key ring",
    "managedZones": "zone",
    "namespaces": "namespace",
    "networks": "network",
    "repositories": "repository",
    "subnetworks": "subnetwork",
    "subscriptions": "subscription",
    "topics": "topic",
    "workloadIdentityPools": "pool",
}


def project(identifier: str) -> str:
    """The full name of a project."""
    return f"{CONTAINERS}projects/{identifier}"


def account(email: str, owner: str) -> str:
    """The full name of a service account."""
    return f"//iam.googleapis.com/projects/{owner}/serviceAccounts/{email}"


def canonical(name: str, identifier: str, number: str) -> str:
    """A full name in the one spelling, with the project's id for its number."""
    if match := _BUCKET.fullmatch(name):
        return f"//storage.googleapis.com/projects/_/buckets/{match['name']}{match['rest'] or ''}"
    named = name.replace("//cloudsql.googleapis.com/", "//sqladmin.googleapis.com/", 1)
    return re.sub(rf"/projects/{number}(?=/|$)", f"/projects/{identifier}", named) if number else named


def above(name: str) -> Iterator[str]:
    """What a resource is in by its name, nearest first; its project, folder or organisation last."""
    if name.startswith(CONTAINERS):
        return
    service, _, relative = name.removeprefix("//").partition("/")
    parts = relative.split("/")
    for length in range(len(parts) - 1, 2, -1):
        yield f"//{service}/{'/'.join(parts[:length])}"
    if parts[1:2] not in ([], ["_"]):
        yield f"{CONTAINERS}{'/'.join(parts[:2])}"


def plain(name: str) -> str:
    """A resource in plain words, such as `instance orders`; itself for a kind that has no word."""
    relative = name.removeprefix("//").partition("/")[2]
    parts = relative.split("/")
    word = _KINDS.get(parts[-2]) if len(parts) > 2 else None
    if word is None:
        return name
    return f"{word} {parts[-3]}/{parts[-1]}" if word == "database" else f"{word} {parts[-1]}"


def permissions_on(resource: str) -> tuple[str, ...]:
    """How the permissions begin that concern a resource of its kind; any for what holds other resources."""
    service = resource.removeprefix("//").partition(".")[0]
    if resource.startswith(CONTAINERS):
        return ("",)
    if service == "iam":
        kind = "serviceAccount" if "/serviceAccounts/" in resource else "workloadIdentityPool"
        return (f"iam.{kind}", f"iam.googleapis.com/{kind}")
    return (f"{_PERMISSIONS.get(service, service)}.",)


def short_role(role: str) -> str:
    """A custom role without its path."""
    return role.partition("/roles/")[2] if role.startswith(("projects/", "organizations/")) else role
