"""What is there before the first layer: a project as an organisation's administrator hands it over, and a directory.

On Google Cloud the same is done once by hand (or by a project factory): create the project, link billing, enable the
APIs that the identity layer needs to begin, and make one person its owner until the identity layer has made its own
accounts.
"""

import json
from pathlib import Path

from sandbox.cloud import front, names
from sandbox.cloud.api import Cloud
from sandbox.cloud.services import container
from sandbox.cloud.store import Stored

PROJECT = "prodfirst-sandbox"
PROJECT_NUMBER = "100200300400"
REGION = "europe-west4"

ADMIN = "user:admin@example.com"
OPERATOR = "user:operator@example.com"

# The APIs that must be on before any layer can switch on others.
_BOOTSTRAP_SERVICES = ("cloudresourcemanager", "serviceusage")

_DIRECTORY = {
    "group:platform-operators@example.com": (OPERATOR,),
    "group:platform-team@example.com": ("user:platform-engineer@example.com",),
    "group:database-team@example.com": ("user:database-administrator@example.com",),
    "group:shop-team@example.com": ("user:shop-developer@example.com",),
    "group:security-team@example.com": ("user:security-reviewer@example.com",),
    "group:break-glass@example.com": (),
}


def seed(directory: Path, api_server_port: int) -> None:
    """Makes the project and the directory in `<directory>/cloud.db`; what is there already stays as it is.

    Args:
        directory: the sandbox's folder.
        api_server_port: where the cluster's API server listens on loopback.
    """
    cloud = Cloud(directory / "cloud.db")
    project = names.project(PROJECT)
    with cloud.store.transaction():
        cloud.store.set_setting(container.ENDPOINT_SETTING, f"localhost:{api_server_port}")
        cloud.store.set_setting(container.CA_SETTING, str(directory / "pki" / "ca.crt"))
        cloud.store.set_setting(front.PROJECT_SETTING, PROJECT)
        cloud.store.set_setting("project.number", PROJECT_NUMBER)
        for group, members in _DIRECTORY.items():
            for member in members:
                cloud.store.add_membership(group, member)
        if cloud.store.get(project) is None:
            generated = {"projectId": PROJECT, "projectNumber": PROJECT_NUMBER, "lifecycleState": "ACTIVE"}
            cloud.store.put(Stored(project, "cloudresourcemanager.projects", {"name": PROJECT}, generated))
            owner = {"role": "roles/owner", "members": [ADMIN]}
            cloud.store.set_policy(project, {"version": 1, "bindings": [owner], "etag": "ACAB"})
            for service in _BOOTSTRAP_SERVICES:
                name = f"projects/{PROJECT}/services/{service}.googleapis.com"
                body = {"name": name, "state": "ENABLED"}
                cloud.store.put(Stored(f"//serviceusage.googleapis.com/{name}", "serviceusage.services", {}, body))
    cloud.store.close()


def write_credentials(directory: Path, member: str) -> Path:
    """Writes the credentials file of a person ("user:…") and returns its path."""
    kind, _, account = member.partition(":")
    path = directory / "credentials" / f"{account.partition('@')[0]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"type": {"user": "authorized_user"}[kind], "account": account}
    path.write_text(json.dumps(content) + "\n")
    return path


def has_contract(directory: Path, secret: str) -> bool:
    """Whether a contract secret has a version, which is the last thing that its layer makes."""
    path = directory / "cloud.db"
    if not path.is_file():
        return False
    cloud = Cloud(path)
    prefix = f"//secretmanager.googleapis.com/projects/{PROJECT}/secrets/{secret}/versions/"
    found = bool(cloud.store.find("secretmanager.projects.secrets.versions", prefix))
    cloud.store.close()
    return found
