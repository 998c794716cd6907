"""The audit log says who did what by which grant; from it follow explanations and what was never used."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from sandbox.cloud import audit, explain, unused, webhooks
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import PROPAGATION_SETTING, Json
from unit.sandbox.cloud.cases import ADMIN, DEVELOPER, OPERATOR, PROJECT, REVIEWER, account, account_name, bind, secret

NETWORK = f"{PROJECT}/global/networks/n"


def last_entry(cloud: Cloud) -> Json:
    return audit.entry(cloud.store.calls()[-1])["protoPayload"]


def explained(cloud: Cloud) -> explain.Explanation:
    return explain.denials(cloud, cloud.store.calls())[-1]


def denied(cloud: Cloud) -> None:
    with pytest.raises(ApiError):
        cloud.call("secretmanager.projects.secrets.get", f"{PROJECT}/secrets/first", REVIEWER)


def test_an_entry_names_the_binding_that_granted(cloud: Cloud) -> None:
    secret(cloud, "first")
    bind(cloud, "roles/secretmanager.viewer", "group:security-team@example.com")
    cloud.call("secretmanager.projects.secrets.get", f"{PROJECT}/secrets/first", REVIEWER)
    entry = last_entry(cloud)
    assert entry["authenticationInfo"] == {"principalEmail": REVIEWER.email}
    assert entry["status"] == {}
    (info,) = entry["authorizationInfo"]
    assert (info["permission"], info["granted"]) == ("secretmanager.secrets.get", True)
    assert info["grantedBy"] == {
        "member": "group:security-team@example.com",
        "role": "roles/secretmanager.viewer",
        "resource": f"//cloudresourcemanager.googleapis.com/{PROJECT}",
        "condition": "",
    }


def test_an_entry_names_who_impersonated(cloud: Cloud) -> None:
    deployer = account(cloud, "platform-deploy")
    bind(cloud, "roles/iam.serviceAccountTokenCreator", OPERATOR.member, on=account_name(deployer.email))
    acting = cloud.impersonate(OPERATOR, deployer.email)
    with pytest.raises(ApiError):
        cloud.call("compute.networks.get", NETWORK, acting)
    entry = last_entry(cloud)
    chain = [{"firstPartyPrincipal": {"principalEmail": OPERATOR.email}}]
    assert entry["authenticationInfo"] == {
        "principalEmail": deployer.email,
        "serviceAccountDelegationInfo": chain,
    }
    assert entry["status"]["code"] == 7
    assert not entry["authorizationInfo"][0]["granted"]


def test_permissions_that_a_method_asks_for_on_other_resources_are_in_the_entry(cloud: Cloud) -> None:
    cloud.call("compute.networks.insert", NETWORK, ADMIN, {"name": "n"})
    body = {"name": "s", "network": NETWORK, "ipCidrRange": "10.0.0.0/20"}
    cloud.call("compute.subnetworks.insert", f"{PROJECT}/regions/europe-west4/subnetworks/s", ADMIN, body)
    asked = {info["permission"] for info in last_entry(cloud)["authorizationInfo"]}
    assert asked >= {"compute.subnetworks.create", "compute.networks.updatePolicy"}


def test_an_explanation_proposes_the_smallest_role_where_it_can_be_bound(cloud: Cloud) -> None:
    secret(cloud, "first")
    denied(cloud)
    found = explained(cloud)
    assert (found.permission, found.reason) == ("secretmanager.secrets.get", "no binding on it or above grants it")
    sizes = [proposal["permissions"] for proposal in found.proposals]
    assert sizes == sorted(sizes)
    assert {proposal["resource"] for proposal in found.proposals} == {
        f"//secretmanager.googleapis.com/{PROJECT}/secrets/first"
    }
    best = found.proposals[0]
    bind(cloud, best["role"], best["member"], on=f"{PROJECT}/secrets/first")
    cloud.call("secretmanager.projects.secrets.get", f"{PROJECT}/secrets/first", REVIEWER)


def test_a_smaller_custom_role_is_proposed_first(cloud: Cloud) -> None:
    body = {"title": "t", "includedPermissions": ["secretmanager.secrets.get"]}
    cloud.call("iam.projects.roles.create", f"{PROJECT}/roles/onlyThis", ADMIN, body)
    denied(cloud)
    assert explained(cloud).proposals[0]["role"] == f"{PROJECT}/roles/onlyThis"


def test_an_explanation_names_the_condition_that_does_not_hold(cloud: Cloud) -> None:
    bind(cloud, "roles/secretmanager.viewer", REVIEWER.member, condition='resource.name.endsWith("/other")')
    denied(cloud)
    assert "roles/secretmanager.viewer on " in explained(cloud).reason
    assert 'resource.name.endsWith("/other")' in explained(cloud).reason


def test_an_explanation_names_the_deny_rule_and_proposes_nothing(cloud: Cloud) -> None:
    rule = {
        "deniedPrincipals": ["principalSet://goog/public:all"],
        "deniedPermissions": ["secretmanager.googleapis.com/secrets.get"],
    }
    name = f"policies/{quote(f'cloudresourcemanager.googleapis.com/{PROJECT}', safe='')}/denypolicies/protect"
    body = {"rules": [{"description": "no reading", "denyRule": rule}]}
    cloud.call("iam.policies.createPolicy", name, ADMIN, body)
    denied(cloud)
    found = explained(cloud)
    assert "rule 'no reading', denies secretmanager.googleapis.com/secrets.get" in found.reason
    assert found.proposals == []


def test_an_api_that_is_off_is_explained_as_such(cloud: Cloud) -> None:
    cloud.call("serviceusage.services.disable", f"{PROJECT}/services/compute.googleapis.com", ADMIN)
    with pytest.raises(ApiError):
        cloud.call("compute.networks.get", NETWORK, ADMIN)
    assert "has not been used in project" in explained(cloud).reason


def test_the_same_denial_is_explained_once(cloud: Cloud) -> None:
    denied(cloud)
    denied(cloud)
    assert len(explain.denials(cloud, cloud.store.calls())) == 1


def test_a_kubernetes_request_that_iam_is_asked_about_is_logged(cloud: Cloud) -> None:
    attributes = {"verb": "create", "group": "apps", "version": "v1", "resource": "deployments", "namespace": "shop"}
    review = {"spec": {"user": DEVELOPER.email, "resourceAttributes": attributes}}
    assert not webhooks.review_access(cloud, review)["allowed"]
    found = explained(cloud)
    assert found.method == "io.k8s.apps.v1.deployments.create"
    assert found.permission == "container.deployments.create"


def test_a_permissive_cloud_logs_what_it_would_deny(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(cloud, "first")
    monkeypatch.setenv("SANDBOX_PERMISSIVE", "1")
    lenient = Cloud(tmp_path / "cloud.db")
    lenient.call("secretmanager.projects.secrets.get", f"{PROJECT}/secrets/first", REVIEWER)
    lenient.store.close()
    assert explained(cloud).permission == "secretmanager.secrets.get"
    assert last_entry(cloud)["authorizationInfo"][0]["permissive"]


def test_what_a_binding_never_gave_is_unused(cloud: Cloud) -> None:
    secret(cloud, "first")
    bind(cloud, "roles/secretmanager.viewer", "group:security-team@example.com")
    start = cloud.store.calls()[-1].number
    cloud.call("secretmanager.projects.secrets.get", f"{PROJECT}/secrets/first", REVIEWER)
    end = cloud.store.calls()[-1].number
    cloud.call("secretmanager.projects.secrets.list", f"{PROJECT}/secrets/-", REVIEWER)

    def left(until: int) -> set[str]:
        found = unused.unused(cloud, start, until)
        return {permission for one in found if "security-team" in one.member for permission in one.permissions}

    assert "secretmanager.secrets.get" not in left(end)
    assert left(end) - left(end + 1) == {"secretmanager.secrets.list"}


def test_a_change_of_policy_decides_once_it_has_propagated(cloud: Cloud) -> None:
    secret(cloud, "first")
    cloud.store.set_setting(PROPAGATION_SETTING, "60")
    bind(cloud, "roles/secretmanager.viewer", REVIEWER.member)
    denied(cloud)
    present = cloud.iam.clock()
    cloud.iam.clock = lambda: present + 61
    cloud.call("secretmanager.projects.secrets.get", f"{PROJECT}/secrets/first", REVIEWER)


def test_a_revoked_grant_still_works_until_that_has_propagated(cloud: Cloud) -> None:
    name = secret(cloud, "first")
    bind(cloud, "roles/secretmanager.viewer", REVIEWER.member, on=name)
    cloud.store.set_setting(PROPAGATION_SETTING, "60")
    cloud.call("secretmanager.projects.secrets.setIamPolicy", name, ADMIN, {"policy": {"bindings": []}})
    assert cloud.call("secretmanager.projects.secrets.getIamPolicy", name, ADMIN)["bindings"] == []
    cloud.call("secretmanager.projects.secrets.get", name, REVIEWER)
    present = cloud.iam.clock()
    cloud.iam.clock = lambda: present + 61
    denied(cloud)


COMMANDS = [explain.main, unused.main, audit.main]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_without_a_sandbox_says_so(
    command: Callable[[], int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["command"])
    assert command() == 1
    assert "make up" in capsys.readouterr().err


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line of a command in the sandbox's environment; a test adds to it."""
    line = ["command"]
    monkeypatch.setattr("sys.argv", line)
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))
    return line


@pytest.mark.parametrize(
    ("command", "flags", "told"),
    [
        (explain.main, [], REVIEWER),
        (explain.main, ["--json"], REVIEWER),
        (unused.main, [], ADMIN),
        (unused.main, ["--json"], ADMIN),
        (audit.main, [], REVIEWER),
    ],
)
def test_a_command_reports_on_the_sandbox(
    cloud: Cloud,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    *,
    command: Callable[[], int],
    flags: list[str],
    told: Caller,
) -> None:
    denied(cloud)
    arguments += flags
    assert command() == 0
    assert told.email in capsys.readouterr().out
