"""Rules on workloads beyond the Pod Security standards: images, accounts, resources, probes, secrets."""

import re
from collections.abc import Iterator
from typing import Any

from engine import credentials
from engine.inputs import Secret, at, is_open, items, mapping, named, shown
from policy_pack.layers import LAYERS
from policy_pack.pods import KUBERNETES, containers, pods
from policy_pack.quantities import canonical, quantities
from policy_pack.rule import Resource, Severity, like, rule

# Kinds whose pods answer requests or never end; a Job's pods end.
LONG_RUNNING = like(r"kubernetes:apps/v1:(Deployment|StatefulSet|DaemonSet|ReplicaSet)(Patch|List)?")


@rule(
    "workload-image-by-digest",
    KUBERNETES,
    Severity.HIGH,
    references=["CIS K8s 5.5.1", "CKV_K8S_14", "CKV_K8S_43"],
    remediation="Name the image by its digest, from a registry of policies/layers.yaml.",
    url="https://cloud.google.com/kubernetes-engine/docs/concepts/about-container-images#image_digests",
)
def image_by_digest(resource: Resource) -> Iterator[str]:
    """Images are named by digest and come from our registry: a tag is the last push of anybody."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            image = fields.get("image")
            if not isinstance(image, str):
                yield f"{path}.image is {named(image)}, so nobody knows what would run. Write it out."
            elif not LAYERS.is_image(image):
                yield (
                    f"{path}.image is {named(image)}, which is not named by digest, or not from our registry. Push it "
                    "to the team's repository, and name it by @sha256:…"
                )


@rule(
    "workload-own-account",
    KUBERNETES,
    Severity.HIGH,
    references=["CIS K8s 5.1.5", "CIS K8s 5.1.6", "CKV_K8S_38", "CKV_K8S_41"],
    remediation="Name a service account of the app, and set automountServiceAccountToken to false.",
    url="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
)
def own_account(resource: Resource) -> Iterator[str]:
    """A pod runs as an account of its own, and gets no token of Kubernetes, which it does not need."""
    for path, fields in pods(resource).pods:
        account = fields.get("serviceAccountName")
        if account in (None, "", "default") or not is_open(account):
            yield f"{path}.serviceAccountName is {named(account)}: it shares an account with others. Name its own."
        mounted = fields.get("automountServiceAccountToken")
        if mounted is not False:
            yield (
                f"{path}.automountServiceAccountToken is {shown(mounted)}: whoever breaks in may ask the API server. "
                "Set it to false."
            )


@rule(
    "workload-account-without-token",
    like(r"kubernetes:core/v1:ServiceAccount(Patch)?"),
    Severity.MEDIUM,
    references=["CIS K8s 5.1.6"],
    remediation="Set automountServiceAccountToken to false, and leave secrets out.",
    url="https://kubernetes.io/docs/concepts/security/service-accounts/",
)
def account_without_token(resource: Resource) -> Iterator[str]:
    """A Kubernetes service account mounts its token into no pod by default, and has no token that never expires."""
    mounted = resource.inputs.get("automountServiceAccountToken")
    if mounted is not False:
        yield f"automountServiceAccountToken is {shown(mounted)}: every pod gets a token. Set it to false."
    if items(resource.inputs.get("secrets")):
        yield "secrets names tokens that never end. Leave it out."


@rule(
    "workload-read-only",
    KUBERNETES,
    Severity.MEDIUM,
    references=["CKV_K8S_22"],
    remediation="Set readOnlyRootFilesystem to true, and mount an emptyDir where it has to write.",
    url="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
)
def read_only(resource: Resource) -> Iterator[str]:
    """Containers have a read-only root file system: nobody changes the content of an image."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            setting = at(fields, "securityContext.readOnlyRootFilesystem")
            if setting is not True:
                yield (
                    f"{path}.securityContext.readOnlyRootFilesystem is {shown(setting)}: whoever breaks in installs "
                    "tools. Set it to true."
                )


@rule(
    "workload-resources-bounded",
    KUBERNETES,
    Severity.MEDIUM,
    references=["CKV_K8S_10", "CKV_K8S_12", "CKV_K8S_13"],
    remediation="Set requests for cpu and memory, and a limit for memory.",
    url="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
)
def resources_bounded(resource: Resource) -> Iterator[str]:
    """Containers request the resources that they need, and cannot take the memory of their neighbours.

    A limit on cpu is not required: it slows an app down and protects nobody, since requests determine the share of cpu.
    """
    for pod in pods(resource).pods:
        for path, fields in containers(pod, "initContainers", "containers"):
            for kind, quantity in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
                setting = at(fields, f"resources.{kind}.{quantity}")
                if setting is None or not is_open(setting):
                    yield f"{path}.resources.{kind}.{quantity} is {named(setting)}: a neighbour may starve. Set it."


