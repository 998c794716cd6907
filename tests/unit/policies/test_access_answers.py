"""Questions about access in a person's words, and their answers: with the path, and with nothing hidden."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from access import show
from access.answers import Answering, Line
from access.command import as_json
from access.questions import QuestionError, question
from access.schema import schema
from example_tenant import PROJECT as PROJECT_ID
from iam.decide import Access
from iam.document import Document, Verdict
from unit.policies.access_worlds import (
    ACCOUNT,
    BUCKET,
    INNER,
    JOB,
    ORGANIZATION,
    OUTER,
    PROJECT,
    ROBOT,
    SECRET,
    WORKLOAD,
    World,
    in_document,
)

RBAC = "kubernetes:rbac.authorization.k8s.io/v1:"
ROLES = {
    "roles/iam.workloadIdentityUser": ["iam.serviceAccounts.getAccessToken"],
    "roles/secretmanager.secretAccessor": ["secretmanager.versions.access"],
    "roles/owner": ["secretmanager.versions.access", "cloudsql.instances.delete", "container.pods.delete"],
}
ACCESSOR = "roles/secretmanager.secretAccessor"


def ask(access: Access, **words: str) -> list[Line]:
    """The lines of the answer."""
    return list(Answering(access, question(access, words.get("who"), words.get("can"), words.get("on"))).lines())


def told(lines: Sequence[Line]) -> set[tuple[str, str]]:
    """Principals with their verdicts."""
    return {(line.who, str(line.verdict)) for line in lines}


def clustered(world: World) -> World:
    """A world with a cluster that has a namespace."""
    world.add("gcp:container/cluster:Cluster", "main", name="main", location="x")
    world.add("kubernetes:core/v1:Namespace", "shop", metadata={"name": "shop"})
    return world


def bound(world: World, subject: dict[str, Any], *rules: dict[str, Any], namespace: str = "shop") -> None:
    """A Role and its binding."""
    kind = "Role" if namespace else "ClusterRole"
    metadata = {"name": "r", **({"namespace": namespace} if namespace else {})}
    world.add(f"{RBAC}{kind}", "r", metadata=metadata, rules=list(rules))
    reference = {"kind": kind, "name": "r"}
    world.add(f"{RBAC}{kind}Binding", "b", metadata={**metadata, "name": "b"}, roleRef=reference, subjects=[subject])


class TestPaths:
    """Paths from a principal to a permission."""

    def test_who_holds_a_role_is_told_with_it_and_the_people_of_a_group_stay_behind_the_group(self) -> None:
        world = World()
        world.grant(OUTER, ACCESSOR, SECRET)
        [line] = ask(world.access(ROLES), can="secretmanager.versions.access", on="secret/key")
        assert (line.who, line.verdict, line.path) == (
            OUTER,
            Verdict.YES,
            (f"{ACCESSOR} on secret key, which no state declares",),
        )

    def test_who_is_in_a_group_of_a_group_is_answered_with_the_group(self) -> None:
        world = World()
        world.grant(OUTER, ACCESSOR, SECRET)
        [line] = ask(world.access(ROLES), who="ann@example.com", can="secretmanager.versions.access", on="key")
        assert line.path[0] == "group outer@example.com"

    def test_a_chain_of_accounts_is_followed_to_its_end(self) -> None:
        world = World()
        world.grant(JOB, "roles/iam.workloadIdentityUser", ACCOUNT)
        world.grant(ROBOT, ACCESSOR, SECRET)
        lines = ask(world.access(ROLES), can="secretmanager.versions.access", on="key")
        assert told(lines) == {(ROBOT, "yes"), (JOB, "yes")}
        [way] = [line for line in lines if line.indirect]
        assert way.path[0].startswith(
            "account robot (iam.serviceAccounts.getAccessToken by roles/iam.workloadIdentityUser"
        )

    def test_whoever_can_become_an_account_in_a_group_can_go_the_groups_ways(self) -> None:
        world = World()
        other = f"{PROJECT_ID}.iam.gserviceaccount.com"
        named = {"accountId": "other", "project": PROJECT_ID, "email": f"other@{other}"}
        world.add("gcp:serviceaccount/account:Account", "other", **named)
        target = ACCOUNT.replace("robot@", "other@")
        world.grant(JOB, "roles/iam.workloadIdentityUser", ACCOUNT)  # the robot, who is in the outer group
        world.grant(OUTER, "roles/iam.workloadIdentityUser", target)
        world.grant(f"serviceAccount:other@{other}", ACCESSOR, SECRET)
        lines = ask(world.access(ROLES), can="secretmanager.versions.access", on="key")
        [way] = [line for line in lines if line.who == JOB]
        assert [step.partition(" (")[0] for step in way.path[:3]] == [
            "account robot",
            "group outer@example.com",
            "account other",
        ]
        assert ask(world.access(ROLES), who="job deploy.yml", can="secretmanager.versions.access", on="key") == [way]

    def test_who_may_run_a_workload_can_be_the_account_that_it_is(self) -> None:
        world = clustered(World())
        world.grant(WORKLOAD, "roles/iam.workloadIdentityUser", ACCOUNT)
        world.grant(ROBOT, ACCESSOR, SECRET)
        rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]}
        bound(world, {"kind": "User", "name": "eve@example.com"}, rule)
        lines = ask(world.access(ROLES), who="eve@example.com", can="secretmanager.versions.access", on="key")
        assert [len(line.path) for line in lines] == [3]
        assert lines[0].path[0] == "workload shop/shop (Role shop/r in shop)"

    def test_whoever_sets_the_policy_of_an_account_can_let_itself_act_as_it(self) -> None:
        world = World()
        world.grant("user:eve@example.com", world.role("sets", "iam.serviceAccounts.setIamPolicy"), ACCOUNT)
        world.grant(ROBOT, ACCESSOR, SECRET)
        [line] = ask(world.access(ROLES), who="eve@example.com", can="secretmanager.versions.access", on="key")
        assert line.path[0] == "account robot (iam.serviceAccounts.setIamPolicy by sets on account robot)"

    @pytest.mark.parametrize(("folder", "reaches"), [("", True), ("robot", True), ("other", False)])
    def test_whoever_writes_the_state_of_an_account_decides_what_it_does(self, folder: str, *, reaches: bool) -> None:
        world = World(worked_from={"bucket box": "account *"})
        inside = f'resource.name.startsWith("projects/_/buckets/box/objects/{folder}/")' if folder else ""
        world.grant("user:eve@example.com", world.role("writes", "storage.objects.create"), BUCKET, inside)
        world.grant(ROBOT, ACCESSOR, SECRET)
        lines = ask(world.access(ROLES), who="eve@example.com", can="secretmanager.versions.access", on="key")
        assert bool(lines) is reaches

    def test_whoever_changes_a_provider_acts_as_every_account_behind_it_however_the_permission_is_written(self) -> None:
        world = World()
        world.grant(JOB, "roles/iam.workloadIdentityUser", ACCOUNT)
        permission = "iam.googleapis.com/workloadIdentityPoolProviders.update"
        world.grant("user:eve@example.com", world.role("admits", permission))
        world.grant(ROBOT, ACCESSOR, SECRET)
        lines = ask(world.access(ROLES), who="eve@example.com", can="secretmanager.versions.access", on="key")
        assert [line.path[0].partition(" (")[0] for line in lines] == ["account robot"]

    def test_who_is_denied_is_told_as_refused_with_the_rule_and_who_is_spared_is_not(self) -> None:
        world = World()
        world.grant("user:eve@example.com", "roles/owner")
        world.grant(INNER, "roles/owner")
        world.forbid(
            ["cloudsql.googleapis.com/instances.delete"],
            ["principalSet://goog/public:all"],
            ["principalSet://goog/group/inner@example.com"],
        )
        lines = ask(world.access(ROLES), can="cloudsql.instances.delete", on="project")
        assert told(lines) == {("user:eve@example.com", "no"), (INNER, "yes")}
        [refused] = [line for line in lines if line.verdict is Verdict.NO]
        assert refused.path[-1] == "denied by the deny policy p: no"

    def test_an_answer_of_nobody_is_one(self) -> None:
        assert ask(World().access(ROLES), can="secretmanager.versions.access") == []

    def test_what_somebody_can_do_has_the_roles_of_whom_they_can_become(self) -> None:
        world = World()
        world.grant(JOB, "roles/iam.workloadIdentityUser", ACCOUNT)
        world.grant(ROBOT, ACCESSOR, SECRET)
        lines = ask(world.access(ROLES), who="job deploy.yml")
        assert {(line.what, line.indirect) for line in lines} == {
            ("roles/iam.workloadIdentityUser", False),
            ("act as account robot", True),
            (ACCESSOR, True),
        }


class TestNothingIsHidden:
    """Unknown access is reported, and overestimated."""

    def test_a_role_that_nobody_could_read_may_hold_anything(self) -> None:
        world = World()
        world.grant("user:eve@example.com", "roles/unheard", SECRET)
        access = world.access({**ROLES})
        assert told(ask(access, can="secretmanager.versions.access", on="key")) == {("user:eve@example.com", "maybe")}
        assert any("roles/unheard" in gap for gap in access.document.gaps)

    def test_a_condition_that_is_not_understood_hides_nothing(self) -> None:
        world = World()
        world.grant("user:eve@example.com", ACCESSOR, SECRET, 'resource.matchTag("1/env", "prod")')
        world.grant("user:bob@example.com", ACCESSOR, SECRET, "destination.port == 1")
        world.grant(INNER, ACCESSOR, SECRET, "this is ( no expression")
        verdicts = {line.verdict for line in ask(world.access(ROLES), can="secretmanager.versions.access", on="key")}
        assert verdicts == {Verdict.MAYBE}

    def test_a_condition_on_names_inside_is_told_as_a_part(self) -> None:
        world = World()
        inside = 'resource.name.startsWith("projects/_/buckets/box/objects/shop/")'
        world.grant("user:eve@example.com", world.role("reader", "storage.objects.get"), BUCKET, inside)
        [line] = ask(world.access(ROLES), can="storage.objects.get", on="bucket box")
        assert line.verdict is Verdict.PART
        assert inside in line.path[0]

    def test_a_window_that_is_over_is_none(self) -> None:
        world = World()
        world.grant("user:eve@example.com", ACCESSOR, SECRET, 'request.time < timestamp("2026-05-01T00:00:00Z")')
        question_words = {"can": "secretmanager.versions.access", "on": "key"}
        assert ask(world.access(ROLES, datetime(2026, 4, 30, tzinfo=UTC)), **question_words)
        assert not ask(world.access(ROLES, datetime(2026, 5, 2, tzinfo=UTC)), **question_words)

    def test_an_exception_for_customers_of_a_directory_leaves_it_open(self) -> None:
        world = World()
        world.grant("user:eve@example.com", ACCESSOR, SECRET)
        spared = ["principalSet://goog/cloudIdentityCustomerId/C01"]
        world.forbid(["secretmanager.googleapis.com/versions.access"], ["principalSet://goog/public:all"], spared)
        [line] = ask(world.access(ROLES), can="secretmanager.versions.access", on="key")
        assert line.verdict is Verdict.MAYBE

    def test_a_group_whose_people_nobody_tells_is_the_end_and_said_to_be(self) -> None:
        world = World()
        world.grant(OUTER, ACCESSOR, SECRET)
        access = world.access(ROLES, groups={OUTER: None})
        assert told(ask(access, can="secretmanager.versions.access", on="key")) == {(OUTER, "yes")}
        assert "outer@example.com" in access.document.gaps[-1]

    def test_what_states_declare_counts_above_the_project_where_nobody_may_read(self) -> None:
        world = World()
        kind = "gcp:organizations/iAMMember:IAMMember"
        world.add(kind, "m", orgId="123456789012", role=ACCESSOR, member="user:eve@example.com")
        access = world.access(ROLES, policies=[{"resource": PROJECT}])
        assert (
            access.decide("user:eve@example.com", "secretmanager.versions.access", ORGANIZATION).verdict is Verdict.YES
        )


class TestCluster:
    """Either half suffices."""

    def test_a_role_in_the_cluster_and_one_in_iam_both_count(self) -> None:
        world = clustered(World())
        world.grant(INNER, "roles/owner")
        bound(
            world,
            {"kind": "Group", "name": "outer@example.com"},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]},
        )
        access = world.access(ROLES)
        assert told(ask(access, can="delete pods", on="namespace/shop")) == {(INNER, "yes"), (OUTER, "yes")}
        assert told(ask(access, can="delete pods", on="cluster")) == {(INNER, "yes")}

    def test_a_role_for_named_objects_is_told_as_a_part_with_their_names(self) -> None:
        world = clustered(World())
        rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"], "resourceNames": ["one"]}
        bound(world, {"kind": "User", "name": "eve@example.com"}, rule)
        [line] = ask(world.access(ROLES), can="get configmaps", on="namespace/shop")
        assert (line.verdict, line.path) == (Verdict.PART, ("Role shop/r in namespace shop, only of one",))

    def test_aggregated_roles_have_the_rules_of_those_that_they_gather(self) -> None:
        world = clustered(World())
        rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
        labels = {"name": "part", "labels": {"gather": "yes"}}
        world.add(f"{RBAC}ClusterRole", "part", metadata=labels, rules=[rule])
        selector = {"clusterRoleSelectors": [{"matchLabels": {"gather": "yes"}}]}
        world.add(f"{RBAC}ClusterRole", "whole", metadata={"name": "whole"}, aggregationRule=selector)
        subjects = [{"kind": "User", "name": "eve@example.com"}]
        reference = {"kind": "ClusterRole", "name": "whole"}
        world.add(f"{RBAC}ClusterRoleBinding", "b", metadata={"name": "b"}, roleRef=reference, subjects=subjects)
        assert told(ask(world.access(ROLES), can="list pods", on="shop")) == {("user:eve@example.com", "yes")}

    def test_a_role_of_kubernetes_own_may_hold_anything(self) -> None:
        world = clustered(World())
        subjects = [{"kind": "ServiceAccount", "namespace": "shop", "name": "shop"}]
        reference = {"kind": "ClusterRole", "name": "edit"}
        metadata = {"name": "b", "namespace": "shop"}
        world.add(f"{RBAC}RoleBinding", "b", metadata=metadata, roleRef=reference, subjects=subjects)
        assert told(ask(world.access(ROLES), can="delete pods", on="shop")) == {(WORKLOAD, "maybe")}

    def test_a_role_for_all_accounts_of_a_namespace_holds_for_its_workloads(self) -> None:
        world = clustered(World())
        world.grant(WORKLOAD, "roles/iam.workloadIdentityUser", ACCOUNT)
        rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
        bound(world, {"kind": "Group", "name": "system:serviceaccounts:shop"}, rule)
        [line] = ask(world.access(ROLES), who="workload shop/shop", can="delete anything", on="shop")
        assert line.path == ("group system:serviceaccounts:shop", "Role shop/r in namespace shop")


class TestWords:
    """Words that a person may write in a question."""

    @pytest.mark.parametrize("who", ["user:eve@example.com", "person eve@example.com", "EVE@example.com"])
    def test_a_principal_has_several_names(self, who: str) -> None:
        world = World()
        world.grant("user:eve@example.com", ACCESSOR, SECRET)
        assert question(world.access(ROLES), who, None, None).who == "user:eve@example.com"

    @pytest.mark.parametrize("on", [in_document(BUCKET), "bucket box", "bucket/box", "box"])
    def test_a_resource_has_several_names(self, on: str) -> None:
        assert question(World().access(ROLES), None, None, on).on == in_document(BUCKET)

    def test_a_pattern_stands_for_all_permissions_that_fit(self) -> None:
        world = World()
        world.grant("user:eve@example.com", "roles/owner")
        found = question(world.access(ROLES), None, "cloudsql.*.delete", None).can or ()
        assert "cloudsql.instances.delete" in [action.permission for action in found]

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ({"who": "evee@example.com"}, "there is no principal 'evee@example.com'. The nearest: eve@example.com"),
            ({"on": "bucket boxx"}, "there is no resource 'bucket boxx'. The nearest: bucket box"),
            ({"can": "secretmanager.versions.acces"}, "The nearest: secretmanager.versions.access"),
            ({"can": "delete podz"}, "The nearest: pods"),
            ({"can": "remove pods"}, "has no verb of Kubernetes'"),
            ({"can": "delete pods", "on": "bucket box"}, "bucket box is not in it"),
            ({"on": "same"}, "can be more than one resource; say which"),
        ],
    )
    def test_what_is_not_there_is_said_with_what_is(self, words: dict[str, str], message: str) -> None:
        world = clustered(World())
        world.grant("user:eve@example.com", "roles/owner")
        bound(
            world,
            {"kind": "User", "name": "eve@example.com"},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]},
        )
        world.add("gcp:pubsub/topic:Topic", "same", name="same")
        world.add("gcp:pubsub/subscription:Subscription", "same", name="same")
        with pytest.raises(QuestionError) as raised:
            question(world.access(ROLES), words.get("who"), words.get("can"), words.get("on"))
        assert message in str(raised.value)


def test_a_document_fits_the_schema() -> None:
    world = clustered(World())
    world.grant(OUTER, ACCESSOR, SECRET, 'resource.name.startsWith("x")')
    bound(
        world, {"kind": "User", "name": "eve@example.com"}, {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}
    )
    document = world.access(ROLES).document
    validator: Any = Draft202012Validator(json.loads(schema()))
    assert list(validator.iter_errors(json.loads(as_json(document)))) == []
    assert Document.model_validate_json(as_json(document)) == document


def test_tables_leave_out_what_was_asked_and_name_the_people_of_groups() -> None:
    world = World()
    world.grant(INNER, ACCESSOR, SECRET)
    access = world.access(ROLES)
    asked = question(access, None, "secretmanager.versions.access", "key")
    lines = list(Answering(access, asked).lines())
    [section] = show.answer(access, asked, lines)
    assert section.header == ("who", "", "by")
    assert section.rows[0][0] == "group inner@example.com\n(ann@example.com)"
    assert show.heading(access, asked, lines) == "1 principal has secretmanager.versions.access on secret key"
    assert "| who |  | by |" in show.as_markdown("t", [section], ["g"])
