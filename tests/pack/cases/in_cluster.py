"""Cases of what is set up inside the cluster: namespaces, quotas, RBAC."""

from typing import Any

from pack.analyzer import UNKNOWN_STRING
from pack.cases import REMOVED, Broken, Valid, breaking

NAMESPACE = "kubernetes:core/v1:Namespace"

QUOTA = "kubernetes:core/v1:ResourceQuota"

ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"

CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"

BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"

_OUR_POLICIES: dict[str, Any] = {
    "resources": ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
    "verbs": ["get", "patch"],
    "resourceNames": ["prodfirst-route-names"],
}

NODES = "gke-nodes@p.iam.gserviceaccount.com"


_READ = ["get", "list", "watch"]


def _role(policy: str, kind: str, *rules: dict[str, Any]) -> list[Broken]:
    full = {"apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]}
    return [Broken(policy, kind, "rules.0", {**full, **one}) for one in rules]


VALID: dict[str, Valid] = {
    NAMESPACE: Valid(
        {"metadata": {"name": "storefront", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    ),
    QUOTA: Valid(
        {
            "metadata": {"namespace": "storefront"},
            "spec": {
                "hard": {
                    "pods": "20",
                    "requests.cpu": "4",
                    "requests.memory": "8Gi",
                    "services.loadbalancers": "0",
                    "services.nodeports": "0",
                }
            },
        }
    ),
    ROLE: Valid(
        {
            "metadata": {"namespace": "storefront"},
            "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "create", "delete"]}],
        }
    ),
    CLUSTER_ROLE: Valid(
        {
            "metadata": {"name": "reader"},
            "rules": [{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]}],
        }
    ),
    BINDING: Valid(
        {
            "metadata": {"namespace": "storefront"},
            "roleRef": {"kind": "Role", "name": "developer"},
            "subjects": [{"kind": "Group", "name": "team@example.com"}, {"kind": "User", "name": NODES}],
        }
    ),
}

BROKEN: list[Broken] = [
    *breaking(
        "namespace-pod-security",
        NAMESPACE,
        ("metadata.labels", {}, "enforce is not set"),
        ("metadata.labels", {"pod-security.kubernetes.io/enforce": "baseline"}, "enforce is baseline"),
    ),
    *breaking(
        "namespace-named",
        QUOTA,
        ("metadata.namespace", "default"),
        ("metadata.namespace", "kube-system"),
        ("metadata", {}),
    ),
    *breaking(
        "namespace-quota-closes-ways-out",
        QUOTA,
        ("spec.hard.services/loadbalancers", "1"),
        ("spec.hard.services/nodeports", REMOVED),
        ("spec.hard.pods", REMOVED, "starve"),
        ("spec.hard.requests/memory", REMOVED),
    ),
    *_role("rbac-no-wildcards rbac-cluster-roles-read", CLUSTER_ROLE, {"apiGroups": ["*"], "verbs": ["patch"]}),
    *_role("rbac-no-wildcards", ROLE, {"apiGroups": ["*"]}),
    *breaking("rbac-no-wildcards", CLUSTER_ROLE, ("aggregationRule", {"clusterRoleSelectors": []}, "takes in rules")),
    *_role(
        "rbac-no-escalation",
        ROLE,
        *({"verbs": [verb]} for verb in ("bind", "escalate", "impersonate")),
        {"resources": ["rolebindings"], "verbs": ["get", "create"]},
        *({"resources": [kind], "verbs": ["patch"]} for kind in ("roles", "clusterroles", "clusterrolebindings")),
        {"verbs": []},
    ),
    *_role("rbac-no-wildcards rbac-no-escalation", ROLE, {"verbs": ["*"]}, {"verbs": [UNKNOWN_STRING]}),
    *_role("rbac-no-wildcards", CLUSTER_ROLE, {"nonResourceURLs": ["/debug/*"]}),
    *_role("rbac-no-secrets", ROLE, {"resources": ["secrets"]}),
    *_role(
        "rbac-no-way-into-pods",
        ROLE,
        *({"resources": [f"pods/{way}"], "verbs": ["create"]} for way in ("exec", "attach", "portforward", "proxy")),
        {"resources": ["pods/ephemeralcontainers"], "verbs": ["patch"]},
        {"resources": ["nodes/proxy"]},
        {"resources": ["services/proxy"]},
    ),
    *_role("rbac-no-wildcards rbac-no-way-into-pods", ROLE, {"resources": ["pods/*"]}),
    *_role(
        "rbac-no-credentials",
        ROLE,
        {"resources": ["serviceaccounts/token"], "verbs": ["create"]},
        {"resources": ["certificatesigningrequests/approval"], "verbs": ["update"]},
        *({"resources": ["signers"], "verbs": [verb]} for verb in ("approve", "patch", "sign")),
    ),
    *_role(
        "rbac-no-admission-control",
        ROLE,
        *(
            {"resources": [kind], "verbs": ["patch"]}
            for kind in (
                *("mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies"),
                *("validatingadmissionpolicies", "validatingadmissionpolicybindings", "customresourcedefinitions"),
                "apiservices",
            )
        ),
        {"resources": ["persistentvolumes"], "verbs": ["create"]},
        _OUR_POLICIES | {"resourceNames": []},
        _OUR_POLICIES | {"resourceNames": ["prodfirst-route-names", "gke-warden"]},
        _OUR_POLICIES | {"verbs": ["get", "delete"]},
        _OUR_POLICIES | {"resources": ["validatingadmissionpolicies", "mutatingadmissionpolicies"]},
    ),
    *_role(
        "rbac-no-admission-control rbac-cluster-roles-read", CLUSTER_ROLE, _OUR_POLICIES | {"resourceNames": ["other"]}
    ),
    *_role(
        "rbac-no-wildcards rbac-no-escalation rbac-no-secrets rbac-no-way-into-pods rbac-no-credentials "
        "rbac-no-admission-control rbac-cluster-roles-read",
        CLUSTER_ROLE,
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    ),
    *breaking("rbac-cluster-roles-read", CLUSTER_ROLE, ("rules.0.verbs", ["get", "create"], "in every namespace")),
    *breaking(
        "rbac-binds-known-subjects",
        BINDING,
        ("subjects.0.name", "system:authenticated", "everybody"),
        ("subjects.0", {"kind": "ServiceAccount", "name": "default"}),
        ("subjects.0", {"kind": "User", "name": "jane@example.com"}, "the person"),
        ("subjects.0.name", "Shop-Team@example.com", "in capitals or with a blank"),
        ("roleRef.name", "cluster-admin", "roleRef is cluster-admin"),
        *(("roleRef.name", role) for role in ("admin", "edit")),
        ("subjects.0", {"kind": "Group"}, "so nobody can review"),
        ("subjects.0", {"name": "team@example.com"}, "so nobody can review"),
        ("roleRef.name", "system:node"),
    ),
]

ACCEPTED: list[Broken] = [
    *breaking("", QUOTA, ("spec.hard.services/loadbalancers", 0)),
    *_role(
        "",
        ROLE,
        {"resources": ["pods/log"]},
        *({"resources": [kind], "verbs": _READ} for kind in ("roles", "persistentvolumes")),
    ),
    *breaking("", ROLE, ("rules", [])),
    *_role("", CLUSTER_ROLE, _OUR_POLICIES, _OUR_POLICIES | {"verbs": [*_READ, "create", "update", "patch"]}),
    *_role("", CLUSTER_ROLE, {"resources": [], "nonResourceURLs": ["/healthz"]}),
    *breaking("", BINDING, ("subjects.0", {"kind": "ServiceAccount", "name": "web"})),
    *breaking("", "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", ("", {"roleRef": {"name": "reader"}})),
    *breaking("", "kubernetes:helm.sh/v4:Chart", ("", {"chart": "redis"})),
    *breaking("", "kubernetes:yaml:ConfigFile", ("", {"file": "x.yaml"})),
]
