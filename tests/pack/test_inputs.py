"""Inputs that security lists: each other input, and each other value of a listed one, is refused at every depth."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest

from cli.layout import stacks_by_file
from committed import programs as committed
from engine import own
from engine.inputs import UNKNOWN, Secret, mapping
from engine.shapes import Shapes
from pack import programs
from pack.analyzer import urn
from pack.cases import changed
from policy_pack.layers import LAYERS
from policy_pack.permitted_inputs import PERMITTED_INPUTS
from policy_pack.rule import Resource, violations
from policy_pack.rules.layers import inputs_listed

OWN = own.of_environment("sandbox")
FOREIGN_KEY = "projects/another/locations/europe-west4/keyRings/data/cryptoKeys/{}"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
BUCKET = "gcp:storage/bucket:Bucket"
CLUSTER = "gcp:container/cluster:Cluster"
SECRET = "gcp:secretmanager/secret:Secret"
POD = "spec.template.spec"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
# What somebody tried, or would: type, path and value.
TRIED: list[tuple[str, str, Any]] = [
    (INSTANCE, "settings.ipConfiguration.pscConfigs", [{"allowedConsumerProjects": ["another"]}]),
    (INSTANCE, "settings.activationPolicy", "NEVER"),
    (INSTANCE, "restoreBackupContext", {"backupRunId": 1}),
    (INSTANCE, "settings.backupConfiguration.transactionLogRetentionDays", 1),
    (INSTANCE, "settings.ipConfiguration.privateNetwork", "projects/another/global/networks/main"),
    (INSTANCE, "settings.databaseFlags.0", {"name": "pgaudit.log", "value": "none"}),
    (INSTANCE, "settings.databaseFlags.0", {"name": "cloudsql.allow_passwordless_local_connections", "value": "on"}),
    (INSTANCE, "encryptionKeyName", FOREIGN_KEY.format("databases")),
    (INSTANCE, "encryptionKeyName", "projects/prodfirst-sandbox/locations/r/keyRings/mine/cryptoKeys/databases"),
    (INSTANCE, "settings.diskSize", 10),
    (INSTANCE, "masterInstanceName", ""),
    (BUCKET, "encryption.defaultKmsKeyName", FOREIGN_KEY.format("apps")),
    (BUCKET, "lifecycleRules", [{"action": {"type": "Delete"}, "condition": {"age": 30}}]),
    (BUCKET, "lifecycleRules.0.condition.withState", "ANY"),
    (BUCKET, "lifecycleRules.0.condition.age", 1),
    (BUCKET, "retentionPolicy", {"retentionPeriod": 1}),
    (
        "gcp:binaryauthorization/policy:Policy",
        "admissionWhitelistPatterns.0.namePattern",
        "us-docker.pkg.dev/attacker-project/evil/**",
    ),
    (CLUSTER, "databaseEncryption.keyName", FOREIGN_KEY.format("cluster")),
    (CLUSTER, "authenticatorGroupsConfig.securityGroup", "gke-security-groups@attacker.example"),
    (CLUSTER, "clusterAutoscaling.autoProvisioningDefaults.serviceAccount", "x@another.iam.gserviceaccount.com"),
    (CLUSTER, "userManagedKeysConfig", {"serviceAccountSigningKeys": []}),
    (CLUSTER, "workloadIdentityConfig", {"workloadPool": "another.svc.id.goog"}),
    (SECRET, "ttl", "3600s"),
    (SECRET, "expireTime", "2030-01-01T00:00:00Z"),
    (SECRET, "versionDestroyTtl", "86400s"),
    (SECRET, "replication", {"userManaged": {"replicas": []}}),
    ("gcp:artifactregistry/repository:Repository", "kmsKeyName", FOREIGN_KEY.format("registry")),
    ("gcp:compute/subnetwork:Subnetwork", "logConfig.flowSampling", 0),
    ("gcp:compute/subnetwork:Subnetwork", "logConfig.filterExpr", "false"),
    ("gcp:compute/routerNat:RouterNat", "logConfig.filter", "ERRORS_ONLY"),
    ("gcp:dns/managedZone:ManagedZone", "dnsName", "sts.googleapis.com."),
    ("gcp:dns/managedZone:ManagedZone", "forwardingConfig", {"targetNameServers": []}),
    ("gcp:dns/recordSet:RecordSet", "rrdatas", ["6.6.6.6"]),
    ("gcp:dns/policy:Policy", "alternativeNameServerConfig", {"targetNameServers": []}),
    ("gcp:gkebackup/backupPlan:BackupPlan", "deactivated", True),
    ("gcp:gkebackup/backupPlan:BackupPlan", "backupSchedule.paused", True),
    ("gcp:gkebackup/backupPlan:BackupPlan", "retentionPolicy.backupRetainDays", 1),
    ("gcp:gkebackup/backupPlan:BackupPlan", "backupConfig.selectedNamespaces", {"namespaces": []}),
    ("gcp:projects/iAMCustomRole:IAMCustomRole", "stage", "DISABLED"),
    ("gcp:pubsub/subscription:Subscription", "pushConfig", {"pushEndpoint": "https://attacker.example"}),
    ("gcp:pubsub/subscription:Subscription", "expirationPolicy.ttl", "86400s"),
    ("gcp:serviceaccount/account:Account", "disabled", True),
    ("gcp:sql/user:User", "name", "mallory@attacker.example"),
    ("gcp:sql/user:User", "password", "x"),
    (DEPLOYMENT, "spec.containers", []),
    (DEPLOYMENT, f"{POD}.nodeName", "node-1"),
    (DEPLOYMENT, f"{POD}.priorityClassName", "system-node-critical"),
    (DEPLOYMENT, f"{POD}.hostAliases", [{"ip": "6.6.6.6", "hostnames": ["sts.googleapis.com"]}]),
    (DEPLOYMENT, f"{POD}.dnsConfig", {"nameservers": ["6.6.6.6"]}),
    (DEPLOYMENT, f"{POD}.volumes.0", {"name": "x", "projected": {"sources": [{"serviceAccountToken": {}}]}}),
    (DEPLOYMENT, f"{POD}.volumes.0", {"name": "x", "csi": {"driver": "gcsfuse.csi.storage.gke.io"}}),
    (DEPLOYMENT, "metadata.annotations", {"pulumi.com/patchForce": "true"}),
    ("kubernetes:core/v1:Namespace", "metadata.labels", {"pod-security.kubernetes.io/enforce-version": "v1.0"}),
    ("kubernetes:gateway.networking.k8s.io/v1:Gateway", "spec.listeners.0.protocol", "HTTP"),
    ("kubernetes:gateway.networking.k8s.io/v1:Gateway", "spec.listeners.0.allowedRoutes.namespaces.from", "All"),
    (
        "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
        "spec.rules",
        [{"filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "attacker.example"}}]}],
    ),
    ("gcp:projects/service:Service", "service", "cloudbuild.googleapis.com"),
    ("gcp:sql/user:User", "databaseRoles", ["pg_read_all_data"]),
    (
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy",
        "spec.validations.0.expression",
        "has(object.spec.hostnames) || true",
    ),
    ("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy", "spec.failurePolicy", "Ignore"),
    (
        "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding",
        "spec.matchResources",
        {"namespaceSelector": {"matchLabels": {"a": "b"}}},
    ),
    ("pulumi:providers:kubernetes", "enableServerSideApply", "false"),
    ("pulumi:providers:kubernetes", "renderYamlToDirectory", "out"),
    ("pulumi:providers:kubernetes", "deleteUnreachable", "true"),
    ("pulumi:providers:kubernetes", "version", "4.0.0"),
    ("pulumi:providers:kubernetes", "__internal", {"pluginDownloadURL": "https://attacker.example"}),
    ("pulumi:providers:gcp", "version", "10.1.0"),
    ("pulumi:providers:gcp", "__internal", {"pluginDownloadURL": "https://attacker.example"}),
    ("pulumi:providers:gcp", "storageCustomEndpoint", "https://attacker.example"),
    ("pulumi:providers:gcp", "zone", "europe-west4-a"),
]


@cache
def declared() -> dict[str, list[Resource]]:
    """What the programs of all environments declare, by type."""
    found: dict[str, list[Resource]] = {}
    for stack in filter(None, stacks_by_file().values()):
        for one in programs.as_resources(stack.project, stack.name, committed.declared(stack)):
            found.setdefault(one.type, []).append(one)
    return found


def refusals(resource: Resource, inputs: dict[str, Any]) -> list[str]:
    """What the rule says about a resource with other inputs."""
    return list(violations(inputs_listed, replace(resource, inputs=inputs)))


def objects(value: Any, path: str = "") -> Iterator[str]:
    """Paths of the objects in inputs, as `changed` takes them; labels and maps of values are none."""
    if isinstance(value, list):
        for index, one in enumerate(cast("list[Any]", value)):
            yield from objects(one, f"{path}.{index}".lstrip("."))
    elif isinstance(value, dict):
        yield path
        for key, one in sorted(cast("dict[str, Any]", value).items()):
            if isinstance(one, dict | list) and "." not in key:
                yield from objects(one, f"{path}.{key}".lstrip("."))


def shape_at(token: str, path: str) -> Any:
    """The shape of the object at a path."""
    shape: Any = PERMITTED_INPUTS.types[token]
    for step in filter(None, path.split(".")):
        if step.isdigit():
            continue
        inner = mapping(shape)
        shape = inner.get(step, inner.get(f"{step}[]"))
        while isinstance(shape, str) and shape.startswith("$"):
            shape = PERMITTED_INPUTS.shapes[shape[1:]]
    return shape


def test_every_type_that_a_layer_may_declare_has_an_entry_and_no_other() -> None:
    types = {token for layer in LAYERS.layers.values() for token in layer.types} | {"pulumi:providers:gcp"}
    assert set(PERMITTED_INPUTS.types) == types


@pytest.mark.parametrize("package", ["gcp", "kubernetes"])
def test_the_version_of_a_provider_is_the_one_that_the_layers_pin(package: str) -> None:
    for layer in ("identity", "platform", "apps"):
        pinned = tomllib.loads((own.ROOT / layer / "pyproject.toml").read_text())["project"]["dependencies"]
        version = next((text.partition("==")[2] for text in pinned if text.startswith(f"pulumi-{package}==")), None)
        assert version in (None, PERMITTED_INPUTS.types[f"pulumi:providers:{package}"]["version"])


@pytest.mark.parametrize("token", sorted(PERMITTED_INPUTS.types))
def test_an_input_that_is_not_listed_is_refused_at_every_depth(token: str) -> None:
    for resource in declared().get(token, [])[:3]:
        assert refusals(resource, resource.inputs) == []
        for path in objects(resource.inputs):
            shape = shape_at(token, path)
            if isinstance(shape, dict) and "*" in shape:
                continue
            inputs = changed(resource.inputs, f"{path}.notListed".lstrip("."), "x")
            where = re.sub(r"\.(\d+)", r"[\1]", path)
            assert any("notListed" in one or where in one for one in refusals(resource, inputs)), path


@pytest.mark.parametrize("token", sorted(PERMITTED_INPUTS.types))
def test_an_object_in_place_of_a_plain_value_is_refused(token: str) -> None:
    for resource in declared().get(token, [])[:1]:
        for key, value in sorted(resource.inputs.items()):
            if not isinstance(value, dict | list | Secret) and value is not None:
                assert refusals(resource, resource.inputs | {key: {"containers": []}}), key
                assert refusals(resource, resource.inputs | {key: [{"containers": []}]}), key


@pytest.mark.parametrize(
    ("token", "path", "value"), TRIED, ids=[f"{one[0].rpartition(':')[2]} {one[1]}" for one in TRIED]
)
def test_what_weakens_is_refused(token: str, path: str, value: Any) -> None:
    resource = next(iter(declared().get(token, [])), Resource(urn(token, "it", "apps"), token, "it", {}))
    [message] = refusals(resource, changed(resource.inputs, path, value))
    assert "policies/inputs.yaml" in message


def test_the_providers_own_bookkeeping_is_no_input() -> None:
    [resource, *_] = declared()[INSTANCE]
    nothing: list[str] = []
    listed = changed(resource.inputs, "settings.__defaults", ["pricingPlan"]) | {"__defaults": nothing}
    assert refusals(resource, listed) == []
    assert refusals(resource, resource.inputs | {"__defaults": [{"a": "b"}]})


def problems(shape: Any, value: Any) -> list[str]:
    """What is wrong with a value, by a shape."""
    return list(Shapes({"pair": {"any": ["a"], "b": True}}).unlisted({"x": shape}, {"x": value}, OWN))


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ("any", "x"),
        ("any", UNKNOWN),
        ("any", Secret("x")),
        ("any", [1, 2]),
        ("a-*", "a-b"),
        ("a/**", "a/b/c"),
        ("=a-*", "a-*"),
        ("${project}", "prodfirst-sandbox"),
        ("?a", UNKNOWN),
        (">=7", 7.0),
        (">=7", "7"),
        (">=7", "8s"),
        ("<=7", 7),
        (["a", 1, True], True),
        (["a", 1, True], 1.0),
        (5, "5"),
        ("$pair", {"a": "x", "b": True}),
        ({"*": "a"}, {"z": "a"}),
        (["$pair", "none"], {"b": True}),
        ("a", None),
    ],
)
def test_a_value_of_the_shape_is_accepted(shape: Any, value: Any) -> None:
    assert problems(shape, value) == []


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ("any", {"a": "b"}),
        ("any", [{"a": "b"}]),
        ("any", [[{"a": "b"}]]),
        ("a-*", "a-b/c"),
        ("a-*", "xa-b"),
        ("=a-*", "a-b"),
        ("a.c", "abc"),
        ("${project}", "prodfirst-sandbox2"),
        ("${unknown}", ""),
        ("a", UNKNOWN),
        ("?a", "b"),
        ("?a", Secret("a")),
        ("?a", {"a": 1}),
        (">=7", 6),
        (">=7", "seven"),
        (">=7", True),
        ("<=7", "8s"),
        (["a", True], 1),
        (1, True),
        (True, "true"),
        ("$pair", {"c": "x"}),
        ("$pair", {"b": False}),
        ("$pair", "x"),
        ("$pair", [{"b": True}]),
        ({"*": "a"}, {"z": "b"}),
        (["$pair", "none"], {"b": False}),
    ],
)
def test_a_value_of_another_shape_is_refused(shape: Any, value: Any) -> None:
    [problem] = problems(shape, value)
    assert problem.startswith("x")


def test_each_element_of_a_list_is_checked() -> None:
    shapes = Shapes({})
    assert list(shapes.unlisted({"x[]": "a"}, {"x": ["a", "b", None]}, OWN)) == [
        "x[1] is b, and not a",
        "x[2] is not set, and an element of a list has to be",
    ]
    assert len(list(shapes.unlisted({"x[]": {"a": "a"}}, {"x": [{"a": "b"}, {"c": 1}, "d"]}, OWN))) == 3
