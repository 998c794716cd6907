"""`make shell`: a shell in which plain `pulumi` and `kubectl` work on the sandbox as one identity."""

import json
import os
import subprocess
from pathlib import Path

from cli import state
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import runs_as, sandbox_environment
from cli.embedded.start import serving
from cli.layout import ALL, SANDBOX, Choice, Kind, Stack, stacks
from sandbox import kubectl, servers
from toolchain.errors import ToolError, UsageError
from toolchain.files import write_whole
from toolchain.progress import say


def run(choice: Choice, kind: Kind, command: str | None) -> int:
    """Open the shell, or run `command` in it; return its exit code."""
    stack = _one(choice)
    sandbox = SandboxDirectory.default().required()
    serving(sandbox)
    if state.read(sandbox, stack) is None:
        raise ToolError(f"{stack.title} is not in the sandbox yet, so there is nothing to work on. Run `make up`.")
    who = runs_as(sandbox, stack, kind)
    env = sandbox_environment(sandbox, stack, kind)
    env["KUBECONFIG"] = str(kubeconfig(sandbox, stack, who))
    env["KUBECACHEDIR"] = str(sandbox.path / kubectl.CACHE)
    shell = os.environ.get("SHELL") or "/bin/sh"
    if command is not None:
        return subprocess.run(["/bin/sh", "-c", command], cwd=stack.folder, env=env, check=False).returncode  # noqa: S603  the person's own command
    say(f"{stack.title} as {who}; `pulumi` and `kubectl` work on the sandbox. Leave with `exit`.")
    env["PS1"] = f"({stack.title} {kind}) \\w $ "
    # A start-up file could set its own prompt and PATH, and so select another `pulumi`.
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["--no-rcs"]}.get(Path(shell).name, [])
    return subprocess.run([shell, *options], cwd=stack.folder, env=env, check=False).returncode  # noqa: S603  the person's shell


def _one(choice: Choice) -> Stack:
    """The chosen stack; a layer with several is its part without a name, where there is one."""
    if choice == ALL:
        raise UsageError(
            "which stack? `make shell LAYER=identity|platform|apps`, OWNER=storage for the datastores, LAYER and "
            "TEAM=<team> for a team's, APP=<app> for one of several apps"
        )
    candidates = stacks(SANDBOX, choice)
    candidates = [stack for stack in candidates if stack.title == choice.layer and not choice.team] or candidates
    if len(candidates) != 1:
        names = ", ".join(stack.title for stack in candidates) or "none"
        raise UsageError(
            f"that is {len(candidates)} stacks in the sandbox; choose one with LAYER, OWNER, TEAM or APP ({names})"
        )
    return candidates[0]


def kubeconfig(sandbox: SandboxDirectory, stack: Stack, who: str) -> Path:
    """A kubeconfig without a credential: the token comes from the plugin that also serves the programs."""
    ports = servers.ensure_ports(sandbox.path)
    cluster = {
        "server": f"https://localhost:{ports.kube_apiserver}",
        "certificate-authority": str(sandbox.path / "pki" / "ca.crt"),
    }
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": str(sandbox.bin / "gke-gcloud-auth-plugin"),
        "interactiveMode": "Never",
        "provideClusterInfo": True,
    }
    context = {"cluster": "sandbox", "user": who, **({"namespace": stack.part} if stack.is_app else {})}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": cluster}],
        "users": [{"name": who, "user": {"exec": plugin}}],
        "contexts": [{"name": "sandbox", "context": context}],
        "current-context": "sandbox",
    }
    file = sandbox.path / "credentials" / f"{who}.{stack.name}.kubeconfig"
    file.parent.mkdir(exist_ok=True)
    write_whole(file, json.dumps(config, indent=2))
    return file
