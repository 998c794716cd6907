"""Cases of what the apps declare: pods in every kind of resource, services, traffic."""

from typing import Any

from pack.cases import REMOVED, Broken, Inputs, Valid, breaking

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
JOB = "kubernetes:batch/v1:Job"
CRON_JOB = "kubernetes:batch/v1:CronJob"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SERVICE = "kubernetes:core/v1:Service"
SERVICE_ACCOUNT = "kubernetes:core/v1:ServiceAccount"
TRAFFIC = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
RELEASE = "kubernetes:helm.sh/v3:Release"
ANYBODY: Inputs = {"namespaceSelector": {}}
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
IN_ONE = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["reports"]}
# Conditions that each namespace, or each of somebody else, fulfils.
OF_ANYBODY: list[Inputs] = [
    {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "Exists"}]},
    {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]},
    {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]},
    {"matchLabels": {}},
]
METADATA: Inputs = {"name": "storefront", "namespace": "storefront"}
PROBE = {"httpGet": {"path": "/healthz", "port": "http"}}


def container(name: str = "app") -> Inputs:
    """A container that the pack accepts."""
    return {
        "name": name,
        "image": f"europe-west4-docker.pkg.dev/p/shop/storefront@sha256:{'a' * 64}",
        "env": [{"name": "PORT", "value": "8080"}],
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "readinessProbe": PROBE,
        "livenessProbe": PROBE,
    }


def pod() -> Inputs:
    """A pod's specification that the pack accepts."""
    return {
        "serviceAccountName": "storefront",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container()],
        "initContainers": [container("proxy")],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }


def around(kind: str, spec: Inputs) -> Inputs:
    """A resource of a kind with a pod's specification where that kind has it."""
    template = {"metadata": {}, "spec": spec}
    if kind.endswith(":Pod"):
        inner: Inputs = {"spec": spec}
    elif kind.endswith(":PodTemplate"):
        inner = {"template": template}
    elif kind.endswith(":CronJob"):
        inner = {"spec": {"jobTemplate": {"spec": {"template": template}}}}
    elif kind.endswith("List"):
        inner = {"items": [{"spec": {"template": template}}]}
    else:
        inner = {"spec": {"template": template}}
    return {"metadata": METADATA, **inner}


VALID: dict[str, Valid] = {
    BUDGET: Valid({"metadata": METADATA, "spec": {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"}}),
    DEPLOYMENT: Valid(around(DEPLOYMENT, pod())),
    JOB: Valid(around(JOB, pod())),
    CRON_JOB: Valid(around(CRON_JOB, pod())),
    SERVICE: Valid({"metadata": METADATA, "spec": {"type": "ClusterIP", "ports": [{"port": 80}]}}),
    SERVICE_ACCOUNT: Valid({"metadata": METADATA, "automountServiceAccountToken": False}),
    TRAFFIC: Valid(
        {
            "metadata": METADATA,
            "spec": {
                "podSelector": {"matchLabels": {"app": "storefront"}},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}], "ports": [{"port": 80}]}],
                "egress": [{"to": [{"ipBlock": {"cidr": "203.0.114.0/28"}}], "ports": [{"port": 443}]}],
            },
        }
    ),
    "kubernetes:core/v1:ConfigMap": Valid({"metadata": METADATA, "data": {"spec": "anything"}}),
}

_POD = "spec.template.spec"
_FIRST = f"{_POD}.containers.0"
_CONTEXT = f"{_FIRST}.securityContext"


def _pod(policy: str, *cases: tuple[str, Any] | tuple[str, Any, str]) -> list[Broken]:
    return [*breaking(policy, DEPLOYMENT, *cases)]


