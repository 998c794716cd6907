"""Limits of what identity-deploy and team-deploy may grant, tried on the sandbox: no other role, account or state."""

import pytest

import example_tenant as example
from cli.projects import PROJECTS
from e2e.harness import ADMIN, PROJECT, Sandbox, account, acting_as
from identity_layer.foundation.custom_roles import ROLES
from identity_layer.grants import FOUNDATION, GRANTABLE
from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller

DEPLOYERS = ("identity-deploy", "team-deploy")
SOMEBODY = Caller("user:shop-developer@example.com")


def policy_change(cloud: Cloud, caller: Caller, role: str, member: str) -> None:
    """Grants a role on the project, as a given principal."""
    current = cloud.store.policy(names.project(example.PROJECT))
    wider = {**current, "version": 3, "bindings": [*current["bindings"], {"role": role, "members": [member]}]}
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, caller, {"policy": wider})


BASIC = ("roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator")
UNLISTED = [(name, role) for name in DEPLOYERS for role in (*BASIC, *sorted(set(ROLES) - GRANTABLE[name]))]


@pytest.mark.parametrize(("name", "role"), UNLISTED)
def test_a_deploy_account_gives_neither_itself_nor_others_a_role_that_is_not_listed(
    shared: Sandbox, name: str, role: str
) -> None:
    full, deployer = f"{PROJECT}/roles/{role}" if role in ROLES else role, acting_as(name)
    own = {deployer.member} if role not in FOUNDATION[name].roles else set[str]()  # it holds that one
    for member in own | {SOMEBODY.member}:
        with shared.cloud() as cloud, pytest.raises(ApiError) as refused:
            policy_change(cloud, deployer, full, member)
        assert refused.value.status == "PERMISSION_DENIED"


TARGET = f"{PROJECT}/serviceAccounts/{account('platform-deploy')}"
USES = ("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser")


def use_of_target(cloud: Cloud, caller: Caller) -> None:
    """Grants itself every use of another account."""
    before = cloud.store.policy(f"//iam.googleapis.com/{TARGET}")
    own = [{"role": role, "members": [caller.member]} for role in USES]
    wider = {**before, "bindings": [*before["bindings"], *own]}
    cloud.call("iam.projects.serviceAccounts.setIamPolicy", TARGET, caller, {"policy": wider})


def test_identity_deploy_grants_no_use_of_an_account(shared: Sandbox) -> None:
    with shared.cloud() as cloud, pytest.raises(ApiError, match=r"iam\.serviceAccounts\.setIamPolicy"):
        use_of_target(cloud, acting_as("identity-deploy"))


def test_team_deploy_acts_as_nobody_even_with_a_grant_of_its_own(shared: Sandbox) -> None:
    deployer = acting_as("team-deploy")
    with shared.cloud() as cloud:
        before = cloud.store.policy(f"//iam.googleapis.com/{TARGET}")
        use_of_target(cloud, deployer)
        try:
            with pytest.raises(ApiError):
                cloud.impersonate(deployer, account("platform-deploy"))
            decision = cloud.store.calls()[-1].decisions[-1]
            acts = cloud.iam.decide(deployer.member, "iam.serviceAccounts.actAs", f"//iam.googleapis.com/{TARGET}")
        finally:
            now = cloud.store.policy(f"//iam.googleapis.com/{TARGET}")
            narrower = {**now, "bindings": before["bindings"]}
            cloud.call("iam.projects.serviceAccounts.setIamPolicy", TARGET, ADMIN, {"policy": narrower})

    assert decision["deniedBy"]["permission"] == "iam.googleapis.com/serviceAccounts.getAccessToken"
    assert acts.denial is not None


@pytest.mark.parametrize("name", DEPLOYERS)
@pytest.mark.parametrize("permission", ["get", "list", "create", "delete"])
def test_a_deploy_account_reaches_no_state_but_its_own(shared: Sandbox, name: str, permission: str) -> None:
    stores = {store for project in PROJECTS.values() for store in project.stores}
    with shared.cloud() as cloud:
        reached = {
            store
            for store in stores
            if cloud.iam.decide(
                acting_as(name).member,
                f"storage.objects.{permission}",
                f"//storage.googleapis.com/{PROJECT}/buckets/{example.PROJECT}-state-{store}",
            ).allowed
        }
    assert len(stores) > 5
    assert reached == {name.removesuffix("-deploy")}
