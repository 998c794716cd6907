"""Roles that identity-deploy may grant lead to no permission that it must not have, neither at once nor by a detour."""

import re
from collections.abc import Callable

import pytest

from identity_layer.foundation import deny_policy
from identity_layer.foundation.custom_roles import ROLES
from identity_layer.foundation.identity_roles import IDENTITY_ROLES
from identity_layer.grants import APP_CI, BREAK_GLASS, CAPABILITIES, FOUNDATION, GRANTABLE, WORKLOAD_ACCESS
from sandbox.cloud import deny, roles
from unit.identity.declared import committed, daily, grants, team
from unit.pulumi_mocks import PROJECT, Engine

# What leads from one right to others: policies, roles, acting as an account, ways in, and code that runs as somebody.
ESCALATION = re.compile(
    r".*\.setIamPolicy"
    r"|.*\.(create|delete)(Tag|Effective)?Bindings?"
    r"|iam\.(roles|denypolicies)\.(create|update|delete|undelete)"
    r"|iam\.serviceAccounts\.(actAs|get(AccessToken|OpenIdToken)|implicitDelegation|sign(Blob|Jwt)|create|enable)"
    r"|iam\.serviceAccountKeys\.(create|upload)"
    r"|iam\.(workloadIdentity|workforce)Pool\w*\.(create|update|undelete)"
    r"|orgpolicy\.\w+\.(set|create|update|delete)"
    r"|resourcemanager\.tagValueBindings\.\w+"
    r"|container\.(roles|clusterRoles)\.(bind|escalate|create|update)"
    r"|container\.(roleBindings|clusterRoleBindings|secrets|pods|deployments|daemonSets|jobs)\.(create|update|exec)"
    r"|container\.\w+\.impersonate"
    r"|secretmanager\.versions\.access"
    r"|cloudkms\.\w+\.(useToDecrypt|useToEncrypt)"
    r"|storage\.objects\.(get|create|update|delete)"
    r"|(deploymentmanager|cloudbuild|run|cloudfunctions|composer|dataflow)\..*\.(create|update)"
    r"|compute\.(instances|projects)\.(setMetadata|setCommonInstanceMetadata|setServiceAccount|create|osLogin)"
)
LISTED = sorted({role for listed in GRANTABLE.values() for role in listed})


def permissions(role: str) -> frozenset[str]:
    """Permissions of a role, predefined or our own."""
    return ROLES[role].permissions if role in ROLES else roles.permissions_of(role)


@pytest.mark.parametrize("role", LISTED)
def test_a_role_that_may_be_granted_leads_to_no_further_right(role: str) -> None:
    assert not {permission for permission in permissions(role) if ESCALATION.fullmatch(permission)}


@pytest.mark.parametrize("role", ["roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator"])
def test_a_role_that_leads_further_would_be_noticed(role: str) -> None:
    assert {permission for permission in permissions(role) if ESCALATION.fullmatch(permission)}


def test_no_role_of_the_identity_layer_itself_may_be_granted_but_the_one_that_breaks_glass() -> None:
    assert set(LISTED) & set(IDENTITY_ROLES) == BREAK_GLASS.roles
    assert all(
        set(LISTED).isdisjoint(FOUNDATION[f"{owner}-{kind}"].roles)
        for owner in ("identity", "team")
        for kind in ("deploy", "preview")
    )


def test_of_the_platforms_roles_those_alone_may_be_granted_that_are_a_capability_of_a_team() -> None:
    owners = ("platform", "namespaces", "storage")
    accounts = [f"{owner}-{kind}" for owner in owners for kind in ("deploy", "preview")]
    platform = frozenset[str]().union(*(FOUNDATION[account].roles for account in accounts))
    assert set(LISTED) & platform == {"platformDatabaseOperator"}


def _of(account: str) -> set[str]:
    """All permissions of an account on the project."""
    return {name for role in FOUNDATION[account].roles for name in permissions(role)}


@pytest.mark.parametrize("kind", ["preview", "deploy"])
def test_the_accounts_of_network_and_cluster_have_no_datastore_and_no_key_within_reach(kind: str) -> None:
    assert not {name for name in _of(f"platform-{kind}") if name.startswith(("cloudsql.", "cloudkms."))}


# Reads of the vendor's provider before it creates an instance, beside Cloud SQL's own: the project's number, and
# whether the network is connected to Google's services. Cloud SQL itself asks whether the caller may see the network.
STORAGE_READS = {"compute.networks.get", "resourcemanager.projects.get", "servicenetworking.services.get"}


@pytest.mark.parametrize("kind", ["preview", "deploy"])
def test_the_accounts_of_the_datastores_change_databases_and_nothing_else(kind: str) -> None:
    held = _of(f"storage-{kind}")
    databases = {name for name in held if name.startswith("cloudsql.")}

    assert held - databases == STORAGE_READS
    assert not {
        name for name in databases if name.rpartition(".")[2] in ("delete", "export", "import", "restoreBackup")
    }
    if kind == "preview":
        assert {name.rpartition(".")[2] for name in databases} == {"get", "list"}


