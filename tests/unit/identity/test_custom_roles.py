"""What the custom roles never contain."""

import re

import pytest

from identity_layer.custom_roles import ROLES
from identity_layer.grants import APP_CI, CAPABILITIES, CI_GRANTS, DATABASE_CLIENT, NODES

DATASTORES = re.compile(
    r"(cloudsql|secretmanager|cloudkms|storage)\..*(delete|destroy|restore|import|export|truncate).*"
)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_can_delete_or_carry_off_data(role: str) -> None:
    assert not [permission for permission in ROLES[role].permissions if DATASTORES.fullmatch(permission)]


@pytest.mark.parametrize("role", [role for role in ROLES if role.startswith("platform")])
def test_no_role_of_the_platform_deletes_cluster_or_network_or_touches_iam(role: str) -> None:
    permissions = ROLES[role].permissions
    assert not {"container.clusters.delete", "compute.networks.delete", "compute.subnetworks.delete"} & permissions
    assert not [name for name in permissions if name.startswith("iam.") or name.endswith("setIamPolicy")]


@pytest.mark.parametrize("role", ["identityPreview", "platformReader", "contractReviewer"])
def test_a_preview_role_only_reads(role: str) -> None:
    verbs = {permission.rpartition(".")[2] for permission in ROLES[role].permissions}
    assert verbs <= {"get", "list", "getIamPolicy", "connect", "access"}


def test_identity_deploys_role_creates_no_key_and_acts_as_nobody() -> None:
    permissions = ROLES["identityDeploy"].permissions
    assert not [name for name in permissions if "Key" in name or name.endswith(("actAs", "getAccessToken", "signBlob"))]
    assert "secretmanager.versions.access" not in permissions


def test_every_granted_role_is_predefined_or_declared_and_none_is_basic() -> None:
    sets = [*CAPABILITIES.values(), *CI_GRANTS.values(), APP_CI, NODES, DATABASE_CLIENT]
    granted = {role for role_set in sets for role in role_set.roles}
    assert all(role in ROLES or re.fullmatch(r"roles/\w+\.\w+", role) for role in granted)


@pytest.mark.parametrize("role", ROLES)
def test_a_description_fits_what_google_stores(role: str) -> None:
    assert len(ROLES[role].purpose.encode()) <= 256
    assert len(ROLES[role].title) <= 100
