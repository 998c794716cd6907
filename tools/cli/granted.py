"""Permissions that an update requires, asked of Google as the account that is about to update (testIamPermissions).

A permission that nobody can be asked about beforehand is left to the update: one in the cluster, one on a resource that
the plan creates or grants something on, and one to set a policy, whose conditions depend on the role that is granted.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping

from cli.google import connection
from cli.google.client import Client
from cli.google.errors import GoogleError, Purpose
from cli.layout import POLICIES, Stack
from cli.pulumi import gate
from cli.pulumi.gate import PreviewArtifacts
from toolchain.environments import python
from toolchain.errors import ToolError

_PURPOSE = Purpose("test what the account may do", "nothing was changed")
# https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions: at most a hundred.
_AT_ONCE = 100
_CONTAINERS = "//cloudresourcemanager.googleapis.com/"
# Services whose resources answer at VERSION/NAME:testIamPermissions.
_VERSIONS = {
    "artifactregistry": "v1", "cloudkms": "v1", "cloudresourcemanager": "v3", "iam": "v1", "pubsub": "v1",
    "secretmanager": "v1",
}  # fmt: skip
_BUCKETS = "//storage.googleapis.com/projects/_/buckets/"


def require(stack: Stack, artifacts: PreviewArtifacts) -> None:
    """Check that the deploy account has what the update of a plan requires.

    Raises `ToolError` with everything that is missing, before anything is changed.
    """
    account = stack.account("deploy")
    missing = list(refused(connection.as_account(account), stack.gcp_project(), _required(stack, artifacts)))
    if missing:
        listed = "\n".join(f"  - {permission} on {resource}" for permission, resource in missing)
        raise ToolError(
            f"{stack.title}: the update would be refused, because {account} lacks:\n{listed}\nNothing was changed. "
            "An administrator grants it by a reviewed change of identity/; `make needs` names the role."
        )


def refused(client: Client, project: str, required: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield the permissions that the caller certainly lacks, each with the full name of its resource.

    Args:
        client: acts as the account.
        project: the project's ID.
        required: permissions by the full name of the resource on which IAM decides.
    """
    of_project = f"{_CONTAINERS}projects/{project}"
    testable = {resource: [name for name in names if _is_testable(name)] for resource, names in required.items()}
    inherited = _granted(client, of_project, sorted({name for names in testable.values() for name in names}))
    for resource, names in sorted(testable.items()):
        lacking = [name for name in names if inherited is not None and name not in inherited]
        granted = inherited if resource == of_project or not lacking else _granted(client, resource, lacking)
        if granted is not None:
            yield from ((name, resource) for name in lacking if name not in granted)


def _is_testable(permission: str) -> bool:
    return not permission.endswith(".setIamPolicy")


def _required(stack: Stack, artifacts: PreviewArtifacts) -> dict[str, list[str]]:
    """Return the permissions that the update requires, by resource, without asking who has them."""
    state = artifacts.plan.with_suffix(".needs-state.json")
    nothing = artifacts.plan.with_suffix(".fetched.json")
    nothing.write_text(json.dumps({"environment": stack.environment}), encoding="utf-8")
    try:
        state.write_bytes(artifacts.state())
        done = subprocess.run(  # noqa: S603  the policies' own program
            [
                *(str(python("policies")), "-m", "plan_gate.needed", f"--title={stack.title}", "--format=json"),
                *(f"--plan={artifacts.plan}", f"--state={state}", f"--events={artifacts.events}"),
                *(f"--fetched={nothing}", f"--account={stack.account('deploy')}"),
            ],
            cwd=POLICIES,
            env=gate.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for file in (state, nothing):
            file.unlink(missing_ok=True)
    if done.returncode not in (0, 1):
        raise ToolError(f"{stack.title}: what the update requires could not be worked out:\n{done.stderr.strip()}")
    return json.loads(done.stdout)["required"]


def _granted(client: Client, resource: str, permissions: list[str]) -> set[str] | None:
    """Return which permissions the caller has on a resource; None where that cannot be asked."""
    granted: set[str] = set()
    for start in range(0, len(permissions), _AT_ONCE):
        some = permissions[start : start + _AT_ONCE]
        try:
            answer = _asked(client, resource, some)
        except GoogleError:  # it does not exist yet, or tests no such permission
            return None
        if answer is None:
            return None
        granted |= answer
    return granted


def _asked(client: Client, resource: str, permissions: list[str]) -> set[str] | None:
    host, _, name = resource.removeprefix("//").partition("/")
    service = host.removesuffix(".googleapis.com")
    if resource.startswith(_BUCKETS):
        bucket = resource.removeprefix(_BUCKETS)
        url = f"https://storage.googleapis.com/storage/v1/b/{bucket}/iam/testPermissions"
        answer = client.call("GET", url, _PURPOSE, parameters={"permissions": permissions})
    elif version := _VERSIONS.get(service):
        url = f"https://{host}/{version}/{name}:testIamPermissions"
        answer = client.call("POST", url, _PURPOSE, body={"permissions": permissions})
    else:
        return None
    return {str(permission) for permission in answer.get("permissions", [])}
