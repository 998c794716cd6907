"""`make drift`: changes the sandbox out of band, as a person with too many permissions could.

Each change is relevant: a permission removed or added, protection of data, a network setting, a workload's image. A
preview with a refresh (`make preview REFRESH=yes`) has to find every change.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from cli import state
from cli.embedded.directory import SandboxDirectory
from cli.embedded.start import ServerStart
from cli.layout import SANDBOX, Choice, Stack, stacks
from sandbox import kubectl
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from sandbox.cloud.tenant import own_project
from toolchain.errors import ToolError
from toolchain.progress import say

_ADMIN = Caller(seed.ADMIN)
_FLAG = {"name": "log_connections", "value": "off"}
_IMAGE = "registry.example.com/by-hand@sha256:" + "f" * 64


@dataclass(frozen=True)
class OutOfBandChange:
    """One out-of-band change.

    Attributes:
        layer: the layer of the changed resources.
        what: description of the change, for people.
        targets: the kind of the changed resources, for people.
        make: makes the change in the cloud; returns the names of the changed resources.
    """

    layer: str
    what: str
    targets: str
    make: Callable[[SandboxDirectory, Cloud], list[str]]


def _bodies(cloud: Cloud, kind: str) -> list[tuple[str, Json]]:
    """Relative names and bodies of a collection's resources."""
    service = cloud.collection(kind).service
    resources = cloud.store.find(kind, f"//{service}/")
    return [(stored.name.removeprefix(f"//{service}/"), stored.body) for stored in resources]


def _short(name: str) -> str:
    return name.rpartition("/")[2]


def _take_grant(sandbox: SandboxDirectory, cloud: Cloud) -> list[str]:
    """Remove the first role that a group has on the project."""
    del sandbox
    project = f"projects/{own_project(cloud.store)}"
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", project, _ADMIN)
    for binding in policy["bindings"]:
        groups = [member for member in binding["members"] if member.startswith("group:")]
        if groups:
            binding["members"].remove(groups[0])
            cloud.call("cloudresourcemanager.projects.setIamPolicy", project, _ADMIN, {"policy": policy})
            return [f"{_short(binding['role'])} of {groups[0].removeprefix('group:')}"]
    return []


def _widen_role(sandbox: SandboxDirectory, cloud: Cloud) -> list[str]:
    del sandbox
    changed: list[str] = []
    for name, body in _bodies(cloud, "iam.projects.roles"):
        if name.endswith("/platformDatabaseOperator"):
            permissions = sorted({*body["includedPermissions"], "cloudsql.instances.delete"})
            cloud.call("iam.projects.roles.patch", name, _ADMIN, {"includedPermissions": permissions})
            changed.append(_short(name))
    return changed


def _unprotect_instance(sandbox: SandboxDirectory, cloud: Cloud) -> list[str]:
    del sandbox
    changed: list[str] = []
    for name, body in _bodies(cloud, "sql.instances"):
        # The list of flags is set as a whole: a flag that a patch leaves out is reset.
        kept = [flag for flag in body["settings"].get("databaseFlags", []) if flag["name"] != _FLAG["name"]]
        settings = {"deletionProtectionEnabled": False, "databaseFlags": [*kept, _FLAG]}
        cloud.call("sql.instances.patch", name, _ADMIN, {"settings": settings})
        changed.append(_short(name))
    return changed


def _open_subnetwork(sandbox: SandboxDirectory, cloud: Cloud) -> list[str]:
    del sandbox
    return _patched(cloud, "compute.subnetworks", {"privateIpGoogleAccess": False})


def _patched(cloud: Cloud, kind: str, body: Json) -> list[str]:
    """Patch every resource of a kind; return their names."""
    names = [name for name, _ in _bodies(cloud, kind)]
    for name in names:
        cloud.call(f"{kind}.patch", name, _ADMIN, body)
    return [_short(name) for name in names]


def _swap_image(sandbox: SandboxDirectory, cloud: Cloud) -> list[str]:
    del cloud
    changed: list[str] = []
    for stack in stacks(SANDBOX, Choice("apps")):
        namespace = f"--namespace={stack.part}"
        if not _kubectl(
            sandbox, "get", "deployment", str(stack.part), namespace, "--ignore-not-found", "--output=name"
        ):
            continue
        patch = {"spec": {"template": {"spec": {"containers": [{"name": stack.part, "image": _IMAGE}]}}}}
        _kubectl(sandbox, "patch", "deployment", str(stack.part), namespace, f"--patch={json.dumps(patch)}")
        changed.append(str(stack.part))
    return changed


def _kubectl(sandbox: SandboxDirectory, *arguments: str) -> str:
    """Run kubectl as the cluster's administrator; return its output."""
    command = [str(sandbox.bin / "kubectl"), *kubectl.options(sandbox.path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  the sandbox's own
    if done.returncode:
        raise ToolError(
            f"`kubectl {' '.join(arguments[:3])}` failed, so not everything was changed: {done.stderr.strip()}"
        )
    return done.stdout


CHANGES = (
    OutOfBandChange("identity", "took a role from a group", "grant to a group", _take_grant),
    OutOfBandChange("identity", "added cloudsql.instances.delete to a custom role", "role for databases", _widen_role),
    OutOfBandChange(
        "platform", "turned off deletion protection and log_connections of", "datastore", _unprotect_instance
    ),
    OutOfBandChange("platform", "turned off private Google access of", "subnetwork", _open_subnetwork),
    OutOfBandChange("apps", "put another image into the Deployment of", "app with a Deployment", _swap_image),
)


def run() -> int:
    """Make all changes; return the exit code."""
    sandbox = SandboxDirectory.default().required()
    with sandbox.locked("changing resources out of band"):
        _require_layers(sandbox, stacks(SANDBOX))
        ServerStart(sandbox).wait()
        cloud = Cloud(sandbox.path / "cloud.db")
        for change in CHANGES:
            say(report(change, change.make(sandbox, cloud)))
        cloud.store.close()
    say(
        "\n`make preview` does not see this: it compares the program with the state. `make preview REFRESH=yes` does, "
        "and `make up` undoes it, and says what."
    )
    return 0


def report(change: OutOfBandChange, changed: list[str]) -> str:
    """Line about a change: the names of the changed resources, or that there was nothing to change."""
    if not changed:
        return f"{change.layer:<9} nothing changed: there is no {change.targets}"
    return f"{change.layer:<9} {change.what}: {', '.join(changed)}"


def _require_layers(sandbox: SandboxDirectory, needed: list[Stack]) -> None:
    for stack in needed:
        if state.read(sandbox, stack) is None:
            raise ToolError(f"{stack.title} is not in the sandbox yet, so there is nothing to change. Run `make up`.")
