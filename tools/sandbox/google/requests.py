"""Requests as calls of the cloud: the name of the resource, its new body, or the change to its body."""

from collections.abc import Mapping

from sandbox.cloud import names
from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Change, Collection
from sandbox.cloud.store import Json
from sandbox.google import changes, schemas
from sandbox.google.exchange import Exchange

# Kind -> the field of the request's body that has the resource.
_WRAPPED: Mapping[str, str] = {
    "container.projects.locations.clusters": "cluster",
    "container.projects.locations.clusters.nodePools": "nodePool",
    "iam.projects.serviceAccounts": "serviceAccount",
    "iam.projects.roles": "role",
    "iam.organizations.roles": "role",
}
# Kind -> the field of the request's body that has the id.
_IDS: Mapping[str, str] = {
    "iam.projects.serviceAccounts": "accountId",
    "iam.projects.roles": "roleId",
    "iam.organizations.roles": "roleId",
}
# Kinds whose resources Google numbers.
_NUMBERED = frozenset(
    {
        "cloudresourcemanager.tagKeys",
        "cloudresourcemanager.tagValues",
        "dns.changes",
        "iam.projects.serviceAccounts.keys",
        "monitoring.projects.alertPolicies",
        "monitoring.projects.notificationChannels",
        "monitoring.projects.uptimeCheckConfigs",
        "sql.backupRuns",
    }
)
# Parameters of the query that change what a method does, and are no fields of the resource.
_FLAGS = ("force", "showDeleted", "skipInitialVersionCreation", "uniqueWriterIdentity")
_TEXTS = ("customWriterIdentity",)
# API -> what may stand before the fields of a mask, as if it were relative to the request and not to the resource.
# https://cloud.google.com/sdk/gcloud/reference/org-policies/set-policy
_MASKED_AS: Mapping[str, str] = {"orgpolicy": "policy."}


def name_of(collection: Collection, asked: Exchange) -> str:
    """Returns the name of the resource in a path; the name of a list's or a creation's resource ends in `-`."""
    length = collection.path.count("/") + 1
    segments = asked.segments
    if len(segments) == length - 1:
        segments = [*segments, "-"]
    name = "/".join(segments[:length])
    if collection.kind.startswith("iam.projects.serviceAccounts") and name.startswith("projects/-/"):
        project = names.service_account(segments[3]).split("/")[4]  # `-` stands for the project in the email
        return name.replace("projects/-/", f"projects/{project}/", 1)
    return name


def flags(asked: Exchange) -> Json:
    """Returns the parameters of the query that change what a method does."""
    switches = {name: asked.parameter(name) == "true" for name in _FLAGS if name in asked.query}
    return {**switches, **{name: asked.parameter(name) for name in _TEXTS if name in asked.query}}


def created(asked: Exchange, collection: Collection, name: str) -> tuple[str, Json]:
    """Returns name and body of the resource that a request creates.

    Args:
        asked: the request.
        collection: the collection of the resource.
        name: the resource's name, of which the last part may be missing (`-`).

    Raises:
        ApiError: INVALID_ARGUMENT without an id.
    """
    body = asked.body.get(_WRAPPED.get(collection.kind, "")) or ({} if collection.kind in _WRAPPED else asked.body)
    content = {**changes.without_nulls(identified(body)), **flags(asked)}
    if not name.endswith("/-") or collection.kind in _NUMBERED:
        return name, content
    identity = _id(asked, collection.kind, body)
    if not identity:
        raise invalid("Invalid value: the id of the new resource is missing.")
    if collection.kind == "iam.projects.serviceAccounts":
        identity = f"{identity}@{name.split('/')[1]}.iam.gserviceaccount.com"
    return f"{name[:-1]}{identity}", content


def identified(body: Json) -> Json:
    """Returns a body without the full name of its resource, which is in the path, or is made of it."""
    name = str(body.get("name") or "")
    return body if name and "/" not in name else {key: value for key, value in body.items() if key != "name"}


def _id(asked: Exchange, kind: str, body: Json) -> str:
    if kind in _IDS:
        return str(asked.body.get(_IDS[kind]) or "")
    if asked.definition.api.is_one_platform:
        named = [name for name in asked.definition.parameters if name.endswith("Id") and name != "requestId"]
        if named:
            return asked.parameter(named[0])
    return str(body.get("name") or "").rpartition("/")[2]


def updated(asked: Exchange, body: Json | None = None, mask: str = "") -> Change:
    """Returns the change that a PATCH or PUT makes.

    Args:
        asked: the request.
        body: the resource, where it is only a part of the request's body.
        mask: the mask, where it is in the request's body.
    """
    content = identified(asked.body if body is None else body)
    mask = mask or asked.parameter("updateMask")
    if mask and mask != "*":
        whole = _MASKED_AS.get(asked.kind.partition(".")[0], "")
        paths = [path.strip().removeprefix(whole) for path in mask.split(",")]
        _check_mask(asked, paths)
        return changes.masked(paths, content)
    if asked.request.method == "PUT" or mask:
        return changes.replaced(content)
    return changes.fields_of(content) if asked.definition.api.is_one_platform else changes.merged(content)


def _check_mask(asked: Exchange, paths: list[str]) -> None:
    schema = asked.definition.api.schema(asked.definition.request or {})
    fields = schema.get("properties", {})
    for path in paths:
        if "updateMask" not in fields and schemas.camel(path.split(".")[0]) not in fields:
            raise invalid(f"Invalid value at 'update_mask' (type.googleapis.com/google.protobuf.FieldMask), \"{path}\"")
