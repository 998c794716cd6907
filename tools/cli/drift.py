"""`make drift`: changes the sandbox behind Pulumi's back, as a person with too many rights would by hand.

Each change is one that matters: a right taken or added, protection of data, a network setting, a workload's image. A
preview with a refresh (`make preview REFRESH=yes`) has to find every one.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from cli import state
from cli.directory import SandboxDirectory
from cli.layout import SANDBOX, Stack, stacks
from cli.start import await_servers, begin
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from toolchain.errors import ToolError
from toolchain.progress import say

_PROJECT = f"projects/{seed.PROJECT}"
_ADMIN = Caller(seed.ADMIN)
_IMAGE = "registry.example.com/by-hand@sha256:" + "f" * 64


@dataclass(frozen=True)
class Change:
    """One change by hand.

    Attributes:
        layer: whose resource it changes.
        what: what it does, for people.
        make: does it, over all resources of that kind.
    """

    layer: str
    what: str
    make: Callable[[SandboxDirectory, Cloud], None]


def _bodies(cloud: Cloud, kind: str) -> list[tuple[str, Json]]:
    """Relative names and bodies of a collection's resources."""
    service = cloud.collection(kind).service
    found = cloud.store.find(kind, f"//{service}/")
    return [(stored.name.removeprefix(f"//{service}/"), stored.body) for stored in found]


def _take_grant(sandbox: SandboxDirectory, cloud: Cloud) -> None:
    del sandbox
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", _PROJECT, _ADMIN)
    for binding in policy["bindings"]:
        if any(member.startswith("group:security-team@") for member in binding["members"]):
            binding["members"] = [one for one in binding["members"] if not one.startswith("group:security-team@")]
            break
    cloud.call("cloudresourcemanager.projects.setIamPolicy", _PROJECT, _ADMIN, {"policy": policy})


def _widen_role(sandbox: SandboxDirectory, cloud: Cloud) -> None:
    del sandbox
    for name, body in _bodies(cloud, "iam.projects.roles"):
        if name.endswith("/platformDatabaseOperator"):
            permissions = sorted({*body["includedPermissions"], "cloudsql.instances.delete"})
            cloud.call("iam.projects.roles.patch", name, _ADMIN, {"includedPermissions": permissions})


def _unprotect_instance(sandbox: SandboxDirectory, cloud: Cloud) -> None:
    del sandbox
    for name, _ in _bodies(cloud, "sql.instances"):
        flags = [{"name": "log_connections", "value": "off"}]
        settings = {"deletionProtectionEnabled": False, "databaseFlags": flags}
        cloud.call("sql.instances.patch", name, _ADMIN, {"settings": settings})


def _open_subnetwork(sandbox: SandboxDirectory, cloud: Cloud) -> None:
    del sandbox
    for name, _ in _bodies(cloud, "compute.subnetworks"):
        cloud.call("compute.subnetworks.patch", name, _ADMIN, {"privateIpGoogleAccess": False})


def _swap_image(sandbox: SandboxDirectory, cloud: Cloud) -> None:
    del cloud
    for stack in stacks(SANDBOX, "apps"):
        place = f"--namespace={stack.app}"
        if not _kubectl(sandbox, "get", "deployment", str(stack.app), place, "--ignore-not-found", "--output=name"):
            continue
        patch = {"spec": {"template": {"spec": {"containers": [{"name": stack.app, "image": _IMAGE}]}}}}
        _kubectl(sandbox, "patch", "deployment", str(stack.app), place, f"--patch={json.dumps(patch)}")


def _kubectl(sandbox: SandboxDirectory, *arguments: str) -> str:
    """As the cluster's administrator; what it prints."""
    configuration = f"--kubeconfig={sandbox.path / 'pki' / 'admin.kubeconfig'}"
    command = [str(sandbox.bin / "kubectl"), configuration, f"--cache-dir={sandbox.path / 'kube'}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  the sandbox's own
    if done.returncode:
        raise ToolError(
            f"`kubectl {' '.join(arguments[:3])}` failed, so not everything was changed: {done.stderr.strip()}"
        )
    return done.stdout


CHANGES = (
    Change("identity", "took a role from the security team's group", _take_grant),
    Change("identity", "added cloudsql.instances.delete to the role platformDatabaseOperator", _widen_role),
    Change(
        "platform", "turned off the API's deletion protection and a log flag of every database", _unprotect_instance
    ),
    Change("platform", "turned off private Google access in every subnetwork", _open_subnetwork),
    Change("apps", "put another image into the Deployment of every app that has one", _swap_image),
)


def run() -> int:
    """Makes all changes; return the exit code."""
    sandbox = SandboxDirectory.default().required()
    with sandbox.held("changing things by hand"):
        _require_layers(sandbox, stacks(SANDBOX))
        begin(sandbox)
        await_servers(sandbox)
        cloud = Cloud(sandbox.path / "cloud.db")
        for change in CHANGES:
            change.make(sandbox, cloud)
            say(f"{change.layer:<9} {change.what}")
        cloud.store.close()
    say("\n`make preview` does not see this: it compares the program with the state. `make preview REFRESH=yes` does.")
    return 0


def _require_layers(sandbox: SandboxDirectory, needed: list[Stack]) -> None:
    for stack in needed:
        if state.read(sandbox, stack) is None:
            raise ToolError(f"{stack.title} is not in the sandbox yet, so there is nothing to change. Run `make up`.")
