"""The limits of what identity-deploy may grant, tried on the sandbox: no other role, no account, no other state."""

import pytest

import example_tenant as example
from e2e.harness import ADMIN, PROJECT, Sandbox, account, acting_as
from identity_layer.foundation.custom_roles import ROLES
from identity_layer.grants import FOUNDATION, GRANTABLE
from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller

DEPLOYER = acting_as("identity-deploy")
SOMEBODY = Caller("user:shop-developer@example.com")


def policy_change(cloud: Cloud, caller: Caller, role: str, member: str) -> None:
    """Grants a role on the project, as a given principal."""
    current = cloud.store.policy(names.project(example.PROJECT))
    wider = {**current, "version": 3, "bindings": [*current["bindings"], {"role": role, "members": [member]}]}
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, caller, {"policy": wider})


LISTED = frozenset[str]().union(*GRANTABLE.values())
UNLISTED = sorted(set(ROLES) - LISTED)


@pytest.mark.parametrize("role", ["roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator", *UNLISTED])
def test_identity_deploy_gives_neither_itself_nor_others_a_role_that_is_not_listed(shared: Sandbox, role: str) -> None:
    full = f"{PROJECT}/roles/{role}" if role in ROLES else role
    own = {DEPLOYER.member} if role not in FOUNDATION["identity-deploy"].roles else set[str]()  # it holds that one
    for member in own | {SOMEBODY.member}:
        with shared.cloud() as cloud, pytest.raises(ApiError) as refused:
            policy_change(cloud, DEPLOYER, full, member)
        assert refused.value.status == "PERMISSION_DENIED"


def test_identity_deploy_acts_as_nobody_even_with_a_grant_of_its_own(shared: Sandbox) -> None:
    target = f"{PROJECT}/serviceAccounts/{account('platform-deploy')}"
    roles = ("roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser")
    with shared.cloud() as cloud:
        before = cloud.store.policy(f"//iam.googleapis.com/{target}")
        own = [{"role": role, "members": [DEPLOYER.member]} for role in roles]
        wider = {**before, "bindings": [*before["bindings"], *own]}
        cloud.call("iam.projects.serviceAccounts.setIamPolicy", target, DEPLOYER, {"policy": wider})
        try:
            with pytest.raises(ApiError):
                cloud.impersonate(DEPLOYER, account("platform-deploy"))
            decision = cloud.store.calls()[-1].decisions[-1]
            acts = cloud.iam.decide(DEPLOYER.member, "iam.serviceAccounts.actAs", f"//iam.googleapis.com/{target}")
        finally:
            now = cloud.store.policy(f"//iam.googleapis.com/{target}")
            narrower = {**now, "bindings": before["bindings"]}
            cloud.call("iam.projects.serviceAccounts.setIamPolicy", target, ADMIN, {"policy": narrower})

    assert decision["deniedBy"]["permission"] == "iam.googleapis.com/serviceAccounts.getAccessToken"
    assert acts.denial is not None


@pytest.mark.parametrize("layer", ["platform", "apps"])
@pytest.mark.parametrize("permission", ["get", "list", "create", "delete"])
def test_identity_deploy_reaches_no_state_but_its_own(shared: Sandbox, layer: str, permission: str) -> None:
    bucket, own = (
        f"//storage.googleapis.com/{PROJECT}/buckets/{example.PROJECT}-state-{each}" for each in (layer, "identity")
    )
    with shared.cloud() as cloud:
        reaches = [cloud.iam.decide(DEPLOYER.member, f"storage.objects.{permission}", on) for on in (bucket, own)]
    assert [each.allowed for each in reaches] == [False, True]
