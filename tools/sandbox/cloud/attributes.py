"""Resource attributes that IAM conditions can refer to: service, type, name and tags.

https://cloud.google.com/iam/docs/conditions-resource-attributes lists the services and types that have them. For
every other one (service accounts, registries, APIs) the three attributes are empty: a condition that compares them
for equality grants nothing on such a resource, however plausible it looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from sandbox.cloud import names

# service -> the segment of a name that comes before the id -> resource type
_TYPES: Mapping[str, Mapping[str, str]] = {
    "cloudkms.googleapis.com": {
        "locations": "cloud.googleapis.com/Location",
        "keyRings": "cloudkms.googleapis.com/KeyRing",
        "cryptoKeys": "cloudkms.googleapis.com/CryptoKey",
        "cryptoKeyVersions": "cloudkms.googleapis.com/CryptoKeyVersion",
    },
    "cloudresourcemanager.googleapis.com": {"projects": "cloudresourcemanager.googleapis.com/Project"},
    "compute.googleapis.com": {
        "backendServices": "compute.googleapis.com/BackendService",
        "firewalls": "compute.googleapis.com/Firewall",
        "forwardingRules": "compute.googleapis.com/ForwardingRule",
        "instances": "compute.googleapis.com/Instance",
    },
    "container.googleapis.com": {"clusters": "container.googleapis.com/Cluster"},
    "logging.googleapis.com": {
        "buckets": "logging.googleapis.com/LogBucket",
        "views": "logging.googleapis.com/LogView",
    },
    "secretmanager.googleapis.com": {
        "secrets": "secretmanager.googleapis.com/Secret",
        "versions": "secretmanager.googleapis.com/SecretVersion",
    },
    "sqladmin.googleapis.com": {
        "instances": "sqladmin.googleapis.com/Instance",
        "backupRuns": "sqladmin.googleapis.com/BackupRun",
    },
    "storage.googleapis.com": {
        "buckets": "storage.googleapis.com/Bucket",
        "objects": "storage.googleapis.com/Object",
    },
}

# Names that hold the project's number where the API's own names may hold the id
# (https://cloud.google.com/secret-manager/docs/access-control#conditions).
_BY_NUMBER = frozenset({"secretmanager.googleapis.com"})

# Names that leave the project open, because they are unique across projects
# (https://cloud.google.com/storage/docs/access-control/iam#conditions).
_WITHOUT_PROJECT = frozenset({"storage.googleapis.com"})


@dataclass(frozen=True)
class Request:
    """The request for which a condition is evaluated.

    Attributes:
        time: the time of the request, in seconds since the epoch.
        service: `resource.service`; "" where IAM has no attributes for the resource.
        type: `resource.type`, likewise.
        name: `resource.name`, likewise.
        tags: effective tags, namespaced key ("123/env") to the value's short name ("prod").
        tag_ids: effective tags by permanent ids, "tagKeys/1" to "tagValues/2".
        api: API attributes, such as the roles whose grants a setIamPolicy changes, or the prefix of a list of objects.
    """

    time: float
    service: str = ""
    type: str = ""
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    tag_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    api: Mapping[str, tuple[str, ...] | str] = field(default_factory=dict[str, tuple[str, ...] | str])


def described(resource: str, project_number: str) -> tuple[str, str, str]:
    """Returns (service, type, name) of a resource as conditions see them; empty where IAM has no attributes.

    Args:
        resource: the full name.
        project_number: the number of the resource's project.
    """
    service, relative = names.split(resource)
    parts = relative.split("/")
    kind = _TYPES.get(service, {}).get(parts[-2] if len(parts) > 1 else "")
    if kind is None:
        return "", "", ""
    if service in _BY_NUMBER and project_number:
        relative = "/".join(["projects", project_number, *parts[2:]])
    if service in _WITHOUT_PROJECT:
        relative = unquote("/".join(["projects", "_", *parts[2:]]))  # an object's name may hold slashes
    return service, kind, relative
