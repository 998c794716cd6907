"""What is the environment's own: members, subjects, roles, images and projects of others are refused."""

from typing import Any

import pytest

from pack.analyzer import UNKNOWN_OBJECT, Analyzer, Finding, Inputs, secret
from pack.cases import changed
from pack.cases.apps import around, pod

GRANT = "gcp:projects/iAMMember:IAMMember"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
CLUSTER_ROLE = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
POOL = "principalSet://iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/{}/attribute.{}"
NUMBER = "100200300400"
IMAGE = "europe-west4-docker.pkg.dev/{}/shop/storefront@sha256:" + "a" * 64
NAMESPACES = "namespaces-shop-sandbox"


def of(policy: str, findings: list[Finding]) -> list[str]:
    """The messages of one rule."""
    return [finding.message for finding in findings if finding.policy == policy]


def members(analyzer: Analyzer, member: str) -> list[str]:
    """What the rule says about a grant to a member."""
    inputs = {"role": "roles/logging.viewer", "member": member, "project": "prodfirst-sandbox"}
    return of("layer-members-own", analyzer.check(GRANT, inputs, layer="identity"))


@pytest.mark.parametrize(
    "member",
    [
        "group:security-team@example.com",
        "serviceAccount:identity-deploy@prodfirst-sandbox.iam.gserviceaccount.com",
        f"serviceAccount:service-{NUMBER}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        "serviceAccount:prodfirst-sandbox.svc.id.goog[storefront/storefront]",
        POOL.format(NUMBER, "github", "job/deploy.yml:environment:identity-sandbox:refs/heads/main"),
        POOL.format(NUMBER, "github", "job/preview.yml:environment:preview-identity-sandbox:pull_request"),
        POOL.format(NUMBER, "builds", "build/1234:refs/heads/release"),
    ],
)
def test_a_member_of_the_environment_is_accepted(analyzer: Analyzer, member: str) -> None:
    assert members(analyzer, member) == []


@pytest.mark.parametrize(
    "member",
    [
        "group:evil@attacker.example",
        "group:security-team@example.com.attacker.example",
        "group:security-team@sub.example.com",
        "group:Security-Team@example.com",
        "group:security-team@example.com ",
        "group:security-te\u0430m@example.com",
        "group:security\u200b-team@example.com",
        "group:\u202eteam@example.com",
        "group:team\x1b[2K@example.com",
        "serviceAccount:identity-deploy@another.iam.gserviceaccount.com",
        "serviceAccount:service-1@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        f"serviceAccount:service-{NUMBER}1@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        "serviceAccount:another.svc.id.goog[storefront/storefront]",
        POOL.format("1", "github", "job/deploy.yml:environment:identity-sandbox:refs/heads/main"),
        POOL.format(NUMBER, "github", "job/deploy.yml:environment:identity-sandbox:refs/heads/other"),
        POOL.format(NUMBER, "github", "job/deploy.yml:environment:identity-sandbox:refs/heads/x:refs/heads/other"),
        POOL.format(NUMBER, "others", "job/preview.yml:environment:preview-identity-sandbox:pull_request"),
        POOL.format(NUMBER, "github", "repository_id/1"),
        "principal://iam.googleapis.com/locations/global/workforcePools/p/subject/s",
        "user:mallory@attacker.example",
        "user:mallory@EXAMPLE.com",
        "domain:example.com",
        "somebody",
    ],
)
def test_a_member_of_others_is_refused(analyzer: Analyzer, member: str) -> None:
    assert len(members(analyzer, member)) == 1


def test_the_keys_and_states_of_ci_are_the_administrators_alone(analyzer: Analyzer) -> None:
    def granted(group: str, role: str) -> list[str]:
        inputs = {"role": role, "member": f"group:{group}", "bucket": "prodfirst-sandbox-state-identity"}
        token = "gcp:storage/bucketIAMMember:BucketIAMMember"
        return of("layer-members-own", analyzer.check(token, inputs, layer="identity", stack="foundation-sandbox"))

    writer = "projects/prodfirst-sandbox/roles/stateWriter"
    assert granted("cloud-administrators@example.com", writer) == []
    assert "Only cloud-administrators@example.com may have it" in granted("shop-team@example.com", writer)[0]
    assert granted("shop-team@example.com", "roles/storage.objectViewer") == []


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028"])
@pytest.mark.parametrize("path", ["description", "labels.team", "list.0"])
def test_a_character_that_nobody_sees_is_refused_anywhere(analyzer: Analyzer, character: str, path: str) -> None:
    inputs = {"description": "Räume\nund\tHäuser", "labels": {"team": "shop"}, "list": ["a"]}
    token = "gcp:pubsub/topic:Topic"

    def hidden(given: Inputs, name: str = "it") -> list[str]:
        return of("layer-text-visible", analyzer.check(token, given, name=name, layer="platform"))

    assert hidden(inputs) == []
    [message] = hidden(changed(inputs, path, f"a{character}b"))
    assert character not in message
    assert hidden({"labels": {f"a{character}": "x"}})
    assert hidden(inputs, name=f"a{character}b")
    assert hidden(inputs, name="te\u0430m")


