"""Permissions that the custom roles never contain."""

import re

import pytest

from identity_layer.foundation.custom_roles import ROLES
from identity_layer.grants import APP_CI, BREAK_GLASS, CAPABILITIES, DATABASE_CLIENT, FOUNDATION, WORKLOAD_ACCESS
from sandbox.cloud import roles

LOSS = re.compile(r"(cloudsql|secretmanager|cloudkms|storage|gkebackup)\..*(delete|destroy|restore|import|truncate).*")
CARRYING_OFF = re.compile(r".*\.(export|restoreBackup|copyBackup)|cloudsql\.instances\.(clone|demoteMaster)")


def test_data_is_deleted_by_break_glass_alone() -> None:
    deleting = {role for role in ROLES if any(LOSS.fullmatch(name) for name in ROLES[role].permissions)}
    assert deleting == {"breakGlass", "stateWriter"}


def test_who_writes_a_state_deletes_nothing_but_its_objects() -> None:
    # Overwriting is deleting; the bucket keeps what was there.
    lost = {name for name in ROLES["stateWriter"].permissions if LOSS.fullmatch(name)}
    assert lost == {"storage.objects.delete"}


def test_data_is_copied_into_a_declared_instance_and_carried_off_by_nobody() -> None:
    carrying = {(role, name) for role in ROLES for name in ROLES[role].permissions if CARRYING_OFF.fullmatch(name)}
    assert carrying == {
        ("breakGlass", "cloudsql.instances.restoreBackup"),
        ("platformDatabaseRestorer", "cloudsql.instances.clone"),
    }
    assert not any("platformDatabaseRestorer" in capability.roles for capability in CAPABILITIES.values())


def test_sql_over_googles_api_is_sent_by_administrators_of_datastores_alone() -> None:
    sends = "cloudsql.instances.executeSql"
    sets = [
        *CAPABILITIES.values(),
        *FOUNDATION.values(),
        *WORKLOAD_ACCESS.values(),
        APP_CI,
        BREAK_GLASS,
        DATABASE_CLIENT,
    ]

    def permissions(role: str) -> frozenset[str]:
        return ROLES[role].permissions if role in ROLES else roles.permissions_of(role)

    assert {role for role in ROLES if sends in ROLES[role].permissions} == {"databaseAdministrator"}
    assert [found for found in sets if any(sends in permissions(role) for role in found.roles)] == [
        CAPABILITIES["datastore-admin"]
    ]


# Service to the kind of operation that its client asks after a deletion until it is finished; the services that are not
# listed delete at once, or ask with the permission to read the resource (Cloud SQL: cloudsql.instances.get).
POLLED = {
    "compute": {"globalOperations", "regionOperations"},
    "container": {"operations"},
    "gkebackup": {"operations"},
}


def test_break_glass_may_ask_whether_what_it_began_is_done() -> None:
    permissions = ROLES["breakGlass"].permissions
    services = {name.partition(".")[0] for name in permissions if name.endswith(".delete")}
    polled = {f"{service}.{kind}.get" for service in services & POLLED.keys() for kind in POLLED[service]}
    assert services >= POLLED.keys()
    assert polled <= permissions


def test_break_glass_reads_no_data_and_gives_no_rights() -> None:
    permissions = ROLES["breakGlass"].permissions
    verbs = {name.rpartition(".")[2] for name in permissions}
    assert verbs == {"get", "list", "update", "delete", "restoreBackup"}
    assert not [name for name in permissions if name.startswith(("iam.", "resourcemanager.", "storage.objects."))]


REPOSITORY_POLICY = "artifactregistry.repositories.setIamPolicy"


@pytest.mark.parametrize("role", [role for role in ROLES if role.startswith(("platform", "namespaces"))])
def test_no_role_of_the_platform_deletes_cluster_or_network_or_touches_iam(role: str) -> None:
    permissions = ROLES[role].permissions
    assert not {"container.clusters.delete", "compute.networks.delete", "compute.subnetworks.delete"} & permissions
    policies = {name for name in permissions if name.startswith("iam.") or name.endswith("setIamPolicy")}
    # Who pushes images is granted beside the repository (decisions/0010 of the platform layer); it grants nothing else.
    assert policies == ({REPOSITORY_POLICY} if role == "namespacesDeploy" else set[str]())


@pytest.mark.parametrize(
    "role",
    [
        "identityPreview",
        "teamPreview",
        "platformReader",
        "platformPreview",
        "namespacesPreview",
        "storagePreview",
        "contractReviewer",
        "stateLister",
        "stateReader",
    ],
)
def test_a_preview_role_only_reads(role: str) -> None:
    verbs = {permission.rpartition(".")[2] for permission in ROLES[role].permissions}
    assert verbs <= {"get", "list", "getIamPolicy", "connect", "access", "searchAllIamPolicies"}


def test_an_account_that_grants_creates_no_key_acts_as_nobody_and_reads_no_secret() -> None:
    for role in ("identityDeploy", "teamDeploy", "identityGrantor", "stateGrantor", "keyGrantor"):
        permissions = ROLES[role].permissions
        verbs = {permission.rpartition(".")[2] for permission in permissions}
        assert verbs.isdisjoint({"actAs", "getAccessToken", "getOpenIdToken", "signBlob", "signJwt", "access"})
        assert not [name for name in permissions if name.startswith("iam.serviceAccountKeys.")]


def test_identity_deploy_changes_nothing_but_the_grants_on_its_list() -> None:
    assert {name.rpartition(".")[2] for name in ROLES["identityDeploy"].permissions} == {"get", "getIamPolicy"}


def test_the_logins_of_apps_are_made_by_whom_no_database_is_within_reach() -> None:
    of_sql = {name for name in ROLES["namespacesDeploy"].permissions if name.startswith("cloudsql.")}
    assert of_sql == {
        *(f"cloudsql.users.{verb}" for verb in ("create", "get", "list", "update")),
        "cloudsql.instances.get",
        "cloudsql.instances.list",
    }


def test_a_preview_of_namespaces_reads_what_their_deployment_reads() -> None:
    reading = {name for name in ROLES["namespacesDeploy"].permissions if name.rpartition(".")[2] in ("get", "list")}
    assert reading <= ROLES["namespacesPreview"].permissions


def test_the_roles_that_set_policies_contain_nothing_else_of_weight() -> None:
    assert ROLES["identityGrantor"].permissions == {"resourcemanager.projects.setIamPolicy"}
    for role, kind in (("stateGrantor", "storage.buckets"), ("keyGrantor", "cloudkms.cryptoKeys")):
        assert ROLES[role].permissions == {f"{kind}.getIamPolicy", f"{kind}.setIamPolicy"}


def test_every_granted_role_is_predefined_or_declared_and_none_is_basic() -> None:
    sets = [
        *CAPABILITIES.values(),
        *FOUNDATION.values(),
        *WORKLOAD_ACCESS.values(),
        APP_CI,
        DATABASE_CLIENT,
        BREAK_GLASS,
    ]
    granted = {role for role_set in sets for role in role_set.roles}
    assert all(role in ROLES or re.fullmatch(r"roles/\w+\.\w+", role) for role in granted)


def test_no_permission_is_a_pattern() -> None:
    assert all(re.fullmatch(r"[a-z]+(\.\w+){2,3}", name) for role in ROLES.values() for name in role.permissions)


@pytest.mark.parametrize("role", ROLES)
def test_a_description_fits_what_google_stores(role: str) -> None:
    assert len(ROLES[role].purpose.encode()) <= 256
    assert len(ROLES[role].title) <= 100
