"""The environment of every process that works on the sandbox.

Whatever the person's shell says about Pulumi, Google Cloud or Kubernetes is taken out first: a sandbox must never
reach a real project, nor depend on who runs it.
"""

import os
import threading
from pathlib import Path

from cli.directory import SandboxDirectory
from cli.layout import Kind, Stack
from cli.workflow import sign_in
from sandbox.cloud import seed

_AMBIENT = ("PULUMI_", "GOOGLE_", "GCP_", "GCLOUD_", "CLOUDSDK_", "KUBE", "PYTHON", "VIRTUAL_ENV", "SSL_CERT_")
ADMINISTRATOR = seed.ADMIN.removeprefix("user:")
# Ways to be somebody else than the default credentials say.
OTHER_LOGINS = (
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
)
_LOOPBACK = ("localhost", "127.0.0.1")
# Held while signing in: apps of one team that run at once do so by the same files.
SIGNING_IN = threading.Lock()


def stripped() -> dict[str, str]:
    """The person's environment without what could lead to their clouds, clusters, stacks or Python packages.

    A proxy of theirs stays, but not for loopback: gRPC would send even the engine's own calls through it.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_AMBIENT)}
    direct = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), *_LOOPBACK)))
    return {**kept, "NO_PROXY": direct, "no_proxy": direct}


def without_sandbox() -> dict[str, str]:
    """The person's environment without what points to a sandbox, or changes one."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}


def runs_as(sandbox: SandboxDirectory, stack: Stack, kind: Kind) -> str:
    """Who runs the stack: the account's e-mail address, or the administrator while no account exists yet."""
    if stack.layer == "identity" and not seed.has_contract(sandbox.path, "contract-identity"):
        return ADMINISTRATOR
    return stack.account(kind)


def sandbox_environment(sandbox: SandboxDirectory, stack: Stack, kind: Kind) -> dict[str, str]:
    """The environment of a Pulumi command, or a shell, on that stack as its preview or deploy identity.

    It signs in as a workflow of GitHub would. Only the very first run of the identity layer is the administrator's own:
    neither its accounts nor the way in exist before.
    """
    if runs_as(sandbox, stack, kind) == ADMINISTRATOR:
        return administrator_environment(sandbox, stack)
    return _environment(sandbox, stack, sign_in(sandbox.path, stack, kind))


def administrator_environment(sandbox: SandboxDirectory, stack: Stack) -> dict[str, str]:
    """The environment of a Pulumi command that the organisation's administrator runs as themselves."""
    return _environment(sandbox, stack, seed.write_credentials(sandbox.path, seed.ADMIN))


def _environment(sandbox: SandboxDirectory, stack: Stack, credentials: Path) -> dict[str, str]:
    return {
        **stripped(),
        "SANDBOX_DIR": str(sandbox.path),
        "PULUMI_HOME": str(sandbox.pulumi_home),
        # Without metadata: the engine writes each file whole, but not its metadata, and refuses to read half of that.
        "PULUMI_BACKEND_URL": f"file://{sandbox.state(stack.layer)}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(sandbox.passphrase(stack.layer)),
        "PULUMI_STACK": stack.name,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
        "SSL_CERT_FILE": str(sandbox.path / "pki" / "ca.crt"),
        "PATH": f"{sandbox.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def cloud_environment(stack: Stack) -> dict[str, str]:
    """The person's own environment, for a stack that is not in the sandbox.

    Its state is where the identity layer puts it, unless the person's environment names another place. Who it runs as
    is decided in one place (`google_login.py`): what else could make the engine somebody is left out.
    """
    without = ("PYTHONPATH", "VIRTUAL_ENV", *OTHER_LOGINS)
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return {"PULUMI_BACKEND_URL": stack.backend(), **kept, "PULUMI_STACK": stack.name}
