"""Rules on pods: the Pod Security standards, baseline and restricted, control by control.

The namespaces enforce the standards inside the cluster; here a violation shows in the plan, before a rollout hangs.
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator
from typing import Any

from engine.inputs import at, is_open, items, mapping, named, number, shown
from policy_pack.pods import KUBERNETES, containers, pods
from policy_pack.rule import Resource, Severity, rule

VOLUMES = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)
SAFE_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
LOWEST_USER = 10_000
_OPAQUE = frozenset({"kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Release"})
_STANDARDS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
_CONTEXT = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"


@rule(
    "workload-readable",
    KUBERNETES,
    Severity.HIGH,
    remediation="Write pods out in the program; use a Chart instead of a Release, which renders where policies see it.",
    url="https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v4/chart/",
)
def readable(resource: Resource) -> Iterator[str]:
    """Every pod is readable in a preview: no policy sees a pod that a provider renders or only the update knows."""
    if resource.type in _OPAQUE:
        yield (
            "is a Helm release, whose pods are rendered by the provider where no policy sees them. Declare its "
            "objects, or use a Chart, which does."
        )
    for path in pods(resource).hidden:
        yield f"{path} is unknown before the update, or secret: its pods cannot be checked. Write it out."


@rule(
    "workload-not-privileged",
    KUBERNETES,
    Severity.CRITICAL,
    references=["PSS baseline", "CIS K8s 5.2.2", "CKV_K8S_16"],
    remediation="Remove privileged, and give the container the one right that it needs.",
    url=_STANDARDS,
)
def not_privileged(resource: Resource) -> Iterator[str]:
    """No container is privileged: it would be root on its node."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            privileged = at(fields, "securityContext.privileged")
            if privileged not in (None, False):
                yield (
                    f"{path}.securityContext.privileged is {shown(privileged)}: the container is root on its node. "
                    "Remove it."
                )
        for path, context in _contexts(pod):
            if at(context, "windowsOptions.hostProcess") not in (None, False):
                yield f"{path}.windowsOptions.hostProcess runs on the node itself. Remove it."


@rule(
    "workload-no-escalation",
    KUBERNETES,
    Severity.HIGH,
    references=["PSS restricted", "CIS K8s 5.2.6", "CKV_K8S_20"],
    remediation="Set allowPrivilegeEscalation to false in every container.",
    url=_CONTEXT,
)
def no_escalation(resource: Resource) -> Iterator[str]:
    """No process gains more rights than its container started with."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            allowed = at(fields, "securityContext.allowPrivilegeEscalation")
            if allowed is not False:
                yield (
                    f"{path}.securityContext.allowPrivilegeEscalation is {shown(allowed)}: a process can gain more "
                    "rights than it started with. Set it to false."
                )


@rule(
    "workload-capabilities-dropped",
    KUBERNETES,
    Severity.HIGH,
    references=["PSS restricted", "CIS K8s 5.2.8", "CKV_K8S_25", "CKV_K8S_28", "CKV_K8S_37", "CKV_K8S_39"],
    remediation="Drop ALL, and add at most NET_BIND_SERVICE.",
    url=_CONTEXT,
)
def capabilities_dropped(resource: Resource) -> Iterator[str]:
    """Containers hold none of root's capabilities, but at most the one to listen below port 1024."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            prefix = f"{path}.securityContext.capabilities"
            if "ALL" not in items(at(fields, "securityContext.capabilities.drop")):
                yield f"{prefix}.drop does not name ALL: a container keeps a dozen of root's capabilities. Add it."
            added = items(at(fields, "securityContext.capabilities.add"))
            wrong = [capability for capability in added if capability != "NET_BIND_SERVICE"]
            if wrong:
                listed = ", ".join(shown(capability) for capability in wrong)
                yield f"{prefix}.add names {listed}: each is a part of root's power. Remove it, and drop ALL."


@rule(
    "workload-no-host-access",
    KUBERNETES,
    Severity.CRITICAL,
    references=[
        "PSS baseline",
        "CIS K8s 5.2.3",
        "CIS K8s 5.2.4",
        "CIS K8s 5.2.5",
        *(f"CKV_K8S_{n}" for n in (17, 18, 19, 26)),
    ],
    remediation="Remove host namespaces and host ports; use a Service.",
    url=_STANDARDS,
)
def no_host_access(resource: Resource) -> Iterator[str]:
    """No pod shares the network, processes, memory or ports of its node, nor makes the node call other hosts."""
    for path, fields in pods(resource).pods:
        for field, risk in (
            ("hostNetwork", "its containers see the node's traffic and reach the node's credentials"),
            ("hostPID", "its containers see and signal every process of the node"),
            ("hostIPC", "its containers share memory with every process of the node"),
        ):
            if fields.get(field) not in (None, False):
                yield f"{path}.{field} is {shown(fields[field])}: {risk}. Remove it."
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            yield from _host_ports(path, fields)
            for hook, action in _probes_and_hooks(fields):
                if any(at(action, f"{handler}.host") not in (None, "") for handler in ("httpGet", "tcpSocket")):
                    yield f"{path}.{hook} names a host: the node would call it. Leave host out."


