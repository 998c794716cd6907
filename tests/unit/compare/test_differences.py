"""Comparison of two environments' values: losses that count, and differences with a reason."""

from pathlib import Path
from typing import Any

import pytest

from cli.layout import LAYERS, Stack, environments, present
from compare import __main__ as command
from compare import guards, own
from compare.differences import Difference, Intended, differences, intended, unused
from compare.values import Resource, values
from toolchain.errors import ToolError
from unit.compare.conftest import FIRST, LAST, Checkout

BETWEEN = ("test", "live")
TIER = Difference("DatabaseInstance orders", "settings.tier", ("a",), ("b",), BETWEEN)
REASON = "A smaller machine, for the price."
NAMESPACE = "kubernetes:core/v1:Namespace"
TRAFFIC = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
FIREWALL = "gcp:compute/firewall:Firewall"
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
DENY = "gcp:iam/denyPolicy:DenyPolicy"

Inputs = dict[str, Any]


def resource(kind: str, name: str, inputs: Inputs | None = None, *components: str) -> Resource:
    """A resource below components of these names."""
    return Resource(kind, name, inputs or {}, tuple(("prodfirst:platform:Part", each) for each in components))


def told(earlier: list[Resource], later: list[Resource]) -> list[str]:
    """The differences of two environments as sentences."""
    one, other = ({each.title: each for each in several} for several in (earlier, later))
    return [each.words() for each in differences(one, other, BETWEEN)]


def of_values(kind: str, earlier: Inputs, later: Inputs) -> list[str]:
    """The differences of one resource in two environments."""
    return told([resource(kind, "x", earlier)], [resource(kind, "x", later)])


def test_protection_is_compared_as_any_value() -> None:
    assert of_values("a:b:C", {"protect": True}, {"protect": False}) == ["C x: protect is true in test, false in live"]