BROKEN: list[Broken] = [
    *_pod(
        "workload-not-privileged",
        (f"{_CONTEXT}.privileged", True, "containers[0].securityContext.privileged is true: the container is root"),
        (f"{_POD}.initContainers.0.securityContext.privileged", True, "initContainers[0]"),
        (f"{_CONTEXT}.windowsOptions", {"hostProcess": True}, "hostProcess"),
        (f"{_POD}.securityContext.windowsOptions", {"hostProcess": True}),
    ),
    *_pod(
        "workload-no-escalation",
        (f"{_CONTEXT}.allowPrivilegeEscalation", True, "allowPrivilegeEscalation is true"),
        (f"{_CONTEXT}.allowPrivilegeEscalation", REMOVED, "allowPrivilegeEscalation is not set"),
    ),
    *_pod(
        "workload-capabilities-dropped",
        (f"{_CONTEXT}.capabilities.drop", ["NET_RAW"], "does not name ALL"),
        (f"{_CONTEXT}.capabilities", REMOVED),
        (f"{_CONTEXT}.capabilities.add", ["NET_BIND_SERVICE", "SYS_ADMIN"], "names SYS_ADMIN"),
    ),
    *_pod(
        "workload-no-host-access",
        (f"{_POD}.hostNetwork", True, "hostNetwork is true"),
        (f"{_POD}.hostPID", True, "hostPID is true"),
        (f"{_POD}.hostIPC", True, "hostIPC is true"),
        (f"{_FIRST}.ports.0.hostPort", 80, "ports[0].hostPort"),
        (f"{_FIRST}.livenessProbe", {"httpGet": {"host": "169.254.169.254", "path": "/"}}, "names a host"),
        (f"{_FIRST}.lifecycle", {"preStop": {"tcpSocket": {"host": "example.com", "port": 80}}}),
    ),
    *_pod(
        "workload-volumes-restricted",
        (f"{_POD}.volumes.0", {"name": "x", "hostPath": {"path": "/"}}, "volumes[0] is a hostPath"),
        (f"{_POD}.volumes.0", {"name": "x", "hostPath": {"path": "/var/run/docker.sock"}}),
        (f"{_POD}.volumes.0", {"name": "x", "nfs": {"server": "x"}}, "is a nfs"),
    ),
    *_pod(
        "workload-not-root",
        (f"{_POD}.securityContext.runAsNonRoot", False, "may run as root"),
        (f"{_POD}.securityContext.runAsUser", 0, "runs as user 0"),
        (f"{_POD}.securityContext.runAsUser", 9999),
        (f"{_POD}.securityContext.runAsUser", REMOVED),
        (f"{_CONTEXT}.runAsUser", 0),
        (f"{_CONTEXT}.runAsNonRoot", False),
    ),
    *_pod(
        "workload-seccomp",
        (f"{_POD}.securityContext.seccompProfile", REMOVED, "has no seccomp profile"),
        (f"{_CONTEXT}.seccompProfile", {"type": "Unconfined"}, "Unconfined"),
    ),
    *_pod(
        "workload-kernel-defaults",
        (f"{_POD}.securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}], "sysctls[0]"),
        (f"{_CONTEXT}.procMount", "Unmasked", "procMount"),
        (f"{_CONTEXT}.appArmorProfile", {"type": "Unconfined"}, "appArmorProfile"),
        (f"{_POD}.securityContext.seLinuxOptions", {"type": "spc_t"}, "seLinuxOptions"),
        (f"{_CONTEXT}.seLinuxOptions", {"user": "root"}),
        (f"{_CONTEXT}.seLinuxOptions", {"role": "r"}),
    ),
    *_pod(
        "workload-image-by-digest",
        (f"{_FIRST}.image", "europe-west4-docker.pkg.dev/p/shop/storefront:1.0", "by digest"),
        (f"{_FIRST}.image", f"docker.io/library/nginx@sha256:{'a' * 64}", "from our registry"),
        (f"{_FIRST}.image", "europe-west4-docker.pkg.dev/p/shop/storefront@sha256:short"),
        (f"{_POD}.initContainers.0.image", "gcr.io/cloud-sql-connectors/cloud-sql-proxy:latest"),
        (f"{_FIRST}.image", REMOVED),
    ),
    *_pod(
        "workload-own-account",
        (f"{_POD}.serviceAccountName", "default", "shares an account"),
        (f"{_POD}.serviceAccountName", REMOVED),
        (f"{_POD}.automountServiceAccountToken", True, "may ask the API server"),
        (f"{_POD}.automountServiceAccountToken", REMOVED),
    ),
    *breaking(
        "workload-account-without-token",
        SERVICE_ACCOUNT,
        ("automountServiceAccountToken", REMOVED),
        ("secrets", [{"name": "token"}], "never end"),
    ),
    *_pod(
        "workload-read-only",
        (f"{_CONTEXT}.readOnlyRootFilesystem", False),
        (f"{_CONTEXT}.readOnlyRootFilesystem", REMOVED, "installs tools"),
    ),
    *_pod(
        "workload-resources-bounded",
        (f"{_FIRST}.resources", REMOVED),
        (f"{_FIRST}.resources.limits.memory", REMOVED, "limits.memory is not set"),
        (f"{_FIRST}.resources.requests.cpu", REMOVED),
        (f"{_POD}.initContainers.0.resources.requests.memory", REMOVED),
    ),
    *_pod(
        "workload-quantities-settle",
        *(
            (f"{_FIRST}.resources.requests.{name}", given, f"which the cluster keeps as {kept}: drift")
            for name, given, kept in (
                ("cpu", "1000m", "1"),
                ("cpu", "0.5", "500m"),
                ("cpu", "1.0", "1"),
                ("cpu", "2000", "2k"),
                ("cpu", "00100m", "100m"),
                ("memory", "1024Mi", "1Gi"),
                ("memory", "1.5Gi", "1536Mi"),
                ("memory", "1000000", "1M"),
                ("memory", "0Gi", "0"),
            )
        ),
        (f"{_FIRST}.resources.requests.cpu", "much", "is no quantity"),
        (f"{_FIRST}.resources.requests.memory", "0.3Ki", "is no quantity"),
        (f"{_POD}.initContainers.0.resources.limits.memory", "2048Mi", "initContainers[0].resources.limits.memory"),
    ),
    *_pod("workload-probed", (f"{_FIRST}.readinessProbe", REMOVED), (f"{_FIRST}.livenessProbe", REMOVED, "hangs")),
    *_pod(
        "workload-no-secrets-in-environment",
        (f"{_FIRST}.env.0", {"name": "P", "valueFrom": {"secretKeyRef": {"name": "s", "key": "p"}}}, "env[0]"),
        (f"{_FIRST}.envFrom", [{"secretRef": {"name": "s"}}], "envFrom[0]"),
    ),
    *_pod(
        "workload-no-credentials-in-plain",
        (f"{_FIRST}.env.0", {"name": "DB_PASSWORD", "value": "hunter2"}, "env[0] has a value under the name of a"),
        (f"{_FIRST}.env.0", {"name": "GREETING", "value": f"ghp_{'a1' * 18}"}, "env[0] has a GitHub token"),
        (f"{_FIRST}.args", ["serve", "--db-token=hunter2"], "args[1] has a value of db-token"),
        (f"{_FIRST}.args", ["--token", "hunter2"], "args[1] has a value of --token"),
        (f"{_FIRST}.command", ["run", "postgres://me:hunter2@db/shop"], "command[1] has an address with a password"),
    ),
    *breaking(
        "workload-no-credentials-in-plain",
        CONFIG_MAP,
        ("data.DB_PASSWORD", "hunter2", "data.DB_PASSWORD has a value under the name of a credential"),
        ("data.apiToken", "hunter2", "data.apiToken"),
        ("data.LOG_LEVEL", f"AKIA{'A' * 16}", "data.LOG_LEVEL has an AWS access key"),
        ("data.settings", "[db]\nhost = x\nsecret = hunter2\n", "data.settings has a value of secret"),
    ),
    Broken("workload-readable", RELEASE, "", {"metadata": METADATA, "chart": "redis"}, "no policy sees them"),
    *breaking("namespace-named", DEPLOYMENT, ("metadata.namespace", REMOVED), ("metadata.namespace", "default")),
    *breaking(
        "namespace-service-internal",
        SERVICE,
        ("spec.type", "LoadBalancer", "past the Gateway"),
        ("spec.type", "NodePort"),
        ("spec.type", "ExternalName"),
        ("spec.externalIPs", ["203.0.113.1"], "CVE-2020-8554"),
    ),
    *breaking(
        "namespace-traffic-named",
        TRAFFIC,
        ("spec.ingress.0.from", [], "allows everybody"),
        ("spec.ingress.0.from", [{"namespaceSelector": {}}]),
        ("spec.ingress.0.from", [{"ipBlock": {"cidr": "0.0.0.0/0"}}]),
        ("spec.egress.0.to", REMOVED),
        ("spec.egress.0", {"to": [ANYBODY]}, "every port of everybody"),
        *(
            ("spec.egress.0", {"to": [ANYBODY], "ports": ports}, "every port of everybody")
            for ports in (
                [{"protocol": "TCP"}],
                [{"protocol": "TCP", "port": 1, "endPort": 65535}],
                [{"port": 443}, {"port": 1000, "endPort": 1100}],
                [{"port": 443, "endPort": 80}],
            )
        ),
        *(
            ("spec.egress.0.to", [{"ipBlock": {"cidr": cidr}} for cidr in ranges], "allows (nearly) the whole internet")
            for ranges in (["0.0.0.0/0"], ["::/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["12.0.0.0/8", "13.0.0.0/8"])
        ),
        *(("spec.ingress.0.from", [{"namespaceSelector": selector}], "allows everybody") for selector in OF_ANYBODY),
        ("spec.ingress.0.from", [{}], "allows everybody"),
        ("spec.ingress.0.from", [{"ipBlock": {"cidr": f"{first}.0.0.0/8"}} for first in range(1, 224)]),
    ),
    *breaking(
        "workload-disruption-allowed",
        BUDGET,
        ("spec.maxUnavailable", 0, "spec.maxUnavailable is 0"),
        ("spec.maxUnavailable", "0%"),
        ("spec.maxUnavailable", "none"),
        *(("spec.maxUnavailable", value) for value in ("1", "101%", "-1%", "1.5%", 0.5, -1, True)),
        ("spec.maxUnavailable", REMOVED, "has neither spec.maxUnavailable nor spec.minAvailable"),
        ("spec.minAvailable", 1, "Kubernetes refuses both together"),
        *(
            ("spec", {"minAvailable": value, "unhealthyPodEvictionPolicy": "AlwaysAllow"}, f"minAvailable is {value}")
            for value in ("100%", "all", "1", "101%", -1)
        ),
        ("spec.unhealthyPodEvictionPolicy", REMOVED, "a pod that never becomes ready holds its node"),
        ("spec.unhealthyPodEvictionPolicy", "IfHealthyBudget"),
    ),
    *_pod(
        "workload-movable",
        *(
            ("spec.template.metadata", {"annotations": {name: value}}, f"metadata.annotations[{name}] keeps the pod")
            for name, value in (
                ("cluster-autoscaler.kubernetes.io/safe-to-evict", "false"),
                ("cluster-autoscaler.kubernetes.io/safe-to-evict", "False"),
                ("karpenter.sh/do-not-disrupt", "true"),
            )
        ),
        ("spec.template.metadata.annotations", {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}),
        (f"{_POD}.terminationGracePeriodSeconds", 3601, "maintenance waits for an hour"),
    ),
    *breaking(
        "workload-movable",
        CRON_JOB,
        (
            "spec.jobTemplate.spec.template.metadata.annotations",
            {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
            "spec.jobTemplate.spec.template.metadata.annotations[",
        ),
    ),
    *breaking(
        "workload-history-kept",
        CRON_JOB,
        ("spec.jobTemplate.spec.ttlSecondsAfterFinished", 0, "its logs go before anybody looks"),
        ("spec.jobTemplate.spec.ttlSecondsAfterFinished", 86399),
        ("spec.failedJobsHistoryLimit", 0, "a failed run leaves nothing"),
    ),
    *breaking(
        "workload-history-kept",
        JOB,
        ("spec.ttlSecondsAfterFinished", 0, "runs it again"),
        ("spec.ttlSecondsAfterFinished", 604800),
    ),
    *breaking("workload-history-kept", DEPLOYMENT, ("spec.revisionHistoryLimit", 0, "no revision to go back to")),
]

ACCEPTED: list[Broken] = [
    *_pod(
        "",
        (f"{_CONTEXT}.capabilities.add", ["NET_BIND_SERVICE"]),
        (f"{_FIRST}.ports.0.hostPort", 0),
        (f"{_FIRST}.livenessProbe", {"tcpSocket": {"port": 80, "host": ""}}),
        (f"{_CONTEXT}.privileged", False),
        (f"{_POD}.hostNetwork", False),
        (f"{_POD}.securityContext.windowsOptions", {"hostProcess": False}),
        (f"{_CONTEXT}.procMount", "Default"),
        (f"{_CONTEXT}.appArmorProfile", {"type": "RuntimeDefault"}),
        (f"{_CONTEXT}.seLinuxOptions", {"level": "s0:c1,c2"}),
        (f"{_CONTEXT}.seLinuxOptions", {"type": "container_t"}),
        (f"{_CONTEXT}.seccompProfile", {"type": "Localhost"}),
        (f"{_CONTEXT}.runAsUser", 10000),
        (f"{_POD}.securityContext.sysctls", [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]),
        (f"{_POD}.volumes.0", {"name": "x", "configMap": {"name": "x"}, "hostPath": None}),
        (f"{_FIRST}.envFrom", [{"configMapRef": {"name": "x"}}]),
        (f"{_FIRST}.image", f"gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:{'b' * 64}"),
    ),
    *_pod(
        "",
        *((f"{_FIRST}.resources.requests.cpu", given) for given in ("1", "250m", "1500m", "0")),
        *((f"{_FIRST}.resources.requests.memory", given) for given in ("1Gi", "1536Mi", "1500M", "52Mi")),
        (f"{_POD}.volumes.0", {"name": "x", "emptyDir": {"sizeLimit": "64Mi"}}),
    ),
    *breaking("", SERVICE, ("spec.type", REMOVED)),
    *breaking(
        "",
        CONFIG_MAP,
        ("data.PASSWORD_FILE", "/run/secrets/db"),
        ("data.DB_PASSWORD", "/run/secrets/db"),
        ("data.USE_TOKEN", "true"),
        ("data.DB_PASSWORD", "${DATABASE_PASSWORD}"),
        ("data.SMTP_SECRET", "projects/shop/secrets/app-shop-smtp/versions/latest"),
        ("data.TOKEN_URL", "https://login.example.com/token"),
    ),
    *breaking(
        "",
        TRAFFIC,
        ("spec.ingress.0.from", [{"podSelector": {}}]),
        ("spec.ingress.0.from", [{"namespaceSelector": {"matchExpressions": [IN_ONE]}}]),
        ("spec.egress.0.to", [{"ipBlock": {"cidr": "10.0.0.0/8"}}]),
        ("spec.egress", []),
        ("spec.egress.0.ports", [{"protocol": "TCP", "port": "https"}]),
    ),
    *breaking(
        "",
        BUDGET,
        *(
            ("spec", {"unhealthyPodEvictionPolicy": "AlwaysAllow", **amount})
            for amount in ({"minAvailable": "50%"}, {"minAvailable": 1}, {"minAvailable": 0}, {"maxUnavailable": "1%"})
        ),
    ),
    *_pod(
        "",
        ("spec.template.metadata.annotations", {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}),
        (f"{_POD}.terminationGracePeriodSeconds", 3600),
        ("spec.revisionHistoryLimit", 1),
    ),
    *breaking(
        "",
        CRON_JOB,
        ("spec.jobTemplate.spec.ttlSecondsAfterFinished", 86400),
        ("spec.failedJobsHistoryLimit", 1),
        ("spec.successfulJobsHistoryLimit", 0),
    ),
]
