"""The rules on layers: what may be declared where, as whom, and how the cluster is reached."""

import json
from typing import Any

import pytest

from pack.analyzer import PROJECT, UNKNOWN_STRING, Analyzer, Inputs, secret, urn
from policy_pack.rule import Resource, violations
from policy_pack.rules.layers import cluster_without_credentials

GOOGLE = "pulumi:providers:gcp"
CLUSTER = "pulumi:providers:kubernetes"
SERVICE_ACCOUNT = "gcp:serviceaccount/account:Account"
PLUGIN: Inputs = {"exec": {"command": "gke-gcloud-auth-plugin"}}


def layer_findings(analyzer: Analyzer, kind: str, inputs: Inputs, layer: str, **more: Any) -> list[tuple[str, str]]:
    found = analyzer.check(kind, inputs, layer=layer, **more)
    assert all(finding.mandatory for finding in found)
    return [(finding.policy, finding.message) for finding in found if finding.policy.startswith("layer-")]


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        ("identity", "gcp:projects/iAMMember:IAMMember"),
        ("identity", "prodfirst:identity:TeamGrants"),
        ("platform", "prodfirst:platform:Network"),
        ("platform", "kubernetes:core/v1:Namespace"),
        ("apps", "kubernetes:apps/v1:Deployment"),
        *((layer, kind) for layer in ("identity", "platform", "apps") for kind in ("pulumi:pulumi:Stack", GOOGLE)),
    ],
)
def test_a_layer_declares_what_is_its_own(analyzer: Analyzer, layer: str, kind: str) -> None:
    assert layer_findings(analyzer, kind, {}, layer) == []


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        ("platform", "gcp:projects/iAMMember:IAMMember"),
        ("platform", "kubernetes:apps/v1:Deployment"),
        ("apps", SERVICE_ACCOUNT),
        ("apps", "kubernetes:core/v1:Namespace"),
        ("apps", "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"),
        ("apps", "prodfirst:platform:Network"),
        ("identity", "gcp:sql/databaseInstance:DatabaseInstance"),
        ("identity", "gcp:compute/instance:Instance"),
        ("identity", SERVICE_ACCOUNT),
        ("identity", "prodfirst:identity:Foundation"),
        ("identity", "gcp:projects/iAMCustomRole:IAMCustomRole"),
        ("identity", "pulumi-python:dynamic:Resource"),
        ("identity", "command:local:Command"),
        ("identity", "gcp:serviceaccount/account:Accounts"),
        ("another", SERVICE_ACCOUNT),
    ],
)
def test_a_layer_declares_nothing_else(analyzer: Analyzer, layer: str, kind: str) -> None:
    assert "policies/layers.yaml" in dict(layer_findings(analyzer, kind, {}, layer))["layer-resource-types"]


DATASTORES = [f"gcp:sql/{kind}" for kind in ("database:Database", "databaseInstance:DatabaseInstance", "user:User")]
OTHERS = ["gcp:compute/network:Network", "gcp:container/cluster:Cluster", "kubernetes:core/v1:Namespace", CLUSTER]


@pytest.mark.parametrize(
    ("stack", "own", "foreign"),
    [
        ("sandbox", OTHERS, DATASTORES),
        ("eu-prod", OTHERS, DATASTORES),
        ("storage-sandbox", DATASTORES, OTHERS),
        ("storage-eu-prod", DATASTORES, OTHERS),
        ("my-storage-prod", OTHERS, DATASTORES),
    ],
)
def test_datastores_are_declared_in_their_own_stack_alone(
    analyzer: Analyzer, stack: str, own: list[str], foreign: list[str]
) -> None:
    def refused(kind: str) -> bool:
        found = layer_findings(analyzer, kind, {}, "platform", stack=stack)
        return "layer-resource-types" in {policy for policy, _ in found}

    assert [kind for kind in own if refused(kind)] == []
    assert [kind for kind in foreign if not refused(kind)] == []


BINDING = [
    "gcp:iam/denyPolicy:DenyPolicy",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:organizations/iAMMember:IAMMember",
    "gcp:orgpolicy/policy:Policy",
    "gcp:projects/iAMAuditConfig:IAMAuditConfig",
    "gcp:projects/iAMCustomRole:IAMCustomRole",
    "gcp:projects/iamMemberRemove:IamMemberRemove",
    "gcp:projects/service:Service",
    "gcp:storage/bucket:Bucket",
    "prodfirst:identity:Foundation",
    "prodfirst:identity:Grantor",
    "prodfirst:identity:StateStore",
]
DAILY = ["prodfirst:identity:BreakGlassGrant"]
TEAM = ["prodfirst:identity:AppSecret"]
# Accounts and secrets are the foundation's and the teams', grants to groups on the project daily work's and the teams'.
OBJECTS = [SERVICE_ACCOUNT, "gcp:secretmanager/secret:Secret", "gcp:storage/bucketIAMMember:BucketIAMMember"]
GROUPS = ["prodfirst:identity:TeamGrants"]
SHARED = ["gcp:projects/iAMMember:IAMMember", "gcp:secretmanager/secretVersion:SecretVersion"]


