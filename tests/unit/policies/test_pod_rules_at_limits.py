"""Rules on pods, and on names and labels: each place in which a value may stand."""

from typing import Any

import pytest

from unit.policies.test_rules_at_limits import DEPLOYMENT, messages

CONFIG_MAP, ROUTER = "kubernetes:core/v1:ConfigMap", "gcp:compute/router:Router"


def pod(container: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A Deployment of one container."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "a", **container}], **fields}}}}


@pytest.mark.parametrize("handler", ["httpGet", "tcpSocket"])
@pytest.mark.parametrize(
    "hook", ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"]
)
def test_no_probe_and_no_hook_calls_another_host(hook: str, handler: str) -> None:
    outer, _, inner = hook.partition(".")

    def asked(host: str) -> list[str]:
        action: dict[str, Any] = {handler: {"port": 80, "host": host}}
        return messages("workload-no-host-access", DEPLOYMENT, pod({outer: {inner: action} if inner else action}))

    assert asked("") == []
    [message] = asked("10.0.0.1")
    assert message.startswith(f"spec.template.spec.containers[0].{hook} names a host")


@pytest.mark.parametrize(("profile", "number"), [("RuntimeDefault", 0), ("Localhost", 0), ("Unconfined", 1), (None, 1)])
@pytest.mark.parametrize("of_pod", [True, False])
def test_a_container_has_a_seccomp_profile(profile: str | None, number: int, *, of_pod: bool) -> None:
    context = {"securityContext": {"seccompProfile": {"type": profile}}}
    inputs = pod({}, **context) if of_pod else pod(context)

    assert len(messages("workload-seccomp", DEPLOYMENT, inputs)) == number


@pytest.mark.parametrize(("user", "number"), [(10000, 0), (9999, 1), (0, 1), (None, 1), ("nan", 1)])
def test_a_container_is_nobody_on_the_node(user: Any, number: int) -> None:
    context = {"securityContext": {"runAsNonRoot": True, "runAsUser": user}}

    assert len(messages("workload-not-root", DEPLOYMENT, pod(context))) == number


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"data": {"a": "x\u200by"}}, "data.a"),
        ({"data": {"a\u200bb": "x"}}, "data.a\\u200bb"),
        ({"rules": [{"to": ["x", "y\u202e"]}]}, "rules[0].to[1]"),
    ],
)
def test_a_character_that_nobody_sees_is_named_with_its_place(inputs: dict[str, Any], path: str) -> None:
    [message] = messages("layer-text-visible", CONFIG_MAP, inputs)

    assert message.startswith(f"{path} has a control, bidirectional or invisible character")


@pytest.mark.parametrize(
    ("token", "key", "owner"),
    [
        (CONFIG_MAP, "topology.kubernetes.io/zone", "Kubernetes"),
        (ROUTER, "goog-managed", "Google"),
        (CONFIG_MAP, "goog-managed", ""),
        (ROUTER, "topology.kubernetes.io/zone", ""),
        (CONFIG_MAP, "app.kubernetes.io/name", ""),
    ],
)
def test_labels_that_others_write_are_refused_with_who_does(token: str, key: str, owner: str) -> None:
    found = messages("layer-labels-own", token, {"spec": {"labels": {key: "x"}}})

    assert len(found) == bool(owner)
    assert all(message.startswith(f"spec.labels sets {key}, which {owner} writes itself") for message in found)


@pytest.mark.parametrize("project", ["another", None, {"secret": 1}])
def test_an_image_is_of_a_repository_of_the_own_project(project: Any) -> None:
    image = f"europe-west4-docker.pkg.dev/{project}/shop/a@sha256:{'a' * 64}" if isinstance(project, str) else project

    assert len(messages("layer-images-own", DEPLOYMENT, pod({"image": image}))) == 1
