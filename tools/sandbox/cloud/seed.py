"""Initial content of a cloud: a project as an organisation's administrator hands it over, and a directory.

On Google Cloud an administrator or a project factory does this once: create the project, link billing, enable the APIs
that the identity layer needs to begin, and grant one person the role of owner until the identity layer has its
accounts.
"""

import json
from pathlib import Path

from sandbox.cloud import directory as directories
from sandbox.cloud import hierarchy, names, policies
from sandbox.cloud.api import Cloud
from sandbox.cloud.services import container
from sandbox.cloud.store import Json, Store, StoredResource
from sandbox.cloud.tenant import ADMIN, Tenant, enter_directory, own_project

FOLDER = "345678901234"

# The APIs that must be enabled before any layer can enable others.
_BOOTSTRAP_SERVICES = ("cloudresourcemanager", "serviceusage")

# Roles of the organisation's administrator besides the project's owner: owners manage neither deny policies nor
# organisation policies.
_ADMINISTRATION = (
    "roles/iam.denyAdmin",
    "roles/iam.organizationRoleAdmin",
    "roles/orgpolicy.policyAdmin",
    "roles/resourcemanager.organizationAdmin",
)


def seed(directory: Path, api_server_port: int, tenant: Tenant) -> None:
    """Makes a tenant's project and directory in `<directory>/cloud.db`; existing resources stay as they are.

    Args:
        directory: the sandbox's folder.
        api_server_port: the loopback port of the cluster's API server.
        tenant: the tenant; its IDs equal the IDs with which the cloud was seeded before.
    """
    cloud = Cloud(directory / "cloud.db")
    with cloud.store.transaction():
        cloud.store.set_setting(container.ENDPOINT_SETTING, f"localhost:{api_server_port}")
        cloud.store.set_setting(container.CA_SETTING, str(directory / "pki" / "ca.crt"))
        cloud.store.set_setting(hierarchy.PROJECT_SETTING, tenant.project)
        cloud.store.set_setting(hierarchy.NUMBER_SETTING, tenant.number)
        # A project keeps its workload identity pool once it had a cluster, as this project did.
        cloud.store.set_setting(policies.WORKLOAD_POOL_SETTING, tenant.project)
        cloud.store.set_setting(directories.DOMAIN_SETTING, tenant.domain)
        enter_directory(cloud.store, tenant.groups)
        _seed_hierarchy(cloud, tenant)
    cloud.store.close()


def _seed_hierarchy(cloud: Cloud, tenant: Tenant) -> None:
    """Makes the organisation, a folder in it, and the project in the folder, with their administrators.

    A project outside of an organisation is at the top itself.
    """
    parent: Json = {}
    if tenant.organization:
        name = f"organizations/{tenant.organization}"
        organization = {"name": name, "displayName": tenant.domain, "state": "ACTIVE"}
        _put(cloud, "organizations", names.organization(tenant.organization), organization, _ADMINISTRATION)
        folder = {"name": f"folders/{FOLDER}", "displayName": "production", "state": "ACTIVE", "parent": name}
        _put(cloud, "folders", names.folder(FOLDER), folder, ())
        parent = {"parent": f"folders/{FOLDER}"}
    project = names.project(tenant.project)
    if cloud.store.get(project) is None:
        for service in _BOOTSTRAP_SERVICES:
            name = f"projects/{tenant.project}/services/{service}.googleapis.com"
            body = {"name": name, "state": "ENABLED"}
            cloud.store.put(StoredResource(f"//serviceusage.googleapis.com/{name}", "serviceusage.services", {}, body))
    generated = {"projectId": tenant.project, "projectNumber": tenant.number, "lifecycleState": "ACTIVE"}
    _put(cloud, "projects", project, {"name": tenant.project, **generated, **parent}, ("roles/owner",))


def _put(cloud: Cloud, kind: str, name: str, body: Json, roles: tuple[str, ...]) -> None:
    stored = cloud.store.get(name)
    if stored is None:
        bindings = [{"role": role, "members": [ADMIN]} for role in roles]
        cloud.store.set_policy(name, {"version": 1, "bindings": bindings, "etag": "ACAB"})
    # a layer's changes of the resource stay
    declared = stored.declared if stored else {}
    cloud.store.put(StoredResource(name, f"cloudresourcemanager.{kind}", {**body, **declared}, {}))


def write_credentials(directory: Path, member: str) -> Path:
    """Writes the credentials file of a person ("user:…") and returns its path."""
    kind, _, account = member.partition(":")
    path = directory / "credentials" / f"{account.partition('@')[0]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "type": {"user": "authorized_user"}[kind],
        "account": account,
        # Google's own clients exchange this for an access token; here it is no secret (see credentials.py).
        "client_id": "sandbox",
        "client_secret": "sandbox",
        "refresh_token": refresh_token(account),
    }
    path.write_text(json.dumps(content) + "\n")
    return path


def refresh_token(account: str) -> str:
    """Returns the refresh token of a person, which contains the account."""
    return f"1//{account}"


def has_contract(directory: Path, secret: str) -> bool:
    """Returns whether a contract secret has a version, the last resource that its layer makes."""
    path = directory / "cloud.db"
    if not path.is_file():
        return False
    store = Store(path)
    prefix = f"//secretmanager.googleapis.com/projects/{own_project(store)}/secrets/{secret}/versions/"
    has_version = bool(store.find("secretmanager.projects.secrets.versions", prefix))
    store.close()
    return has_version