@pytest.mark.parametrize(
    ("stack", "own", "foreign"),
    [
        ("sandbox", [*DAILY, *GROUPS], [*BINDING, *TEAM, *OBJECTS]),
        ("foundation-sandbox", [*BINDING, *OBJECTS], [*DAILY, *TEAM, *GROUPS]),
        ("foundation-eu-prod", [*BINDING, *OBJECTS], [*DAILY, *TEAM, *GROUPS]),
        ("my-foundation-prod", [*DAILY, *GROUPS], [*BINDING, *TEAM, *OBJECTS]),
        ("team-shop-sandbox", [*TEAM, *GROUPS, *OBJECTS], [*BINDING, *DAILY]),
        ("my-team-prod", [*DAILY, *GROUPS], [*BINDING, *TEAM, *OBJECTS]),
    ],
)
def test_what_binds_the_accounts_of_ci_is_declared_in_the_foundation_and_accounts_by_no_daily_work(
    analyzer: Analyzer, stack: str, own: list[str], foreign: list[str]
) -> None:
    def refused(kind: str) -> bool:
        found = layer_findings(analyzer, kind, {}, "identity", stack=stack)
        return "layer-resource-types" in {policy for policy, _ in found}

    assert [kind for kind in (*own, *SHARED) if refused(kind)] == []
    assert [kind for kind in foreign if not refused(kind)] == []


@pytest.mark.parametrize("layer", ["apps", "identity", "platform"])
@pytest.mark.parametrize(
    "account",
    [f"identity-deploy@{PROJECT}.iam.gserviceaccount.com", "somebody@example.com", UNKNOWN_STRING, secret("hunter2")],
    ids=["an account of a layer", "a person", "unknown", "a secret"],
)
def test_no_program_names_the_account_that_it_runs_as(analyzer: Analyzer, layer: str, account: Any) -> None:
    found = layer_findings(analyzer, GOOGLE, {"project": PROJECT, "impersonateServiceAccount": account}, layer)
    assert {policy for policy, _ in found} == {"layer-runs-as-itself", "layer-inputs-listed"}

    other = layer_findings(
        analyzer,
        "gcp:projects/iAMMember:IAMMember",
        {},
        "identity",
        provider={"impersonateServiceAccount": account},
    )
    assert "layer-runs-as-itself" in {policy for policy, _ in other}


@pytest.mark.parametrize("key", ["credentials", "accessToken"])
def test_a_provider_with_a_credential_is_refused(analyzer: Analyzer, key: str) -> None:
    for inputs, provider in (({key: secret("hunter2")}, {}), ({}, {key: "hunter2"})):
        kind = GOOGLE if inputs else "gcp:projects/iAMMember:IAMMember"
        messages = dict(layer_findings(analyzer, kind, inputs, "identity", provider=provider))
        assert "whoever reads the state has it" in messages["layer-runs-as-itself"]
        assert not any("hunter2" in message for message in messages.values())


@pytest.mark.parametrize("project", ["another", "projects/another", UNKNOWN_STRING])
def test_a_stack_reaches_into_no_other_project(analyzer: Analyzer, project: str) -> None:
    kind = "gcp:projects/iAMMember:IAMMember"
    [(policy, message)] = layer_findings(analyzer, kind, {"project": project}, "identity")
    assert policy == "layer-project-own"
    assert f"the environment's is {PROJECT}" in message
    assert layer_findings(analyzer, kind, {"project": PROJECT}, "identity") == []


SERVER = "https://gke-1234.europe-west4.gke.goog"


def kubeconfig(user: Inputs, **cluster: Any) -> str:
    return json.dumps(
        {"users": [{"name": "main", "user": user}], "clusters": [{"cluster": {"server": SERVER, **cluster}}]}
    )


