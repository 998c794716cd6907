"""Requirements of a plan's update, and what it would be refused for, before anything runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import example_tenant as example
from iam import names, needs
from iam.fetched import Fetched
from plan_gate import summary
from plan_gate.change import changes
from plan_gate.needs import Environment, required
from plan_gate.plan import read
from plan_gate.requirements import Needs
from unit.policies.access_worlds import EMAIL, ROBOT, World
from unit.policies.plans import FIREWALL, INSTANCE, MEMBER, Preview, urn
from unit.sandbox.gcp_plugin.edge_lives import EDGE_LIVES
from unit.sandbox.gcp_plugin.lives import LIVES, NETWORK, P
from unit.sandbox.gcp_plugin.more_lives import MORE_LIVES

ROUTER = "gcp:compute/router:Router"
SECRET = f"//secretmanager.googleapis.com/{P}/secrets/contract"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
APIS = tuple(sorted({needs.api(f"{calls.permission}.x") for calls in needs.CALLS.values()} | {"iam.googleapis.com"}))


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    preview = Preview(tmp_path)
    preview.stack()
    return preview


def world(*permissions: str, on: str = names.project(example.PROJECT), condition: str = "") -> World:
    """A world in which the robot has a custom role on a resource."""
    made = World()
    made.grant(ROBOT, made.role("operator", *permissions), on, condition)
    return made


def predicted(preview: Preview, around: World, apis: tuple[str, ...] | None = APIS, **fetched: Any) -> Needs:
    """Requirements of the robot to carry out a plan in a world."""
    plan = read(*preview.written())
    policies = [{"resource": name, "policy": {"bindings": bound}} for name, bound in around.allow.items()]
    known = Fetched.model_validate({"environment": "dev", "policies": policies, "apis": apis, **fetched})
    states = [*around._states(), *around.members]  # pyright: ignore[reportPrivateUsage]  its own states
    return required(plan, changes(plan), Environment(states, known, EMAIL, datetime.now(UTC)))


def created(preview: Preview, kind: str, name: str, inputs: dict[str, Any]) -> None:
    """A resource that the plan creates."""
    preview.planned(urn(kind, name), "create", inputDiff={"adds": inputs})


def router(preview: Preview) -> None:
    """A router that the plan creates."""
    created(preview, ROUTER, "edge", {"name": "edge", "network": NETWORK, "region": example.REGION})


_ROUTER = ("compute.routers.create", "compute.routers.get", "compute.networks.updatePolicy")


def test_the_cloud_is_not_asked_about_what_the_plan_creates_or_grants(preview: Preview) -> None:
    """Of a secret that is missing Secret Manager says that nobody may do anything there, and not that it is missing.

    https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/testIamPermissions
    """
    version = "gcp:secretmanager/secretVersion:SecretVersion"
    created(preview, "gcp:secretmanager/secret:Secret", "new", {"secretId": "new", "project": example.PROJECT})
    created(preview, version, "of-new", {"secret": f"{P}/secrets/new", "secretData": "{}"})
    created(preview, version, "of-contract", {"secret": f"{P}/secrets/contract", "secretData": "{}"})

    def on_secrets() -> list[str]:
        return [name for name in predicted(preview, world()).askable if name.startswith("//secretmanager.")]

    assert on_secrets() == [SECRET]

    member = {"secretId": "contract", "project": example.PROJECT, "role": "roles/viewer", "member": ROBOT}
    created(preview, "gcp:secretmanager/secretIamMember:SecretIamMember", "own", member)
    assert on_secrets() == []


def test_a_plan_without_changes_requires_nothing(preview: Preview) -> None:
    assert predicted(preview, world()) == Needs(EMAIL)


def test_what_is_granted_is_listed_and_nothing_is_missing(preview: Preview) -> None:
    router(preview)

    needed = predicted(preview, world(*_ROUTER, "compute.regionOperations.get"))

    assert needed.refused == needed.uncertain == ()
    assert needed.least_role == {
        "network main": ("compute.networks.updatePolicy",),
        "project": ("compute.regionOperations.get", "compute.routers.create", "compute.routers.get"),
    }


def test_a_missing_permission_is_named_with_what_needs_it_and_who_grants_it(preview: Preview) -> None:
    router(preview)

    needed = predicted(preview, world(*_ROUTER))

    [line] = needed.refused
    assert line == (
        "compute.regionOperations.get on project (create Router edge): account robot lacks it; a reviewed change of "
        "identity/, which an administrator applies, adds it to the role operator"
    )


@pytest.mark.parametrize("life", [*LIVES, *EDGE_LIVES, *MORE_LIVES], ids=lambda life: life.token)
def test_each_single_permission_that_is_missing_is_named(tmp_path: Path, life: Any) -> None:
    inputs = {"project": example.PROJECT, "region": example.REGION, "location": example.REGION, **life.inputs}
    every = {need.permission for need in needs.needs(life.token, "create", None, inputs, example.PROJECT)}
    above = f"//cloudresourcemanager.googleapis.com/organizations/{example.ORGANIZATION}"

    def refused(granted: set[str]) -> tuple[str, ...]:
        preview = Preview(tmp_path)
        preview.stack()
        created(preview, life.token, "x", inputs)
        ancestors = ["folders/345678901234", f"organizations/{example.ORGANIZATION}"]
        existing = {str(inputs.get("member")): True}
        return predicted(preview, world(*granted, on=above), above=ancestors, existing=existing).refused

    assert refused(every) == ()
    for missing in sorted(every):
        assert [line.partition(" on ")[0] for line in refused(every - {missing})] == [missing]


@pytest.mark.parametrize("live", [{"includedPermissions": [*_ROUTER]}, {"includedPermissions": [], "deleted": True}])
def test_a_role_that_was_changed_out_of_band_has_what_the_cloud_says(preview: Preview, live: dict[str, Any]) -> None:
    router(preview)
    around = world(*_ROUTER, "compute.regionOperations.get")

    needed = predicted(preview, around, roles={f"{P}/roles/operator": live})

    assert len(needed.refused) == (4 if "deleted" in live else 1)
    assert any(line.startswith("compute.regionOperations.get on project") for line in needed.refused)


def test_a_deletion_and_a_replacement_require_the_deletion(preview: Preview) -> None:
    gone = preview.held(FIREWALL, "old", inputs={"name": "old", "network": NETWORK})
    preview.planned(gone, "delete")
    replaced = preview.held(FIREWALL, "web", inputs={"name": "web", "network": NETWORK})
    preview.planned(replaced, "create-replacement", "replace", "delete-replaced")

    needed = predicted(preview, world())

    own = {(one.permission, one.place): one.purposes for one in needed.permissions if "firewalls" in one.permission}
    assert own == {
        ("compute.firewalls.delete", "firewall old"): ("delete Firewall old",),
        ("compute.firewalls.delete", "firewall web"): ("delete Firewall web",),
        ("compute.firewalls.create", "project"): ("create Firewall web",),
        ("compute.firewalls.get", "firewall web"): ("create Firewall web",),
    }


def test_what_stays_in_the_cloud_is_not_called(preview: Preview) -> None:
    left = preview.held(FIREWALL, "old", inputs={"name": "old", "network": NETWORK}, retainOnDelete=True)
    preview.planned(left, "delete")

    assert predicted(preview, world()).permissions == ()


def test_an_import_is_read_only(preview: Preview) -> None:
    preview.planned(urn(FIREWALL, "web"), "import", inputDiff={"adds": {"name": "web", "network": NETWORK}})

    assert predicted(preview, world()).permissions == ()


def test_a_grant_on_the_resource_itself_suffices(preview: Preview) -> None:
    version = "gcp:secretmanager/secretVersion:SecretVersion"
    created(preview, version, "contract", {"secret": f"{P}/secrets/contract", "secretData": "{}"})
    publisher = [f"secretmanager.versions.{verb}" for verb in ("access", "add", "enable", "get")]

    assert predicted(preview, world(*publisher, on=SECRET)).refused == ()
    assert len(predicted(preview, world(*publisher, on=f"{SECRET}-other")).refused) == 4


def test_a_role_that_may_not_be_granted_is_named(preview: Preview) -> None:
    condition = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer'])"
    around = world("resourcemanager.projects.setIamPolicy", condition=condition)
    around.grant(ROBOT, around.role("reader", "resourcemanager.projects.getIamPolicy"))
    for role in ("viewer", "owner"):
        inputs = {"project": example.PROJECT, "role": f"roles/{role}", "member": "user:ann@example.com"}
        created(preview, MEMBER, role, inputs)

    [line] = predicted(preview, around).refused
    assert line == (
        "resourcemanager.projects.setIamPolicy on project (create IAMMember owner): account robot may grant only "
        "listed roles, without roles/owner; a reviewed change of identity/, which an administrator applies, adds it to "
        "the list"
    )


def test_a_deny_policy_is_named_with_who_is_exempt(preview: Preview) -> None:
    preview.planned(preview.held(INSTANCE, "orders", inputs={"name": "orders"}), "delete")
    around = world("cloudsql.instances.delete")
    everybody = ["principalSet://goog/public:all"]
    around.forbid(
        ["sqladmin.googleapis.com/instances.delete"], everybody, ["principalSet://goog/group/glass@example.com"]
    )
    around.forbid(
        ["cloudsql.googleapis.com/instances.delete"], everybody, ["principalSet://goog/group/glass@example.com"]
    )

    [line] = predicted(preview, around).refused
    assert "the deny policy p keeps account robot from it; exempt: group glass@example.com" in line


def test_an_api_that_is_off_is_named_unless_the_plan_turns_it_on(preview: Preview) -> None:
    router(preview)
    around = world(
        *_ROUTER, "compute.regionOperations.get", "serviceusage.services.list", "serviceusage.services.enable"
    )
    off = tuple(api for api in APIS if api != "compute.googleapis.com")

    [line] = predicted(preview, around, off).refused
    assert line.startswith("the API compute.googleapis.com is off (create Router edge)")
    created(preview, "gcp:projects/service:Service", "compute", {"service": "compute.googleapis.com"})
    assert predicted(preview, around, off).refused == ()


def test_apis_that_nobody_could_read_are_unknown(preview: Preview) -> None:
    router(preview)

    needed = predicted(preview, world(*_ROUTER, "compute.regionOperations.get"), None)

    assert needed.refused == ()
    assert needed.uncertain == ("whether the APIs are on could not be read: compute.googleapis.com",)


@pytest.mark.parametrize(
    ("existing", "refused", "unknown"),
    [
        ({"group:new@example.com": False}, 1, 0),
        ({"group:new@example.com": True}, 0, 0),
        ({"group:new@example.com": None}, 0, 1),
        ({}, 0, 1),
    ],
)
def test_a_group_must_exist(preview: Preview, existing: dict[str, bool | None], refused: int, unknown: int) -> None:
    created(
        preview, MEMBER, "new", {"project": example.PROJECT, "role": "roles/viewer", "member": "group:new@example.com"}
    )
    around = world("resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy")

    needed = predicted(preview, around, existing=existing)

    assert (len(needed.refused), len(needed.uncertain)) == (refused, unknown)
    assert all("the group new@example.com" in line for line in (*needed.refused, *needed.uncertain))


@pytest.mark.parametrize(("address", "refused"), [(True, True), (False, False), (None, True)])
def test_a_constraint_of_an_organisation_policy_is_named(preview: Preview, address: bool | None, refused: bool) -> None:
    around = world("cloudsql.instances.create", "cloudsql.instances.get")
    spec = {"rules": [{"enforce": "TRUE"}]}
    around.add("gcp:orgpolicy/policy:Policy", "sql", name=f"{P}/policies/sql.restrictPublicIp", parent=P, spec=spec)
    configuration = {} if address is None else {"ipConfiguration": {"ipv4Enabled": address}}
    created(preview, INSTANCE, "orders", {"name": "orders", "settings": configuration})

    lines = predicted(preview, around).refused

    expected = "the organisation policy sql.restrictPublicIp forbids create DatabaseInstance orders; change the plan"
    assert lines == ((expected,) if refused else ())


@pytest.mark.parametrize(("address", "unknown"), [(True, True), (False, False)])
def test_organisation_policies_that_no_state_has_are_unknown(preview: Preview, address: bool, unknown: bool) -> None:
    """On Google Cloud they are in the state of the foundation, which another account reads."""
    created(preview, INSTANCE, "orders", {"name": "orders", "settings": {"ipConfiguration": {"ipv4Enabled": address}}})

    needed = predicted(preview, world("cloudsql.instances.create", "cloudsql.instances.get"))

    expected = (
        "no state that is read here declares organisation policies; where sql.restrictPublicIp is enforced, it forbids "
        "create DatabaseInstance orders"
    )
    assert needed.refused == ()
    assert needed.uncertain == ((expected,) if unknown else ())


def test_a_type_without_known_permissions_is_unknown(preview: Preview) -> None:
    created(preview, "gcp:redis/instance:Instance", "cache", {"name": "cache"})

    assert predicted(preview, world()).uncertain == (
        "what gcp:redis/instance:Instance requires is not in policies/iam/needs.yaml",
    )


@pytest.mark.parametrize("rules", [["create", "get"], ["get"], None])
def test_in_the_cluster_a_role_is_required(preview: Preview, rules: list[str] | None) -> None:
    around = World()
    if rules is not None:
        around.add("gcp:container/cluster:Cluster", "main", name="main", location=example.REGION)
        metadata = {"name": "deploy", "namespace": "shop"}
        allowed = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": rules}
        reference = {"kind": "Role", "name": "deploy"}
        rbac = "kubernetes:rbac.authorization.k8s.io/v1"
        around.add(f"{rbac}:Role", "r", metadata=metadata, rules=[allowed])
        subject = {"kind": "User", "name": EMAIL}
        around.add(f"{rbac}:RoleBinding", "b", metadata=metadata, roleRef=reference, subjects=[subject])
    created(preview, DEPLOYMENT, "shop", {"metadata": {"name": "shop", "namespace": "shop"}})

    needed = predicted(preview, around)

    missing = ["create deployments"] if rules == ["get"] else []
    assert [line.partition(" on ")[0] for line in needed.refused] == missing
    assert len(needed.uncertain) == (2 if rules is None else 0)


@pytest.mark.parametrize(
    ("kind", "plural"),
    [("NetworkPolicy", "networkpolicies"), ("Ingress", "ingresses"), ("Gateway", "gateways"), ("Role", "roles")],
)
def test_kinds_have_their_plural(kind: str, plural: str) -> None:
    assert needs.plural(kind) == plural


def test_the_digest_names_what_would_be_refused(preview: Preview, tmp_path: Path) -> None:
    from plan_gate.verdict import evaluate  # noqa: PLC0415  the other tests need no verdict

    router(preview)
    around = World()
    states = list(around._states())  # pyright: ignore[reportPrivateUsage]  its own states
    known = Environment(states, Fetched.model_validate({"environment": "dev", "apis": APIS}), EMAIL, datetime.now(UTC))
    (tmp_path / "none.yaml").write_text("exceptions: []\n")

    verdict = evaluate(read(*preview.written()), tmp_path / "none.yaml", around=known)

    [section] = [one for one in summary.sections(verdict) if one.title == f"the update would be refused to {EMAIL}"]
    assert len(section.lines) == 4
    assert verdict.passed, "a prediction is no verdict"
    assert summary.document(verdict)["needs"]["permissions"]["network main"] == ["compute.networks.updatePolicy"]