def test_breaking_glass_gives_nothing_to_whom_the_deny_policy_binds() -> None:
    [role] = BREAK_GLASS.roles
    denied = set(deny_policy.DESTRUCTION.permissions)
    destroys = {name for name in permissions(role) if re.fullmatch(r".*\.(delete|destroy|restoreBackup)", name)}
    assert destroys
    assert {deny.denied_permission(name) for name in destroys} <= denied


@pytest.mark.parametrize("account", GRANTABLE)
def test_a_list_is_as_long_as_google_takes_it(account: str) -> None:
    assert 0 < len(GRANTABLE[account]) <= 10


def test_who_grants_to_apps_grants_nothing_that_administers_and_breaks_no_glass() -> None:
    assert GRANTABLE["team-deploy"] & GRANTABLE["identity-deploy"] == {
        "roles/cloudsql.client",
        "roles/container.clusterViewer",
    }
    assert {role for role in GRANTABLE["team-deploy"] if role in ROLES} == {"databaseLogin"}


def test_everything_that_the_layer_grants_day_by_day_is_on_a_list() -> None:
    granted = grants(committed())["prodfirst-sandbox"]
    foundation = {f"serviceAccount:{name}@prodfirst-sandbox.iam.gserviceaccount.com" for name in FOUNDATION}
    daily = {
        role.partition(" if ")[0] for member, bound in granted.items() if member not in foundation for role in bound
    }
    sets = [*CAPABILITIES.values(), *WORKLOAD_ACCESS.values(), APP_CI, BREAK_GLASS]
    assert daily <= set(LISTED)
    assert {role for role_set in sets for role in role_set.roles} <= set(LISTED)


# Kinds of which the stacks that CI deploys have none: the foundation's.
_FOUNDATION = re.compile(
    r"(serviceusage|orgpolicy|logging|monitoring|cloudkms|storage|cloudasset)\..*"
    r"|iam\.(roles|workloadIdentity\w*|denypolicies)\..*|resourcemanager\.organizations\..*"
)


def test_who_grants_has_nothing_of_the_foundation_within_reach_and_identity_preview_reads_it() -> None:
    deploy, team, preview = (
        {name for name in _of(account) if _FOUNDATION.fullmatch(name)}
        for account in ("identity-deploy", "team-deploy", "identity-preview")
    )
    assert deploy == team == set()
    assert {"serviceusage.services.list", "iam.roles.get", "storage.buckets.getIamPolicy"} <= preview
    assert {name.rpartition(".")[2] for name in preview} <= {"get", "list", "getIamPolicy", "searchAllIamPolicies"}


def test_no_account_may_change_what_binds_it() -> None:
    binding = re.compile(
        r"iam\.(roles|workloadIdentityPool\w*|denypolicies)\.(?!get|list).*|orgpolicy\..*"
        r"|cloudkms\.(?!.*\.(get|list|getIamPolicy|setIamPolicy)$).*|storage\.buckets\.(create|update|delete)"
        r"|logging\..*\.(create|update|delete)|monitoring\..*\.(create|update|delete)|.*\.setIamPolicy"
    )
    bound = {
        account: {name for role in role_set.roles for name in permissions(role) if binding.fullmatch(name)}
        for account, role_set in FOUNDATION.items()
    }
    # These would be taken from them, if Google took conditions there: see decisions/0003 of the layer, and 0010 of the
    # platform layer.
    allowed = {
        "team-deploy": {"iam.serviceAccounts.setIamPolicy", "secretmanager.secrets.setIamPolicy"},
        "namespaces-deploy": {"artifactregistry.repositories.setIamPolicy"},
    }
    assert bound == {**{account: set[str]() for account in FOUNDATION}, **allowed}


# Each stack that CI deploys, with everything that can be asked for, by the account that deploys it.
WINDOW = {"reason": "the old instance must go", "start": "2026-01-31T18:00:00Z", "end": "2026-01-31T20:00:00Z"}
APPS = {"shop": {"databases": ["orders"], "access": ["traces", "metrics", "errors", "profiles"], "secrets": ["key"]}}
STACKS: dict[str, Callable[[], Engine]] = {
    "identity-deploy": lambda: daily({"breakGlass": WINDOW}),
    "team-deploy": lambda: team({"apps": APPS}),
}


@pytest.mark.parametrize("account", GRANTABLE)
def test_all_grants_of_a_stack_in_one_write_are_on_the_one_list_of_its_account(account: str) -> None:
    # The provider merges the changes of one policy within some seconds into one write, which fits a list as a whole.
    conditions = [
        role
        for role in grants(committed())[PROJECT][f"serviceAccount:{account}@{PROJECT}.iam.gserviceaccount.com"]
        if role.startswith("identityGrantor")
    ]
    assert len(conditions) == 1
    written = {one.inputs["role"] for one in STACKS[account]().of("gcp:projects/iAMMember:IAMMember").values()}
    assert len(written) > 3
    assert {role for role in written if f'"{role}"' not in conditions[0]} == set()
