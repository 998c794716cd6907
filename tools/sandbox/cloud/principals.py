"""The identifiers of callers, in the two forms of IAM: members of allow policies and principals of deny policies.

https://cloud.google.com/iam/docs/principal-identifiers. A federated caller has one identifier of its own and belongs to
many sets; both forms write sets alike.
"""

import re

from sandbox.cloud.errors import invalid

PUBLIC = "principalSet://goog/public:all"
GROUP = "principalSet://goog/group/"

_POOL = r"projects/[^/]+/locations/global/workloadIdentityPools|locations/global/workforcePools"
_FEDERATED = re.compile(
    rf"^(principal://iam\.googleapis\.com/(?:{_POOL})/[^/]+/subject/.+"
    rf"|principalSet://iam\.googleapis\.com/(?:{_POOL})/[^/]+/(group/.+|attribute\.[a-z0-9_]+/.+|namespace/.+"
    r"|kubernetes\.[a-z.]+/.+|\*))$"
)
_DENY = re.compile(
    r"^(principal://goog/subject/[^/]+@[^/]+|principalSet://goog/group/[^/]+@[^/]+"
    r"|principalSet://goog/cloudIdentityCustomerId/\w+|principalSet://goog/public:all"
    r"|principal://iam\.googleapis\.com/projects/-/serviceAccounts/[^/]+@[^/]+)$"
)
_DELETED = re.compile(
    r"^deleted:(user|group|serviceAccount|principal(Set)?):.+\?uid=\d+$|^deleted:principal(Set)?://.+$"
)
_WORKLOAD = re.compile(
    r"^serviceAccount:(?P<pool>[a-z0-9-]+\.svc\.id\.goog)\[(?P<namespace>[^/\]]+)/(?P<account>[^/\]]+)\]$"
)


def is_federated(member: str) -> bool:
    """Returns whether a member is an identity, or a set of identities, of a pool."""
    return _FEDERATED.match(member) is not None


def is_deleted(member: str) -> bool:
    """Returns whether a member was deleted while a policy named it."""
    return _DELETED.match(member) is not None


def deleted_account(email: str, unique_id: str) -> str:
    """Returns the member that replaces a service account in policies when the account is deleted."""
    return f"deleted:serviceAccount:{email}?uid={unique_id}"


def workload(member: str) -> tuple[str, str, str] | None:
    """Returns (pool, namespace, account) of a Kubernetes service account's member; None for any other."""
    match = _WORKLOAD.match(member)
    return (match["pool"], match["namespace"], match["account"]) if match else None


def workload_member(project_id: str, namespace: str, account: str) -> str:
    """Returns the member of a GKE workload, by its project, namespace and Kubernetes service account."""
    return f"serviceAccount:{project_id}.svc.id.goog[{namespace}/{account}]"


_CONVENIENCE = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}


def basic_role(member: str) -> tuple[str, str] | None:
    """Returns (project id, role) that a member such as "projectOwner:p" stands for; None for any other member."""
    kind, _, project = member.partition(":")
    return (project, _CONVENIENCE[kind]) if kind in _CONVENIENCE and project else None


def denied_form(member: str) -> str:
    """Returns a member as deny policies write it."""
    if member.startswith("deleted:serviceAccount:"):
        return f"deleted:{denied_form(member.removeprefix('deleted:'))}"
    kind, _, rest = member.partition(":")
    if kind == "user":
        return f"principal://goog/subject/{rest}"
    if kind == "group":
        return f"{GROUP}{rest}"
    if kind == "serviceAccount":
        return f"principal://iam.googleapis.com/projects/-/serviceAccounts/{rest}"
    return PUBLIC if member == "allUsers" else member


def check_denied_form(principal: str) -> None:
    """Raises INVALID_ARGUMENT for a principal that a deny policy cannot name."""
    if _DENY.match(principal) or _FEDERATED.match(principal) or principal.startswith("deleted:principal"):
        return
    hint = f"; write {denied_form(principal)}" if denied_form(principal) != principal else ""
    raise invalid(f"Invalid principal: '{principal}' is no principal identifier of a deny policy{hint}.")