@pytest.mark.parametrize(
    ("token", "path", "key"),
    [
        ("gcp:pubsub/topic:Topic", "labels", "goog-managed-by"),
        ("gcp:pubsub/topic:Topic", "labels", "google"),
        ("gcp:container/cluster:Cluster", "resourceLabels", "goog-gke-node"),
        ("gcp:sql/databaseInstance:DatabaseInstance", "settings.userLabels", "goog-x"),
        ("gcp:artifactregistry/repository:Repository", "list.0.labels", "goog-x"),
        *(
            (DEPLOYMENT, path, key)
            for path in ("metadata.labels", "spec.template.metadata.labels")
            for key in ("kubernetes.io/metadata.name", "topology.kubernetes.io/zone", "cloud.google.com/gke-spot")
        ),
        *(
            (DEPLOYMENT, "spec.template.metadata.labels", key)
            for key in ("pod-template-hash", "autopilot.gke.io/x", "batch.kubernetes.io/job-name", "node.k8s.io/x")
        ),
        ("kubernetes:core/v1:Namespace", "metadata.labels", "kubernetes.io/metadata.name"),
    ],
)
def test_a_label_that_somebody_else_writes_is_refused(analyzer: Analyzer, token: str, path: str, key: str) -> None:
    def labelled(labels: Any) -> list[str]:
        inputs = changed({"list": [{}]}, path, labels)
        return of("layer-labels-own", analyzer.check(token, inputs, layer="platform"))

    [message] = labelled({key: "x", "app": "x"})
    assert f"{path.replace('.0', '[0]')} sets {key}" in message
    assert labelled({"layer": "platform", "a-goog": "x", "prodfirst/team": "shop"}) == []
    for hidden in (UNKNOWN_OBJECT, secret({"a": "b"})):
        assert "nobody can see" in labelled(hidden)[0]


@pytest.mark.parametrize(
    "key", ["app.kubernetes.io/name", "pod-security.kubernetes.io/enforce", "example.com/job-name"]
)
def test_a_label_that_an_object_says_of_itself_is_accepted(analyzer: Analyzer, key: str) -> None:
    inputs: Inputs = {"metadata": {**around(DEPLOYMENT, pod())["metadata"], "labels": {key: "x"}}}
    assert of("layer-labels-own", analyzer.check(DEPLOYMENT, inputs, layer="apps")) == []


def role(**changes: Any) -> Inputs:
    """The role of developers, with one permission."""
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"], **changes}
    return {"metadata": {"name": "developer", "namespace": "storefront"}, "rules": [rule]}


def listed(analyzer: Analyzer, inputs: Inputs, kind: str = ROLE, stack: str = NAMESPACES) -> list[str]:
    """What the rule says about a role."""
    return of("layer-roles-listed", analyzer.check(kind, inputs, layer="platform", stack=stack))


def test_a_listed_permission_is_accepted(analyzer: Analyzer) -> None:
    assert listed(analyzer, role()) == []
    own = {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["patch"], "resourceNames": ["storefront"]}
    assert listed(analyzer, role(**own)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"apiGroups": [""], "resources": ["namespaces"]},
        {"verbs": ["deletecollection"]},
        {"verbs": ["*"]},
        {"resources": ["deployments/scale"]},
        {"apiGroups": ["extensions"]},
        {"apiGroups": ["*"]},
        {"resources": ["*"]},
        {"verbs": []},
        {"resources": []},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["patch"], "resourceNames": ["default"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["patch"], "resourceNames": ["storefront", "x"]},
        {"resources": [], "nonResourceURLs": ["/metrics"]},
    ],
)
def test_a_permission_that_is_not_listed_is_refused(analyzer: Analyzer, changes: Inputs) -> None:
    assert listed(analyzer, role(**changes))