@pytest.mark.parametrize("config", [kubeconfig(PLUGIN), UNKNOWN_STRING, secret(UNKNOWN_STRING)])
def test_a_cluster_is_reached_by_the_callers_own_identity(analyzer: Analyzer, config: Any) -> None:
    assert layer_findings(analyzer, CLUSTER, {"kubeconfig": config}, "platform") == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (kubeconfig({**PLUGIN, "token": "hunter2"}), "kubeconfig has token"),
        (secret(kubeconfig({**PLUGIN, "token": "hunter2"})), "kubeconfig has token"),
        (kubeconfig({**PLUGIN, "client-key-data": "hunter2"}), "client-key-data"),
        (
            kubeconfig(PLUGIN).replace("{", '{"users": [{"user": {"token": "hunter2"}}], ', 1),
            "kubeconfig can be read in two ways",
        ),
        (kubeconfig({"exec": {"command": "sh", "args": ["-c", "hunter2"]}}), "would run another one"),
        (kubeconfig({"exec": {**PLUGIN["exec"], "args": ["--impersonate_service_account=hunter2"]}}), "arguments"),
        (kubeconfig({"exec": {**PLUGIN["exec"], "env": [{"name": "PATH", "value": "hunter2"}]}}), "sets env"),
        (kubeconfig({**PLUGIN, "as": "admin"}), "sets as of its user"),
        (kubeconfig(PLUGIN, **{"insecure-skip-tls-verify": True}), "another one may answer"),
        (kubeconfig(PLUGIN, **{"proxy-url": "https://x"}), "another one may answer"),
        (kubeconfig(PLUGIN, **{"tls-server-name": "x"}), "another one may answer"),
        (kubeconfig(PLUGIN, **{"certificate-authority-data": "eA=="}), "another one may answer"),
        (kubeconfig(PLUGIN, server="http://127.0.0.1:9911"), "would get the caller's token"),
        (kubeconfig(PLUGIN, server="http://gke-1234.europe-west4.gke.goog"), "would get the caller's token"),
        (kubeconfig(PLUGIN, server="https://gke-1.europe-west4.gke.goog.evil.io"), "would get the caller's token"),
        (kubeconfig(PLUGIN, server="https://gke-1.europe-west4.gke.goog@evil.io"), "would get the caller's token"),
        (json.dumps({"users": [{"name": "main", "user": PLUGIN}]}), "names no cluster"),
        ("{}", "takes whatever is on the machine"),
        ("/home/me/.kube/config", "takes whatever is on the machine"),
        (None, "takes whatever is on the machine"),
    ],
)
def test_a_kubeconfig_with_a_credential_is_refused(analyzer: Analyzer, config: Any, words: str) -> None:
    found = layer_findings(analyzer, CLUSTER, {"kubeconfig": config}, "platform")
    assert {policy for policy, _ in found} == {"layer-cluster-without-credentials"}
    assert any(words in message for _, message in found)
    assert not any("hunter2" in message for _, message in found)


@pytest.mark.parametrize(("stack", "count"), [("sandbox", 0), ("namespaces-shop-sandbox", 0), ("prod", 1), ("dev", 1)])
def test_a_cluster_on_this_machine_is_one_of_the_sandbox_alone(stack: str, count: int) -> None:
    inputs = {"kubeconfig": kubeconfig(PLUGIN, server="https://localhost:9911")}
    cluster = Resource(f"urn:pulumi:{stack}::platform::{CLUSTER}::main", CLUSTER, "main", inputs)

    assert len(list(violations(cluster_without_credentials, cluster))) == count


def test_a_stack_reference_is_refused(analyzer: Analyzer) -> None:
    kind = "pulumi:pulumi:StackReference"
    [finding] = analyzer.stack([(urn(kind, "organization/identity/prod", "apps"), kind, {})])
    assert finding.policy == "layer-reads-no-other-state"
    assert "Read the layer's contract instead" in finding.message


_RBAC = "rbac.authorization.k8s.io/v1"
_OF_TYPE = "layer-objects-of-their-type"


@pytest.mark.parametrize(
    ("token", "inputs", "words"),
    [
        (f"kubernetes:{_RBAC}:RoleBinding", {"kind": "ClusterRoleBinding"}, "kind is ClusterRoleBinding"),
        (f"kubernetes:{_RBAC}:Role", {"kind": "ClusterRole"}, "kind is ClusterRole"),
        ("kubernetes:core/v1:ConfigMap", {"kind": "Secret"}, "kind is Secret"),
        ("kubernetes:core/v1:ConfigMap", {"apiVersion": "attacker.example/v1"}, "apiVersion is attacker.example/v1"),
        (f"kubernetes:{_RBAC}:Role", {"apiVersion": "v1"}, "apiVersion is v1"),
        ("kubernetes:apps/v1:Deployment", {"kind": UNKNOWN_STRING}, "known after the update"),
        ("kubernetes:apps/v1:Deployment", {"kind": secret("Pod")}, "a secret"),
        ("kubernetes:apps/v1:Deployment", {"kind": ""}, "kind is"),
        ("kubernetes:core/v1:ConfigMapPatch", {"kind": "Secret"}, "kind is Secret"),
    ],
)
def test_an_object_of_another_kind_than_its_type_is_refused(
    analyzer: Analyzer, token: str, inputs: dict[str, Any], words: str
) -> None:
    """The provider sends `kind` as it is, so a binding in the whole cluster could pass as one in a namespace."""
    found = [message for policy, message in layer_findings(analyzer, token, inputs, "apps") if policy == _OF_TYPE]
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (f"kubernetes:{_RBAC}:RoleBinding", {"apiVersion": _RBAC, "kind": "RoleBinding"}),
        ("kubernetes:core/v1:ConfigMap", {"apiVersion": "v1", "kind": "ConfigMap"}),
        ("kubernetes:core/v1:ConfigMapPatch", {"apiVersion": "v1", "kind": "ConfigMap"}),
        ("kubernetes:apps/v1:Deployment", {}),
        ("pulumi:providers:kubernetes", {"kind": "x"}),
    ],
)
def test_an_object_of_the_kind_of_its_type_passes(analyzer: Analyzer, token: str, inputs: dict[str, Any]) -> None:
    assert _OF_TYPE not in {policy for policy, _ in layer_findings(analyzer, token, inputs, "apps")}