def _host_ports(path: str, fields: dict[str, Any]) -> Iterator[str]:
    for index, port in enumerate(items(fields.get("ports"))):
        if number(at(port, "hostPort")) != 0 and at(port, "hostPort") is not None:
            yield f"{path}.ports[{index}].hostPort opens a port of the node. Remove it, and use a Service."


def _probes_and_hooks(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        yield probe, fields.get(probe)
    for hook in ("postStart", "preStop"):
        yield f"lifecycle.{hook}", at(fields, f"lifecycle.{hook}")


@rule(
    "workload-volumes-restricted",
    KUBERNETES,
    Severity.CRITICAL,
    references=["PSS restricted", "CIS K8s 5.2.12", "CKV_K8S_27"],
    remediation="Use emptyDir, a ConfigMap, a projected volume or a PersistentVolumeClaim.",
    url=_STANDARDS,
)
def volumes_restricted(resource: Resource) -> Iterator[str]:
    """No volume gives access to files of the node, or of a server that Kubernetes does not manage."""
    for path, fields in pods(resource).pods:
        for index, volume in enumerate(items(fields.get("volumes"))):
            kinds = {key for key, value in mapping(volume).items() if key != "name" and value is not None}
            for kind in sorted(kinds - VOLUMES) if isinstance(volume, dict) else ["hostPath (or not known)"]:
                yield (
                    f"{path}.volumes[{index}] is a {kind}: it opens the node's files, or a foreign server's, to a "
                    "container. Use emptyDir, a ConfigMap or a PersistentVolumeClaim."
                )


@rule(
    "workload-not-root",
    KUBERNETES,
    Severity.HIGH,
    references=["PSS restricted", "CIS K8s 5.2.7", "CKV_K8S_23", "CKV_K8S_29", "CKV_K8S_30", "CKV_K8S_40"],
    remediation="Set runAsNonRoot to true and runAsUser to 10000 or more, for the pod or every container.",
    url=_CONTEXT,
)
def not_root(resource: Resource) -> Iterator[str]:
    """Containers run as a user that is neither root nor, by its number, a user of the node."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            user = _own_or_pods(pod.fields, fields, "runAsUser")
            if _own_or_pods(pod.fields, fields, "runAsNonRoot") is not True:
                yield f"{path} may run as root: set securityContext.runAsNonRoot to true, here or for the pod."
            if (number(user) or 0) < LOWEST_USER:
                yield (
                    f"{path} runs as user {shown(user)}: set securityContext.runAsUser to {LOWEST_USER} or more, so "
                    "that it is nobody on the node."
                )


@rule(
    "workload-seccomp",
    KUBERNETES,
    Severity.MEDIUM,
    references=["PSS restricted", "CIS K8s 5.7.2", "CKV_K8S_31"],
    remediation="Set seccompProfile.type to RuntimeDefault, for the pod or every container.",
    url="https://kubernetes.io/docs/tutorials/security/seccomp/",
)
def seccomp(resource: Resource) -> Iterator[str]:
    """Containers have a seccomp profile, which limits them to the system calls that containers need."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            kind = at(_own_or_pods(pod.fields, fields, "seccompProfile"), "type")
            if kind not in ("RuntimeDefault", "Localhost"):
                yield f"{path} has no seccomp profile ({named(kind)}): set seccompProfile.type to RuntimeDefault."


@rule(
    "workload-kernel-defaults",
    KUBERNETES,
    Severity.HIGH,
    references=["PSS baseline"],
    remediation="Leave procMount, sysctls, AppArmor and SELinux options out.",
    url=_STANDARDS,
)
def kernel_defaults(resource: Resource) -> Iterator[str]:
    """No pod disables protections of the kernel: AppArmor, SELinux, masked files of /proc, settings of the kernel."""
    for pod in pods(resource).pods:
        for index, sysctl in enumerate(items(at(pod.fields, "securityContext.sysctls"))):
            if at(sysctl, "name") not in SAFE_SYSCTLS:
                yield f"{pod.path}.securityContext.sysctls[{index}] changes the node's kernel. Remove it."
        for path, context in _contexts(pod):
            if at(context, "procMount") not in (None, "Default"):
                yield f"{path}.procMount shows the kernel's files. Remove it."
            if at(context, "appArmorProfile.type") not in (None, "RuntimeDefault", "Localhost"):
                yield f"{path}.appArmorProfile takes AppArmor off. Remove it."
            selinux = at(context, "seLinuxOptions")
            options = mapping(selinux)
            if (
                not is_open(selinux)
                or options.get("type", "") not in SELINUX_TYPES
                or options.get("user")
                or options.get("role")
            ):
                yield f"{path}.seLinuxOptions leaves the domain of containers. Remove it."


def _contexts(pod: Any) -> Iterator[tuple[str, Any]]:
    """Yield the security contexts of a pod and its containers."""
    yield f"{pod.path}.securityContext", pod.fields.get("securityContext")
    for path, fields in containers(pod):
        yield f"{path}.securityContext", fields.get("securityContext")


def _own_or_pods(pod: dict[str, Any], container: dict[str, Any], key: str) -> Any:
    """Return a setting of a container, or else of its pod."""
    own = at(container, f"securityContext.{key}")
    return at(pod, f"securityContext.{key}") if own is None else own
