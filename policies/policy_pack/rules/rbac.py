"""Rules on RBAC inside the cluster: no escalating permission, and no wide binding."""

from collections.abc import Iterable, Iterator
from typing import Any

from engine.inputs import at, is_open, items, named, shown
from policy_pack.rule import Resource, Severity, like, rule

ROLES = like(r"kubernetes:rbac\.authorization\.k8s\.io/[^:]+:(Cluster)?Role(Patch)?")
CLUSTER_ROLES = like(r"kubernetes:rbac\.authorization\.k8s\.io/[^:]+:ClusterRole(Patch)?")
BINDINGS = like(r"kubernetes:rbac\.authorization\.k8s\.io/[^:]+:(Cluster)?RoleBinding(Patch)?")
READ = frozenset({"get", "list", "watch"})
# Validating policies refuse, and change nothing; ours have the prefix, policies of Google's add-ons do not.
_VALIDATION = frozenset({"validatingadmissionpolicies", "validatingadmissionpolicybindings"})
_OUR_PREFIX = "prodfirst-"
_PRACTICE = "https://kubernetes.io/docs/concepts/security/rbac-good-practices/"


def _rules(resource: Resource) -> Iterator[tuple[str, frozenset[Any], frozenset[Any]]]:
    """Yield path, resources and verbs of each rule; an unreadable value counts as `*`."""
    for index, one in enumerate(items(resource.inputs.get("rules"))):
        kinds = [*items(at(one, "resources")), *items(at(one, "nonResourceURLs"))]
        yield f"rules[{index}]", _readable(kinds), _readable(items(at(one, "verbs")))


def _beyond_our_policies(resource: Resource) -> Iterator[tuple[str, frozenset[Any], frozenset[Any]]]:
    """Yield the rules, except for those that write validating admission policies of ours, by name."""
    exempt = {
        f"rules[{index}]" for index, one in enumerate(items(resource.inputs.get("rules"))) if _is_of_our_policies(one)
    }
    return (found for found in _rules(resource) if found[0] not in exempt)


def _is_of_our_policies(one: Any) -> bool:
    """Return whether a rule is on validating admission policies of ours alone, and deletes none."""
    names = items(at(one, "resourceNames"))
    return (
        _readable(items(at(one, "resources"))) <= _VALIDATION
        and _readable(items(at(one, "verbs"))) <= READ | {"create", "update", "patch"}
        and bool(names)
        and all(isinstance(name, str) and name.startswith(_OUR_PREFIX) for name in names)
    )


def _readable(values: list[Any]) -> frozenset[Any]:
    return frozenset(value if isinstance(value, str) else "*" for value in values) if values else frozenset({"*"})


def _about(kinds: frozenset[Any], *resources: str) -> bool:
    """Return whether a rule covers one of these resources, by name or by a pattern."""
    return any(_covers(str(kind), one) for kind in kinds for one in resources)


def _covers(kind: str, resource: str) -> bool:
    if kind in ("*", resource):
        return True
    head, _, sub = resource.partition("/")
    return kind in (f"{head}/*", f"*/{sub}") if sub else False


def _may(verbs: frozenset[Any], needed: Iterable[str]) -> bool:
    return "*" in verbs or not verbs.isdisjoint(needed)


@rule(
    "rbac-no-wildcards",
    ROLES,
    Severity.HIGH,
    references=["CIS K8s 5.1.3", "CKV_K8S_49"],
    remediation="Name API groups, resources and verbs one by one, and remove aggregationRule.",
    url=f"{_PRACTICE}#least-privilege",
)
def no_wildcards(resource: Resource) -> Iterator[str]:
    """Roles have no wildcards: a wildcard also allows kinds that are added to the cluster later."""
    for index, one in enumerate(items(resource.inputs.get("rules"))):
        for key in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
            for value in items(at(one, key)):
                if not isinstance(value, str) or "*" in value:
                    yield f"rules[{index}].{key} names {named(value)}, and so what nobody has looked at. Name each one."
    if resource.inputs.get("aggregationRule") is not None:
        yield "aggregationRule takes in rules that others write. Remove it, and name the rules."


@rule(
    "rbac-no-escalation",
    ROLES,
    Severity.CRITICAL,
    references=["CIS K8s 5.1.8", "CKV_K8S_158", "CKV2_K8S_1", "CKV2_K8S_4", "CKV2_K8S_6"],
    remediation="Remove bind, escalate and impersonate, and the right to write roles and bindings.",
    url=f"{_PRACTICE}#escalate-verb",
)
def no_escalation(resource: Resource) -> Iterator[str]:
    """No role permits to escalate: to bind, escalate, impersonate, or write roles."""
    roles = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
    for path, kinds, verbs in _rules(resource):
        if _may(verbs, ("bind", "escalate", "impersonate")):
            listed = ", ".join(sorted(str(verb) for verb in verbs))
            yield f"{path}.verbs ({named(listed)}) let its holder impersonate others, or take any role. Remove them."
        elif _about(kinds, *roles) and not verbs <= READ:
            yield f"{path} lets its holder write roles or bindings, and so take any right. Allow reading only."


@rule(
    "rbac-no-secrets",
    ROLES,
    Severity.HIGH,
    references=["CIS K8s 5.1.2", "CKV2_K8S_5"],
    remediation="Remove secrets: payloads are in Secret Manager, and read by the app's own identity.",
    url=f"{_PRACTICE}#listing-secrets",
)
def no_secrets(resource: Resource) -> Iterator[str]:
    """No role reads Kubernetes' secrets, which are the credentials of everything in the namespace."""
    for path, kinds, _ in _rules(resource):
        if _about(kinds, "secrets"):
            yield f"{path} covers secrets: its holder has every credential of the namespace. Remove them."


