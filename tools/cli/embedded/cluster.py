"""The sandbox's cluster, read by `kubectl` as the platform's preview account."""

import json
import os
import subprocess
from typing import Any

from cli import state
from cli.cluster_rbac import KINDS, essential
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import runs_as, sandbox_environment
from cli.embedded.shell import kubeconfig
from cli.layout import SANDBOX, Stack
from sandbox import kubectl

Json = dict[str, Any]

_SECONDS = 20


def rbac(sandbox: SandboxDirectory) -> list[Json] | None:
    """Roles and bindings; none before the platform is up, None where the API server does not answer."""
    stack = Stack("platform", SANDBOX)
    if state.read(sandbox, stack) is None:
        return []
    env = {
        **sandbox_environment(sandbox, stack, "preview"),
        "KUBECONFIG": str(kubeconfig(sandbox, stack, runs_as(sandbox, stack, "preview"))),
        "KUBECACHEDIR": str(sandbox.path / kubectl.CACHE),
    }
    kinds = ",".join(KINDS.values())
    options = ["--all-namespaces", "--output=json", f"--request-timeout={_SECONDS}s"]
    done = subprocess.run(  # noqa: S603  the sandbox's own kubectl
        [str(sandbox.bin / "kubectl"), "get", kinds, *options],
        env=env,
        cwd=os.fspath(sandbox.path),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None
    return [essential(item["kind"], item) for item in json.loads(done.stdout)["items"]]
