"""Fixtures of the tests of the kubernetes plugin: the plugin on a cluster, and objects."""

import itertools
import json
from typing import Any

from sandbox.plugins.kubernetes.provider import KubernetesProvider
from sandbox.plugins.progress import Progress
from sandbox.plugins.protocol import Properties, Resource

NAMESPACE = "core/v1:Namespace"
DEPLOYMENT = "apps/v1:Deployment"
NUMBERS = itertools.count(1)


def silent(urn: str, message: str) -> None:
    """Progress that nobody watches."""


def provider_for(
    kubeconfig: str, progress: Progress = silent, *, upserts: bool = True, forces: bool = False
) -> KubernetesProvider:
    """The plugin on a cluster; `upserts` and `forces`: whether it takes over objects, and fields of other managers."""
    made = KubernetesProvider(progress)
    options = {"upsertExistingObjects": json.dumps(upserts), "enablePatchForce": json.dumps(forces)}
    made.configure({"kubeconfig": kubeconfig, **options})
    return made


def resource(token: str, identifier: str = "") -> Resource:
    """A resource of a program."""
    return Resource(f"urn:pulumi:s::p::kubernetes:{token}::thing", f"kubernetes:{token}", "thing", identifier)


def create(provider: KubernetesProvider, token: str, news: Properties, *, preview: bool = False) -> Any:
    """Check and create, as the engine does; what the plugin answers."""
    inputs, failures = provider.check(resource(token), {}, news, b"seed")
    assert failures == []
    return provider.create(resource(token), inputs, preview=preview)


def web(namespace: str, timeout: int = 60, **pod: Any) -> Properties:
    """A deployment of two pods, waited for so many seconds."""
    labels = {"app": "web"}
    spec = {"containers": [{"name": "web", "image": "registry.example.com/web:1"}], **pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": namespace,
            "annotations": {"pulumi.com/timeoutSeconds": str(timeout)},
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def requesting(cpu: str) -> list[Properties]:
    """A container that asks for processors."""
    return [{"name": "web", "image": "x", "resources": {"requests": {"cpu": cpu}}}]