@rule(
    "rbac-no-way-into-pods",
    ROLES,
    Severity.HIGH,
    references=["CIS K8s 5.1.10", "CKV2_K8S_2", "CKV2_K8S_3"],
    remediation="Remove exec, attach, port-forward, proxies and ephemeral containers; debug with logs and metrics.",
    url=f"{_PRACTICE}#access-to-proxy-subresource-of-nodes",
)
def no_way_into_pods(resource: Resource) -> Iterator[str]:
    """No role gives access to a running container or to its node, and so to their data and credentials."""
    targets = (
        *(f"pods/{target}" for target in ("exec", "attach", "portforward", "proxy", "ephemeralcontainers")),
        "nodes/proxy",
        "services/proxy",
    )
    for path, kinds, _ in _rules(resource):
        covered = [target for target in targets if _about(kinds, target)]
        if covered:
            yield f"{path} covers {', '.join(covered)}: its holder reads the data and credentials there. Remove it."


@rule(
    "rbac-no-credentials",
    ROLES,
    Severity.CRITICAL,
    references=["CIS K8s 5.1.11", "CIS K8s 5.1.13", "CKV_K8S_156"],
    remediation="Remove serviceaccounts/token and the approval of certificates.",
    url=f"{_PRACTICE}#token-request",
)
def no_credentials(resource: Resource) -> Iterator[str]:
    """No role can issue credentials: tokens of service accounts, certificates."""
    targets = ("serviceaccounts/token", "certificatesigningrequests/approval", "signers")
    for path, kinds, verbs in _rules(resource):
        covered = [
            target
            for target in targets
            if _about(kinds, target) and _may(verbs, ("create", "update", "patch", "approve", "sign"))
        ]
        if covered:
            yield f"{path} covers {', '.join(covered)}: its holder makes itself credentials of others. Remove it."


@rule(
    "rbac-no-admission-control",
    ROLES,
    Severity.CRITICAL,
    references=["CIS K8s 5.1.9", "CIS K8s 5.1.12", "CKV_K8S_155"],
    remediation="Remove webhooks, admission policies, CRDs and PersistentVolumes.",
    url=f"{_PRACTICE}#control-admission-webhooks",
)
def no_admission_control(resource: Resource) -> Iterator[str]:
    """No role can change admission control of the API server, or mount a node's disk by a PersistentVolume.

    A validating policy of ours may be written by its name: it refuses requests, and admits none.
    """
    kinds_of_control = (
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "customresourcedefinitions",
        "apiservices",
        "persistentvolumes",
    )
    for path, kinds, verbs in _beyond_our_policies(resource):
        covered = [kind for kind in kinds_of_control if _about(kinds, kind)]
        if covered and not verbs <= READ:
            yield f"{path} lets its holder change {', '.join(covered)}, and so what the cluster admits. Remove it."


@rule(
    "rbac-cluster-roles-read",
    CLUSTER_ROLES,
    Severity.HIGH,
    references=["CIS K8s 5.1.4"],
    remediation="Put what writes into a Role of the one namespace.",
    url=f"{_PRACTICE}#least-privilege",
)
def cluster_roles_read(resource: Resource) -> Iterator[str]:
    """A ClusterRole only reads, since its permissions hold in every namespace, the platform's included.

    Validating policies of ours are in no namespace, and may be written by their names.
    """
    for path, _, verbs in _beyond_our_policies(resource):
        if not verbs <= READ:
            listed = ", ".join(sorted(str(verb) for verb in verbs - READ))
            yield f"{path}.verbs has {named(listed)}, in every namespace. Put it into a Role of the one namespace."


@rule(
    "rbac-binds-known-subjects",
    BINDINGS,
    Severity.CRITICAL,
    references=["CIS K8s 5.1.1", "CIS K8s 5.1.7", "CIS K8s 5.1.5", "CKV_K8S_42", "CIS K8s 4.1.8"],
    remediation="Bind a role of ours to a group of the domain, or to a Google service account.",
    url=f"{_PRACTICE}#system-masters-group",
)
def binds_known_subjects(resource: Resource) -> Iterator[str]:
    """Roles are bound to groups and accounts of ours: to no system group, no default account and no person."""
    for index, subject in enumerate(items(resource.inputs.get("subjects"))):
        kind, name = at(subject, "kind"), at(subject, "name")
        if not is_open(subject) or not isinstance(name, str) or not isinstance(kind, str):
            yield f"subjects[{index}] is {shown(name)}, so nobody can review who gets it. Write it out."
        elif name.startswith("system:") or (kind == "ServiceAccount" and name == "default"):
            yield f"subjects[{index}] is {named(name)}: everybody, or whatever has no account, gets it. Name a group."
        elif kind == "User" and not name.endswith(".iam.gserviceaccount.com"):
            yield f"subjects[{index}] is the person {named(name)}, who may leave: name a group of the domain."
        elif name != "".join(name.split()).lower():
            yield (
                f"subjects[{index}] is an address in capitals or with a blank, and the cluster compares every letter, "
                "so nobody gets it. Write it in lower case, without blanks."
            )
    reference = at(resource.inputs, "roleRef.name")
    if (
        not isinstance(reference, str)
        or reference in ("cluster-admin", "admin", "edit")
        or reference.startswith("system:")
    ):
        yield f"roleRef is {named(reference)}, which reads secrets and writes roles. Bind a role of ours."
