"""The environment of every process that works on the sandbox.

All variables of the person's shell for Pulumi, Google Cloud or Kubernetes are removed first: a sandbox must never reach
a real project, nor depend on who runs it.
"""

import os
import threading
from contextlib import closing
from pathlib import Path

from cli.embedded.directory import SandboxDirectory
from cli.embedded.sign_in import sign_in
from cli.environment import stripped
from cli.layout import Kind, Stack
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import TOKEN_VARIABLE
from sandbox.cloud.errors import ApiError
from toolchain.errors import ToolError

ADMINISTRATOR = seed.ADMIN.removeprefix("user:")
# Locked during a sign-in: apps of one team that run at once write the same files.
SIGNING_IN = threading.Lock()
_LIFETIME = 24 * 3600.0  # seconds of an app's token: a shell stays open


def runs_as(sandbox: SandboxDirectory, stack: Stack, kind: Kind) -> str:
    """Principal that runs the stack: the account's e-mail address, or the administrator.

    Administrators deploy the foundation, and preview it until it has made the account for that.
    """
    if stack.by_administrators and not seed.has_contract(sandbox.path, "contract-foundation"):
        return ADMINISTRATOR
    return stack.account(kind) or ADMINISTRATOR


def sandbox_environment(sandbox: SandboxDirectory, stack: Stack, kind: Kind) -> dict[str, str]:
    """The environment of a Pulumi command, or a shell, on that stack as its preview or deploy identity.

    The process signs in as a workflow of GitHub does, or as the administrator for the foundation.
    """
    if runs_as(sandbox, stack, kind) == ADMINISTRATOR:
        return administrator_environment(sandbox, stack)
    return _environment(sandbox, stack, sign_in(sandbox.path, stack, kind))


def administrator_environment(sandbox: SandboxDirectory, stack: Stack) -> dict[str, str]:
    """The environment of a Pulumi command that the organisation's administrator runs as themselves."""
    return _environment(sandbox, stack, seed.write_credentials(sandbox.path, seed.ADMIN))


def app_environment(sandbox: SandboxDirectory, stack: Stack) -> tuple[str, dict[str, str]]:
    """E-mail address of an app's own account, and the environment of a process that acts as it.

    As a pod does: Kubernetes' account of the app impersonates Google's, if the identity layer binds it.

    Raises `ToolError` when the app has no account of its own.
    """
    app = str(stack.part)
    who = f"app-{app}@{stack.gcp_project()}.iam.gserviceaccount.com"
    cloud = Cloud(sandbox.path / "cloud.db")
    with closing(cloud.store):
        try:
            token, _ = cloud.issue_token(cloud.impersonate(cloud.workload(app, app), who), _LIFETIME)
        except ApiError as error:
            raise ToolError(
                f"the app {app} cannot act as {who}, so there is no shell. An app has an account of its own when its "
                f"entry in identity:apps lists databases, secrets or access.\n  {error}"
            ) from error
    env = administrator_environment(sandbox, stack)
    del env["GOOGLE_APPLICATION_CREDENTIALS"]
    return who, {**env, TOKEN_VARIABLE: token}


def _environment(sandbox: SandboxDirectory, stack: Stack, credentials: Path) -> dict[str, str]:
    return {
        **stripped(),
        "SANDBOX_DIR": str(sandbox.path),
        "PULUMI_HOME": str(sandbox.pulumi_home),
        # Without metadata: the engine writes each file whole, but not its metadata, and refuses to read half of that.
        "PULUMI_BACKEND_URL": f"file://{sandbox.state(stack.store)}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(sandbox.passphrase(stack.store)),
        "PULUMI_STACK": stack.name,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # The engine collects garbage less often: 7 % of its time for 80 MB, in a process of seconds.
        "GOGC": "400",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
        "SSL_CERT_FILE": str(sandbox.path / "pki" / "ca.crt"),
        "PATH": f"{sandbox.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
