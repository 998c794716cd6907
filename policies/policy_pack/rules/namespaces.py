"""Rules on namespaces of a shared cluster: isolation, quotas, and listed traffic only."""

from collections.abc import Iterator
from typing import Any

from engine.inputs import at, is_open, items, mapping, named, number, shown
from engine.members import Member
from policy_pack.pods import KUBERNETES
from policy_pack.ranges import MOST_PORTS, is_wide, policy_ports
from policy_pack.rule import Finding, Resource, Severity, Stack, like, of, rule, stack_rule

NAMESPACE = "kubernetes:core/v1:Namespace"
QUOTA = "kubernetes:core/v1:ResourceQuota"
LIMITS = "kubernetes:core/v1:LimitRange"
POLICY = like(r"kubernetes:networking\.k8s\.io/v1:NetworkPolicy(Patch)?")
RESERVED = ("default", "kube-", "gke-", "gmp-")
CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ComponentStatus",
        "CustomResourceDefinition",
        "FlowSchema",
        "GatewayClass",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "StorageClass",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
# Components without an object of their own: the objects that they declare are resources themselves.
_COMPONENTS = like(r"kubernetes:(yaml|kustomize|helm\.sh)(/v[0-9]+)?:.*")


@rule(
    "namespace-named",
    KUBERNETES,
    Severity.HIGH,
    references=["CIS K8s 5.7.4", "CKV_K8S_21"],
    remediation="Set metadata.namespace to the app's own namespace.",
    url="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
)
def named_namespace(resource: Resource) -> Iterator[str]:
    """Every object is in a namespace of ours, never in the default namespace or a system namespace."""
    kind = resource.type.rpartition(":")[2].removesuffix("Patch").removesuffix("List")
    if kind in CLUSTER_SCOPED or _COMPONENTS(resource.type):
        return
    namespace = at(resource.inputs, "metadata.namespace")
    if not isinstance(namespace, str) or namespace.startswith(RESERVED):
        yield (
            f"metadata.namespace is {named(namespace)}: nothing guards what is in there from the rest. Name the app's "
            "own namespace."
        )


@rule(
    "namespace-pod-security",
    like(r"kubernetes:core/v1:Namespace(Patch)?"),
    Severity.CRITICAL,
    references=["PSS restricted", "CIS K8s 5.2.1"],
    remediation="Label it with pod-security.kubernetes.io/enforce: restricted.",
    url="https://kubernetes.io/docs/concepts/security/pod-security-admission/",
)
def pod_security(resource: Resource) -> Iterator[str]:
    """Every namespace enforces the restricted Pod Security standard, for every deployment into it."""
    labels = mapping(at(resource.inputs, "metadata.labels"))
    level = labels.get("pod-security.kubernetes.io/enforce")
    if level != "restricted":
        yield (
            f"the label pod-security.kubernetes.io/enforce is {named(level)}: a pod may become root on a node. Set it "
            "to restricted."
        )


@stack_rule(
    "namespace-guarded",
    Severity.HIGH,
    references=["CIS K8s 5.3.2", "CKV2_K8S_6"],
    remediation="Declare a NetworkPolicy for all pods and both directions, a ResourceQuota and a LimitRange in it.",
    url="https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies",
    looks_at=(NAMESPACE, QUOTA, LIMITS, "kubernetes:networking.k8s.io/v1:NetworkPolicy"),
)
def guarded(stack: Stack) -> Iterator[Finding]:
    """Every namespace denies all traffic by default, and has a quota and limits."""
    for namespace in stack.resources:
        if namespace.type != NAMESPACE:
            continue
        inside = [member for member in stack.resources if _namespace_of(member) == _name_of(namespace)]
        present = {
            "NetworkPolicy that denies everything": any(_denies_all(member) for member in inside),
            "ResourceQuota": any(member.type == QUOTA for member in inside),
            "LimitRange": any(member.type == LIMITS for member in inside),
        }
        for what, is_present in present.items():
            if not is_present:
                yield Finding(
                    namespace.urn, f"namespace {namespace.name!r} has no {what}: one app reaches, or starves, another."
                )


def _name_of(member: Member) -> Any:
    return at(member.fields, "metadata.name")


def _namespace_of(member: Member) -> Any:
    return at(member.fields, "metadata.namespace") if member.type.startswith("kubernetes:") else None