@rule(
    "workload-quantities-settle",
    like(r"kubernetes:(apps|batch)/v1:.*|kubernetes:core/v1:(LimitRange|PersistentVolumeClaim|Pod|ResourceQuota).*"),
    Severity.LOW,
    remediation="Write the quantity as the API server writes it: in the largest unit that leaves a whole number.",
    url="https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
)
def quantities_settle(resource: Resource) -> Iterator[str]:
    """Quantities are written as the API server writes them: any other text differs from the cluster for ever."""
    for path, given in quantities(resource.inputs):
        kept = canonical(given)
        if kept is None:
            yield f"{path} is no quantity that can be compared with the cluster's. Write it as in 250m, 1 or 256Mi."
        elif kept != given:
            yield f"{path} is {named(given)}, which the cluster keeps as {kept}: drift is never empty. Write {kept}."


@rule(
    "workload-probed",
    LONG_RUNNING,
    Severity.MEDIUM,
    references=["CKV_K8S_8", "CKV_K8S_9"],
    remediation="Give every container a readinessProbe and a livenessProbe.",
    url="https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
)
def probed(resource: Resource) -> Iterator[str]:
    """Containers that serve have probes, so that Kubernetes knows when one is ready, and when it hangs."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod, "containers"):
            for probe in ("readinessProbe", "livenessProbe"):
                if fields.get(probe) is None:
                    yield f"{path} has no {probe}: requests reach it before it is ready, or when it hangs. Add one."


@rule(
    "workload-no-secrets-in-environment",
    KUBERNETES,
    Severity.MEDIUM,
    references=["CIS K8s 5.4.1", "CKV_K8S_35"],
    remediation="Read the secret from Secret Manager with the app's own identity, or mount it as a file.",
    url="https://kubernetes.io/docs/concepts/security/secrets-good-practice/",
)
def no_secrets_in_environment(resource: Resource) -> Iterator[str]:
    """No secret is in an environment variable, which every dump and every child of the process has."""
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            for index, variable in enumerate(items(fields.get("env"))):
                if _is_secret(variable):
                    yield f"{path}.env[{index}] holds a secret: every child and every dump has it. Mount it as a file."
            for index, source in enumerate(items(fields.get("envFrom"))):
                if not is_open(source) or at(source, "secretRef") is not None:
                    yield f"{path}.envFrom[{index}] holds secrets: every child has them. Mount them as files."


def _is_secret(variable: Any) -> bool:
    if not is_open(variable) or isinstance(at(variable, "value"), Secret):
        return True
    return at(variable, "valueFrom.secretKeyRef") is not None


_CONFIG_MAP = re.compile(r"kubernetes:core/v1:ConfigMap(Patch|List)?")
_HIDDEN = "a secret, or a value that nobody knows in a preview"
_IN_PLAIN = "whoever reads the repository, the state, a plan or the namespace has it. Put it into Secret Manager."


@rule(
    "workload-no-credentials-in-plain",
    KUBERNETES,
    Severity.HIGH,
    references=["CIS K8s 5.4.1"],
    remediation="Put it into Secret Manager, name it in the entry's `secrets`, and read it as the app's own account.",
    url="https://kubernetes.io/docs/concepts/security/secrets-good-practice/",
)
def no_credentials_in_plain(resource: Resource) -> Iterator[str]:
    """No ConfigMap, variable or argument has a credential in plain, by its shape or by its name."""
    for path, what in (*_in_config_maps(resource), *_in_containers(resource)):
        yield f"{path} has {what}: {_IN_PLAIN}"


def _in_config_maps(resource: Resource) -> Iterator[tuple[str, str]]:
    if not _CONFIG_MAP.fullmatch(resource.type):
        return
    listed = [(f"items[{index}].", item) for index, item in enumerate(items(resource.inputs.get("items")))]
    for path, fields in listed or [("", resource.inputs)]:
        for key in ("data", "binaryData"):
            if not is_open(content := at(fields, key)):
                yield f"{path}{key}", _HIDDEN
            for name, value in mapping(content).items():
                if what := _setting(name, value):
                    yield f"{path}{key}.{name}", what


def _in_containers(resource: Resource) -> Iterator[tuple[str, str]]:
    for pod in pods(resource).pods:
        for path, fields in containers(pod):
            for index, variable in enumerate(items(fields.get("env"))):
                # What is hidden there is another rule's.
                name, value = at(variable, "name"), at(variable, "value")
                if isinstance(name, str) and isinstance(value, str) and (what := credentials.setting(name, value)):
                    yield f"{path}.env[{index}]", what
            for key in ("command", "args"):
                if not is_open(fields.get(key)):
                    yield f"{path}.{key}", _HIDDEN
                values = items(fields.get(key))
                texts = [value if isinstance(value, str) else "" for value in values]
                hidden = ((index, _HIDDEN) for index, value in enumerate(values) if not is_open(value))
                yield from ((f"{path}.{key}[{i}]", what) for i, what in (*hidden, *credentials.arguments(texts)))


def _setting(name: str, value: Any) -> str:
    if not is_open(value):
        return _HIDDEN
    return credentials.setting(name, value) if isinstance(value, str) else ""
