"""Rules on pods, and on names and labels: each place in which a value may stand."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine.inputs import UNKNOWN, Secret
from policy_pack.cluster_roles import ClusterRole, ClusterRoles
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


@pytest.mark.parametrize(
    ("variable", "number"),
    [
        ({"name": "A", "value": "plain"}, 0),
        ({"name": "A", "value": UNKNOWN}, 0),
        ({"name": "A", "valueFrom": {"configMapKeyRef": {"name": "a"}}}, 0),
        ({"name": "A", "value": Secret("x")}, 1),
        ({"name": "A", "valueFrom": {"secretKeyRef": {"name": "a"}}}, 1),
        (Secret({"name": "A"}), 1),
        (UNKNOWN, 1),
    ],
)
def test_no_secret_is_in_the_environment(variable: Any, number: int) -> None:
    name = "workload-no-secrets-in-environment"

    assert len(messages(name, DEPLOYMENT, pod({"env": [variable]}))) == number


@pytest.mark.parametrize(
    ("source", "number"), [({"configMapRef": {"name": "a"}}, 0), ({"secretRef": {"name": "a"}}, 1), (UNKNOWN, 1)]
)
def test_no_secret_is_in_the_environment_as_a_whole(source: Any, number: int) -> None:
    assert len(messages("workload-no-secrets-in-environment", DEPLOYMENT, pod({"envFrom": [source]}))) == number


@pytest.mark.parametrize(
    ("inputs", "paths"),
    [
        ({"data": {"a": "plain"}}, []),
        ({"data": {"a": UNKNOWN}}, ["data.a"]),
        ({"data": Secret({"a": "x"})}, ["data"]),
        ({"data": UNKNOWN}, ["data"]),
        ({"binaryData": {"a": Secret("x")}}, ["binaryData.a"]),
        ({"binaryData": UNKNOWN}, ["binaryData"]),
        ({"items": [{"data": {"a": "plain"}}, {"data": {"b": Secret("x")}}]}, ["items[1].data.b"]),
    ],
)
def test_what_is_hidden_in_a_config_map_is_named(inputs: dict[str, Any], paths: list[str]) -> None:
    token = f"{CONFIG_MAP}List" if "items" in inputs else CONFIG_MAP
    found = messages("workload-no-credentials-in-plain", token, inputs)

    assert [message.partition(" has ")[0] for message in found] == paths


@pytest.mark.parametrize("key", ["command", "args"])
@pytest.mark.parametrize(
    ("value", "paths"), [(["run", "fast"], []), (UNKNOWN, ["", "[0]"]), (["run", UNKNOWN], ["[1]"])]
)
def test_what_is_hidden_among_arguments_is_named(key: str, value: Any, paths: list[str]) -> None:
    found = messages("workload-no-credentials-in-plain", DEPLOYMENT, pod({key: value}))

    expected = [f"spec.template.spec.containers[0].{key}{path}" for path in paths]
    assert [message.partition(" has ")[0] for message in found] == expected


_READER: dict[str, Any] = {"program": "platform", "kind": "Role", "name": "reader"}


def test_a_set_of_verbs_that_is_not_listed_stops_everything() -> None:
    with pytest.raises(ValidationError, match="write is no set of verbs"):
        ClusterRoles.model_validate({"verbs": {"read": ["get"]}, "roles": [{**_READER, "may": {"write": ["pods"]}}]})


@pytest.mark.parametrize(
    ("rule", "beyond"),
    [
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, []),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "delete"]}, ["rules[0] may delete pods"]),
        ({"apiGroups": ["apps"], "resources": ["pods"], "verbs": ["get"]}, ["rules[0] may get pods.apps"]),
        ({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}, ["rules[0] may get /metrics"]),
        (
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["shop-token"]},
            [],
        ),
        (
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["shop-token", "other"]},
            ["rules[0] may get secrets named shop-token, other"],
        ),
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}, ["rules[0] may get secrets"]),
    ],
)
def test_a_role_permits_what_is_listed_alone(rule: dict[str, Any], beyond: list[str]) -> None:
    listed = {"may": {"read": ["pods"]}, "named": {"read": {"secrets": ["{namespace}-token"]}}}
    role = ClusterRole.model_validate(_READER | listed)
    roles = ClusterRoles(verbs={"read": frozenset({"get", "list"})}, roles=(role,))

    assert list(roles.beyond(role, [rule], "shop")) == beyond