def _denies_all(member: Member) -> bool:
    if not POLICY(member.type):
        return False
    spec = mapping(member.fields.get("spec"))
    selector = mapping(spec.get("podSelector"))
    everything = not selector.get("matchLabels") and not selector.get("matchExpressions")
    closed = set(items(spec.get("policyTypes"))) == {"Ingress", "Egress"}
    return everything and closed and not items(spec.get("ingress")) and not items(spec.get("egress"))


@rule(
    "namespace-traffic-named",
    POLICY,
    Severity.HIGH,
    references=["CIS K8s 5.3.2"],
    remediation="Name who may call, and what may be called on which ports.",
    url="https://kubernetes.io/docs/concepts/services-networking/network-policies/",
)
def traffic_named(resource: Resource) -> Iterator[str]:
    """A network policy lists its peers: policies are additive, so one that allows everything defeats all others."""
    for key, peers in (("ingress", "from"), ("egress", "to")):
        for index, one in enumerate(items(at(resource.inputs, f"spec.{key}"))):
            path = f"spec.{key}[{index}]"
            listed = items(at(one, peers))
            if not listed:
                yield f"{path}.{peers} is empty, so it allows everybody. Name the peers."
            blocks = [at(peer, "ipBlock.cidr") for peer in listed if at(peer, "ipBlock") is not None]
            hidden = not all(map(is_open, listed))
            anybody = any(map(_is_anybody, listed))
            ports = policy_ports(items(at(one, "ports")))
            if is_wide(blocks):
                yield f"{path}.{peers} allows (nearly) the whole internet. Name the ranges."
            elif hidden or (anybody and (key == "ingress" or ports > MOST_PORTS)):
                what = "everybody" if key == "ingress" else "every port of everybody"
                yield f"{path}.{peers} allows {what}. Name the peers."


def _is_anybody(peer: Any) -> bool:
    """Return whether a peer is pods of any namespace: its selector has no condition that names some."""
    if at(peer, "ipBlock") is not None:
        return False
    selector = at(peer, "namespaceSelector")
    if selector is None:
        return not isinstance(at(peer, "podSelector"), dict)
    labels = mapping(at(selector, "matchLabels"))
    conditions = items(at(selector, "matchExpressions"))
    # Exists holds for every namespace that has a name, NotIn and DoesNotExist for every namespace of others.
    named_ones = [one for one in conditions if at(one, "operator") == "In" and items(at(one, "values"))]
    return not named_ones and not (labels and all(isinstance(value, str) for value in labels.values()))


@rule(
    "namespace-service-internal",
    of("kubernetes:core/v1:Service", "kubernetes:core/v1:ServicePatch"),
    Severity.HIGH,
    references=["CVE-2020-8554"],
    remediation="Use ClusterIP, and a route of the platform's Gateway for what is public.",
    url="https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
)
def service_internal(resource: Resource) -> Iterator[str]:
    """A Service is reachable inside the cluster only; public traffic goes through the Gateway, which has TLS."""
    kind = at(resource.inputs, "spec.type")
    if kind not in (None, "ClusterIP"):
        yield f"spec.type is {named(kind)}: it is open past the Gateway, without TLS. Use ClusterIP and a route."
    if items(at(resource.inputs, "spec.externalIPs")):
        yield "spec.externalIPs takes over traffic to addresses of others (CVE-2020-8554). Remove it."


@rule(
    "namespace-quota-closes-ways-out",
    of(QUOTA),
    Severity.MEDIUM,
    remediation="Set services.loadbalancers and services.nodeports to 0, and limits on pods, cpu and memory.",
    url="https://kubernetes.io/docs/concepts/policy/resource-quotas/",
)
def quota_closes_ways_out(resource: Resource) -> Iterator[str]:
    """A namespace's quota limits its resources, and permits no Service that bypasses the Gateway."""
    hard = mapping(at(resource.inputs, "spec.hard"))
    for key in ("services.loadbalancers", "services.nodeports"):
        if number(hard.get(key)) != 0:
            quantity = shown(hard.get(key))
            yield f"spec.hard of {key} is {quantity}: a Service may be opened past the Gateway. Set it to 0."
    for key in ("pods", "requests.cpu", "requests.memory"):
        quantity = hard.get(key)
        if quantity is None or not is_open(quantity):
            yield f"spec.hard of {key} is {shown(quantity)}: one app may starve all others. Set it."
