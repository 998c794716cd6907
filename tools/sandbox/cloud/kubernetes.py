"""Permissions of Kubernetes requests on GKE: verb and resource map to a `container.*` permission on the project.

On GKE a request is allowed when either RBAC or IAM allows it
(https://cloud.google.com/kubernetes-engine/docs/how-to/iam). The API server evaluates RBAC itself; this module is
IAM's part. A request without an IAM permission is left to RBAC.
"""

from dataclasses import dataclass

# Plural resource names that Kubernetes writes in lower case and IAM in camel case.
_WORDS = (
    "certificateSigningRequests",
    "clusterRoleBindings",
    "clusterRoles",
    "componentStatuses",
    "configMaps",
    "controllerRevisions",
    "cronJobs",
    "csiDrivers",
    "csiNodes",
    "customResourceDefinitions",
    "daemonSets",
    "deployments",
    "endpointSlices",
    "endpoints",
    "events",
    "horizontalPodAutoscalers",
    "ingresses",
    "jobs",
    "leases",
    "limitRanges",
    "localSubjectAccessReviews",
    "mutatingWebhookConfigurations",
    "namespaces",
    "networkPolicies",
    "nodes",
    "persistentVolumeClaims",
    "persistentVolumes",
    "podDisruptionBudgets",
    "podTemplates",
    "pods",
    "priorityClasses",
    "replicaSets",
    "replicationControllers",
    "resourceQuotas",
    "roleBindings",
    "roles",
    "runtimeClasses",
    "secrets",
    "selfSubjectAccessReviews",
    "selfSubjectRulesReviews",
    "serviceAccounts",
    "services",
    "statefulSets",
    "storageClasses",
    "subjectAccessReviews",
    "tokenReviews",
    "validatingWebhookConfigurations",
    "volumeAttachments",
)
_IAM_NAME = {word.lower(): word for word in _WORDS}

_VERB = {
    "get": "get",
    "list": "list",
    "watch": "list",
    "create": "create",
    "update": "update",
    "patch": "update",
    "delete": "delete",
    "deletecollection": "delete",
    "bind": "bind",
    "escalate": "escalate",
}

_SUBRESOURCE = {
    ("pods", "log", "get"): "getLogs",
    ("pods", "exec", "create"): "exec",
    ("pods", "exec", "get"): "exec",
    ("pods", "attach", "create"): "attach",
    ("pods", "attach", "get"): "attach",
    ("pods", "portforward", "create"): "portForward",
    ("pods", "portforward", "get"): "portForward",
    ("pods", "eviction", "create"): "evict",
    ("serviceaccounts", "token", "create"): "createToken",
    ("namespaces", "finalize", "update"): "finalize",
}


@dataclass(frozen=True)
class ResourceRequest:
    """The request of a SubjectAccessReview.

    Attributes:
        verb: the verb, such as "create".
        group: the API group; "" for the core.
        resource: the resource in the plural and lower case, such as "rolebindings".
        subresource: the subresource, such as "log"; "" for none.
    """

    verb: str
    group: str
    resource: str
    subresource: str = ""


def permissions() -> frozenset[str]:
    """Returns every permission that a request may require; for a few, IAM has no counterpart."""
    verbs = {*_VERB.values(), "getStatus", "updateStatus", "getScale", "updateScale", *_SUBRESOURCE.values()}
    return frozenset(f"container.{word}.{verb}" for word in (*_WORDS, "thirdPartyObjects") for verb in verbs)


def permission_for(request: ResourceRequest) -> str | None:
    """Returns the IAM permission for a request; None when IAM has none, so that RBAC alone decides."""
    verb = _VERB.get(request.verb)
    if verb is None:
        return None
    name = _IAM_NAME.get(request.resource)
    if name is None:
        # IAM treats all custom resources as one kind; it does not do so for built-in groups that it does not list.
        is_custom = "." in request.group and not request.group.endswith(".k8s.io")
        return f"container.thirdPartyObjects.{verb}" if is_custom and not request.subresource else None
    if not request.subresource:
        return f"container.{name}.{verb}"
    if request.subresource == "status" and verb in ("get", "update"):
        return f"container.{name}.{verb}Status"
    if request.subresource == "scale" and verb in ("get", "update"):
        return f"container.{name}.{verb}Scale"
    special = _SUBRESOURCE.get((request.resource, request.subresource, request.verb))
    return f"container.{name}.{special}" if special else None
