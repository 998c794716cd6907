"""Variables of the processes that commands start: the person's own, except variables that select another target."""

import os

from cli.layout import Stack
from toolchain import memory

_AMBIENT = ("PULUMI_", "GOOGLE_", "GCP_", "GCLOUD_", "CLOUDSDK_", "KUBE", "PYTHON", "VIRTUAL_ENV", "SSL_CERT_")
# Variables that select another principal than the default credentials.
OTHER_LOGINS = (
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "GCLOUD_KEYFILE_JSON",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
)
_LOOPBACK = ("localhost", "127.0.0.1")


def stripped() -> dict[str, str]:
    """The person's environment without variables that select their clouds, clusters, stacks or Python packages.

    Their proxy stays, but not for loopback: gRPC would send even the engine's own calls through it.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_AMBIENT)}
    direct = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), *_LOOPBACK)))
    return {**kept, **memory.large_pages(), "NO_PROXY": direct, "no_proxy": direct}


def without_sandbox() -> dict[str, str]:
    """The person's environment without variables that name or configure a sandbox."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}


def cloud_environment(stack: Stack) -> dict[str, str]:
    """The person's own environment, for a stack that is not in the sandbox.

    Its state is where the identity layer puts it, unless the person's environment names another backend. One module
    decides the principal (`google_login.py`): other variables that select one are left out.
    """
    without = ("PYTHONPATH", "VIRTUAL_ENV", *OTHER_LOGINS)
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return {"PULUMI_BACKEND_URL": stack.backend(), **kept, "PULUMI_STACK": stack.name}