def test_a_role_that_is_not_listed_is_refused(analyzer: Analyzer) -> None:
    other = changed(role(), "metadata.name", "operator")
    assert "is not listed" in listed(analyzer, other)[0]
    assert "is not listed" in listed(analyzer, role(), stack="sandbox")[0]
    assert "is not listed" in listed(analyzer, role(), CLUSTER_ROLE)[0]


def bound(analyzer: Analyzer, subject: Inputs, reference: Inputs | None = None) -> list[str]:
    """What the rule says about a binding."""
    inputs = {"roleRef": reference or {"kind": "Role", "name": "developer"}, "subjects": [subject]}
    return of("layer-subjects-own", analyzer.check(BINDING, inputs, layer="platform", stack=NAMESPACES))


TEAM = {"kind": "Group", "name": "shop-team@example.com"}


def test_a_group_and_an_account_of_the_environment_are_bound(analyzer: Analyzer) -> None:
    assert bound(analyzer, TEAM) == []
    user = {"kind": "User", "name": "apps-shop-deploy@prodfirst-sandbox.iam.gserviceaccount.com"}
    assert bound(analyzer, user) == []


@pytest.mark.parametrize(
    "subject",
    [
        {"kind": "User", "name": "evil@attacker.iam.gserviceaccount.com"},
        {"kind": "User", "name": f"service-{NUMBER}@gcp-sa-cloud-sql.iam.gserviceaccount.com"},
        {"kind": "User", "name": "prodfirst-sandbox.svc.id.goog[kube-system/default]x"},
        {"kind": "Group", "name": "contractors@attacker.example"},
        {"kind": "Group", "name": "shop-te\u0430m@example.com"},
        {"kind": "ServiceAccount", "name": "web", "namespace": "kube-system"},
        {"kind": "user", "name": "apps-shop-deploy@prodfirst-sandbox.iam.gserviceaccount.com"},
        {"kind": "Group"},
    ],
)
def test_a_subject_of_others_is_refused(analyzer: Analyzer, subject: Inputs) -> None:
    assert len(bound(analyzer, subject)) == 1


@pytest.mark.parametrize(
    "reference",
    [{"kind": "ClusterRole", "name": "kubelet-api-admin"}, {"kind": "ClusterRole", "name": "developer"}, {}],
)
def test_a_binding_of_a_role_of_others_is_refused(analyzer: Analyzer, reference: Inputs) -> None:
    assert bound(analyzer, TEAM, reference or {"kind": "Role"})


@pytest.mark.parametrize("project", ["another", "prodfirst-sandbox2", "x/prodfirst-sandbox"])
def test_an_image_of_another_project_is_refused(analyzer: Analyzer, project: str) -> None:
    def images(name: str) -> list[str]:
        inputs = changed(around(DEPLOYMENT, pod()), "spec.template.spec", {**pod(), "initContainers": []})
        inputs = changed(inputs, "spec.template.spec.containers.0.image", name)
        return of("layer-images-own", analyzer.check(DEPLOYMENT, inputs, layer="apps", stack="storefront-sandbox"))

    assert images(IMAGE.format("prodfirst-sandbox")) == []
    assert images(f"gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:{'a' * 64}") == []
    assert len(images(IMAGE.format(project))) == 1


@pytest.mark.parametrize(
    ("inputs", "provider"),
    [({"project": "another"}, {}), ({}, {"project": "another"}), ({"project": "another"}, {"project": "another"})],
)
def test_a_resource_of_another_project_is_refused_whatever_its_provider_says(
    analyzer: Analyzer, inputs: Inputs, provider: Inputs
) -> None:
    token = "gcp:pubsub/topic:Topic"
    found = analyzer.check(token, inputs, layer="platform", provider={"project": "prodfirst-sandbox", **provider})
    assert of("layer-project-own", found)
    assert of("layer-project-own", analyzer.check(token, {}, layer="platform")) == []


def test_a_stack_of_an_unknown_environment_is_refused(analyzer: Analyzer) -> None:
    found = analyzer.check("gcp:pubsub/topic:Topic", {}, layer="platform", stack="elsewhere")
    assert "Pulumi.foundation-<environment>.yaml" in of("layer-project-own", found)[0]