def test_a_finding_ends_the_command_with_1_and_names_the_remedy(
    checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.edit(f"platform/{LAST}", lambda config: config.update({"platform:cluster": {"releaseChannel": "STABLE"}}))

    assert command.main(["--layer", "platform", "--quiet"]) == 1

    said = capsys.readouterr().out
    assert f"platform: Cluster main: releaseChannel.channel is REGULAR in {FIRST}, STABLE in {LAST}" in said
    assert "declared with its reason in differences.yaml" in said


LOST: list[tuple[str, Inputs, Inputs, str]] = [
    ("a:b:C", {"deletionProtection": True}, {}, "deletionProtection is true in test, not set in live"),
    ("a:b:C", {}, {"spot": True}, "spot is not set in test, true in live"),
    ("a:b:C", {"backups": {"enabled": True, "days": 7}}, {"backups": {"enabled": True}}, "backups.days is 7"),
    ("a:b:C", {"backups": {"enabled": True}}, {}, "backups.enabled is true in test, not set in live"),
    ("a:b:C", {"condition": {}}, {}, "condition is {} in test, not set in live"),
    ("gcp:storage/bucket:Bucket", {"lifecycleRules": [{"age": 1}]}, {}, "lifecycleRules is"),
    ("gcp:storage/bucket:Bucket", {"lifecycleRules": [{"a": 1}, {"a": 2}]}, {"lifecycleRules": [{"a": 2}]}, "is"),
    (
        DENY,
        {"rules": [{"denyRule": {"deniedPermissions": ["a", "b"]}}]},
        {"rules": [{"denyRule": {"deniedPermissions": ["a"]}}]},
        "deniedPermissions is a, b in test, a in live",
    ),
    (
        DENY,
        {"rules": [{"denyRule": {"exceptionPrincipals": ["a"]}}]},
        {"rules": [{"denyRule": {"exceptionPrincipals": ["a", "b"]}}]},
        "exceptionPrincipals is a in test, a, b in live",
    ),
    (
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        {"permissions": ["a"]},
        {"permissions": ["a", "b"]},
        "permissions is a in test, a, b in live",
    ),
    (
        ROLE,
        {"rules": [{"verbs": ["get"], "resourceNames": ["x"]}]},
        {"rules": [{"verbs": ["get"]}]},
        "rules.resourceNames is x in test, not set in live",
    ),
    (
        ROLE,
        {"rules": [{"verbs": ["get"]}]},
        {"rules": [{"verbs": ["get", "delete"]}]},
        "rules.verbs is get in test, get, delete",
    ),
    (TRAFFIC, {"spec": {"egress": [{"to": [{"cidr": "a"}]}]}}, {"spec": {"egress": [{}]}}, "spec.egress.to is"),
    (
        TRAFFIC,
        {"spec": {"podSelector": {"matchLabels": {"a": "b"}}}},
        {"spec": {"podSelector": {}}},
        "matchLabels.a is b",
    ),
    (
        FIREWALL,
        {"allows": [{"protocol": "tcp"}], "sourceRanges": ["a"]},
        {"allows": [{"protocol": "tcp"}]},
        "sourceRanges is a in test, not set",
    ),
    (
        FIREWALL,
        {"denies": [{"protocol": "all"}], "sourceRanges": ["a", "b"]},
        {"denies": [{"protocol": "all"}], "sourceRanges": ["a"]},
        "sourceRanges is a, b in test, a in live",
    ),
    (
        NAMESPACE,
        {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        {"metadata": {"labels": {}}},
        "enforce is restricted in test, not set",
    ),
    (
        "kubernetes:core/v1:ResourceQuota",
        {"spec": {"hard": {"pods": "9"}}},
        {"spec": {"hard": {}}},
        "spec.hard.pods is 9 in test, not set",
    ),
]


@pytest.mark.parametrize(("kind", "earlier", "later", "said"), LOST)
def test_less_protection_or_more_access_in_the_later_environment_is_found(
    kind: str, earlier: Inputs, later: Inputs, said: str
) -> None:
    [sentence] = of_values(kind, earlier, later)
    assert said in sentence


ON_THE_WAY: list[tuple[str, Inputs, Inputs]] = [
    ("a:b:C", {"x": []}, {}),
    ("a:b:C", {"x": [1, 2]}, {"x": [2, 1]}),
    ("a:b:C", {"labels": {"a": "b"}}, {}),
    ("gcp:projects/iAMCustomRole:IAMCustomRole", {"permissions": ["a", "b"]}, {"permissions": ["a"]}),
    (ROLE, {"rules": [{"verbs": ["get"]}, {"verbs": ["list"]}]}, {"rules": [{"verbs": ["list"]}]}),
    (ROLE, {"rules": [{"resourceNames": ["x", "y"]}]}, {"rules": [{"resourceNames": ["x"]}]}),
    (
        DENY,
        {"rules": [{"denyRule": {"exceptionPrincipals": ["a", "b"]}}]},
        {"rules": [{"denyRule": {"exceptionPrincipals": ["a"]}}]},
    ),
    (TRAFFIC, {"spec": {"egress": [{"to": [{"cidr": "a"}]}]}}, {"spec": {}}),
    (
        FIREWALL,
        {"allows": [{"protocol": "tcp"}], "sourceRanges": ["a", "b"]},
        {"allows": [{"protocol": "tcp"}], "sourceRanges": ["a"]},
    ),
    ("kubernetes:core/v1:ConfigMap", {"data": {"a": "1", "b": "2"}}, {"data": {"a": "1"}}),
]


@pytest.mark.parametrize(("kind", "earlier", "later"), ON_THE_WAY)
def test_an_item_that_is_on_its_way_in_the_earlier_environment_is_no_difference(
    kind: str, earlier: Inputs, later: Inputs
) -> None:
    assert of_values(kind, earlier, later) == []


def test_a_resource_of_the_later_environment_alone_is_one_finding_and_one_of_the_earlier_alone_none() -> None:
    account = resource("gcp:serviceaccount/account:Account", "shop", {"a": 1, "b": 2})

    assert told([], [account]) == ["Account shop is in live and not in test, so test never tried it"]
    assert told([account], []) == []


QUOTA = resource("kubernetes:core/v1:ResourceQuota", "quota", {"metadata": {"namespace": "shop"}}, "shop")
CLOSED = resource(TRAFFIC, "deny", {"metadata": {"namespace": "shop"}, "spec": {"policyTypes": ["Egress"]}}, "shop")
OPEN = resource(TRAFFIC, "dns", {"metadata": {"namespace": "shop"}, "spec": {"egress": [{}]}}, "shop")
SHOP = resource(NAMESPACE, "shop", {"metadata": {"name": "shop"}}, "shop")
NETWORK = resource("gcp:compute/network:Network", "main", {"name": "main"}, "net")
BLOCK = resource(FIREWALL, "deny", {"network": "projects/p/global/networks/main", "denies": [{}]}, "rules")
ALLOW = resource(FIREWALL, "allow", {"network": "projects/p/global/networks/main", "allows": [{}]}, "rules")
STORE = resource("gcp:sql/databaseInstance:DatabaseInstance", "orders", {}, "orders")
ALERT = resource("gcp:monitoring/alertPolicy:AlertPolicy", "slow", {}, "orders")
BUDGET = resource("kubernetes:policy/v1:PodDisruptionBudget", "web", {"metadata": {"namespace": "shop"}}, "web")
WORKLOAD = resource("kubernetes:apps/v1:Deployment", "web", {"metadata": {"namespace": "shop"}}, "web")
AUDIT = resource("gcp:projects/iAMAuditConfig:IAMAuditConfig", "all", {}, "audit")
DENIAL = resource(DENY, "deletes", {}, "deny")


@pytest.mark.parametrize(
    ("guard", "guarded"),
    [
        (QUOTA, SHOP),
        (CLOSED, SHOP),
        (BLOCK, NETWORK),
        (ALERT, STORE),
        (BUDGET, WORKLOAD),
    ],
    ids=lambda each: each.title,
)
def test_a_missing_guard_counts_where_what_it_guards_is_in_both_environments(
    guard: Resource, guarded: Resource
) -> None:
    [sentence] = told([guarded, guard], [guarded])
    assert sentence.startswith(f"{guard.title} is in test and not in live, which has what it guards: ")

    assert told([guarded, guard], []) == []


@pytest.mark.parametrize("guard", [AUDIT, DENIAL], ids=lambda each: each.title)
def test_a_missing_guard_of_the_whole_project_always_counts(guard: Resource) -> None:
    assert len(told([SHOP, guard], [SHOP])) == 1
    assert len(told([SHOP, guard], [])) == 1


@pytest.mark.parametrize(("opening", "beside"), [(OPEN, SHOP), (ALLOW, NETWORK)], ids=lambda each: each.title)
def test_what_opens_something_is_no_guard(opening: Resource, beside: Resource) -> None:
    assert told([beside, opening], [beside]) == []
    assert len(told([beside], [beside, opening])) == 1


def test_a_list_that_nobody_classified_counts_as_protection() -> None:
    assert guards.additive(resource("a:b:Unheard", "x"), "of.lists") is None
    assert all(len(each.reason) > 10 for each in guards.ADDITIVE)
    assert all(len(each.reason) > 10 for each in guards.GUARDS)


def test_every_type_of_the_programs_that_protects_or_restricts_is_a_guard_and_no_other() -> None:
    """Of the kinds that the programs declare; the others are there for what is added later."""
    declared = [
        each
        for layer in LAYERS
        for name in ("sandbox", *environments())
        for stack in present(name, layer)
        for each in values(stack).values()
    ]
    kinds = {each.type.rpartition(":")[2] for each in declared if guards.guard(each)}
    assert kinds >= {"DenyPolicy", "Policy", "IAMAuditConfig", "ProjectBucketConfig", "ProjectSink", "AlertPolicy"}
    assert kinds >= {"NotificationChannel", "SSLPolicy", "BackupPlan", "Firewall", "NetworkPolicy", "GCPGatewayPolicy"}
    assert kinds >= {"ResourceQuota", "LimitRange", "PodDisruptionBudget"}
    assert not kinds & {"IAMMember", "Account", "Namespace", "DatabaseInstance", "Role", "RoleBinding", "Secret"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("example-prod-state-identity", "<project>-state-identity"),
        ("europe-west4-docker.pkg.dev/example-prod/x", "<region>-docker.pkg.dev/<project>/x"),
        ("projects/310300400500/x", "projects/<project number>/x"),
        ("api.example.com", "api.<domain>"),
        ("example.com.invalid", "example.com.invalid"),
        ("shop-team@example.com", "team-shop@<domain>"),
        ("shop-team@example.org", "shop-team@example.org"),
        ("prod", "<environment>"),
        ("production", "production"),
        ("my-example-product", "my-example-product"),
        ("example-dev", "example-dev"),
        ("pkg.prod/x", "pkg.prod/x"),
    ],
)
def test_only_the_environments_own_names_have_a_stand_in(text: str, shown: str) -> None:
    foundation = {
        "identity:projectNumber": "310300400500",
        "gcp:region": "europe-west4",
        "identity:domain": "example.com",
    }
    teams = {"shop-team@example.com": "shop"}
    found = own.with_stand_ins(Stack("platform", LAST), {"platform:x": {"y": [text]}}, foundation, teams)
    assert own.shown(found["platform:x"]["y"][0]) == shown


@pytest.mark.parametrize(
    ("resource", "path", "covers"),
    [
        ("DatabaseInstance orders", "settings.tier", True),
        ("DatabaseInstance *", "settings.*", True),
        ("DatabaseInstance", "settings.tier", False),
        ("DatabaseInstance orders", "settings", False),
        ("DatabaseInstance .rders", "settings.tier", False),
    ],
)
def test_an_entry_covers_what_it_names_and_no_more(resource: str, path: str, covers: bool) -> None:
    entry = Intended(resource=resource, property=path, reason=REASON)
    assert entry.covers(TIER) is covers


def test_an_entry_for_values_does_not_cover_a_missing_resource() -> None:
    entry = Intended(resource="DatabaseInstance *", property="*.*", reason=REASON)
    assert not entry.covers(Difference("DatabaseInstance orders", "", ("",), (), BETWEEN))


def test_an_entry_of_which_nothing_is_left_is_found() -> None:
    entry = Intended(resource="Cluster *", property="zone", reason=REASON)
    assert unused([entry], [TIER], ["Cluster main"]) == [entry]
    assert unused([entry.model_copy(update={"sometimes": True})], [], ["Cluster main"]) == []


def test_an_entry_for_resources_that_no_two_environments_have_yet_says_nothing() -> None:
    entry = Intended(resource="DatabaseInstance *", property="settings.tier", reason=REASON)
    assert unused([entry], [], ["Cluster main"]) == []


@pytest.mark.parametrize(
    "content",
    [
        "- resource: x\n  property: y\n",
        "- {resource: x, property: y, reason: no}\n",
        "a: b\n",
        "[\n",
        "- {reason: For the price., resource: x, property: y, until: z}\n",
    ],
)
def test_an_entry_without_a_reason_or_with_more_than_that_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "differences.yaml"
    file.write_text(content)
    with pytest.raises(ToolError, match=r"differences\.yaml cannot be read"):
        intended(file)


def test_a_layer_without_a_file_intends_nothing(tmp_path: Path) -> None:
    assert intended(tmp_path / "differences.yaml") == []
