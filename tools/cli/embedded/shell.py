"""`make shell`: a shell in which plain `pulumi`, `kubectl` and `psql` work on the sandbox as one identity."""

import json
import os
import subprocess
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, cast

from cli import state, team_files
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import app_environment, runs_as, sandbox_environment
from cli.embedded.plugins import kept
from cli.embedded.start import serving
from cli.layout import ALL, SANDBOX, Choice, Kind, Stack, stacks
from sandbox import kubectl, servers
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import current_caller
from sandbox.cloud.errors import ApiError
from sandbox.sql import connector, programs
from sandbox.sql.server import SETTINGS, SYSTEM_DATABASE
from toolchain.errors import ToolError, UsageError
from toolchain.files import write_whole
from toolchain.progress import say

As = Kind | Literal["app"]
"""An identity of a stack; `app` is the account that an app's pods run as."""

_SUFFIX = ".gserviceaccount.com"
_LIFETIME = 24 * 3600.0  # seconds of the token of `psql`: a shell stays open


def run(choice: Choice, kind: As, command: str | None) -> int:
    """Open the shell, or run `command` in it; return its exit code."""
    stack = _one(choice)
    sandbox = SandboxDirectory.default().required()
    # A deployment that waits for its pods keeps the sandbox; what a team does about them is not to wait for that.
    if not _is_serving(sandbox):
        serving(sandbox)
    if state.read(sandbox, stack) is None:
        raise ToolError(f"{stack.title} is not in the sandbox yet, so there is nothing to work on. Run `make up`.")
    if kind == "app":
        if not stack.is_app:
            raise UsageError(f"{stack.title} is no app, so it has no identity of an app; choose one with APP=<app>")
        who, env = app_environment(sandbox, stack)
    else:
        who, env = runs_as(sandbox, stack, kind), sandbox_environment(sandbox, stack, kind)
    env["KUBECONFIG"] = str(kubeconfig(sandbox, stack, who))
    env["KUBECACHEDIR"] = str(sandbox.path / kubectl.CACHE)
    with _databases(sandbox, stack, who, env) as variables:
        own = {name: value for name, value in env.items() if not name.startswith(SETTINGS)}
        return _opened(stack, who, kind, {**own, **variables}, command)


def _is_serving(sandbox: SandboxDirectory) -> bool:
    """Return whether all servers run that the sandbox's plugins need."""
    running = {server.name for server in servers.status(sandbox.path) if server.state == "running"}
    plugins = kept(sandbox.path)
    needed = {servers.CONTROL_PLANE, servers.WEBHOOKS}
    return plugins is not None and needed | ({servers.ENDPOINTS} if plugins.call_google else set()) <= running


def _opened(stack: Stack, who: str, kind: As, env: dict[str, str], command: str | None) -> int:
    shell = os.environ.get("SHELL") or "/bin/sh"
    if command is not None:
        return subprocess.run(["/bin/sh", "-c", command], cwd=stack.folder, env=env, check=False).returncode  # noqa: S603  the person's own command
    say(f"{stack.title} as {who}; `pulumi`, `kubectl` and `psql` work on the sandbox. Leave with `exit`.")
    env["PS1"] = f"({stack.title} {kind}) \\w $ "
    # A start-up file could set its own prompt and PATH, and so select another `pulumi`.
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["--no-rcs"]}.get(Path(shell).name, [])
    return subprocess.run([shell, *options], cwd=stack.folder, env=env, check=False).returncode  # noqa: S603  the person's shell


@contextmanager
def _databases(sandbox: SandboxDirectory, stack: Stack, who: str, env: Mapping[str, str]) -> Generator[dict[str, str]]:
    """Variables with which `psql` logs in to the databases by IAM, as the identity; none without a datastore."""
    sandbox.link_psql(programs.program("psql"))
    cloud = Cloud(sandbox.path / "cloud.db")
    with closing(cloud.store):
        database = _database(stack)
        instance = connector.instance_of(cloud, database, _connections(sandbox, stack))
        if instance is None:
            yield {}
            return
        try:
            token, _ = cloud.issue_token(current_caller(cloud, env), _LIFETIME)
        except ApiError as error:
            raise ToolError(f"{who} cannot sign in, so there is no shell. Run `make up`.\n  {error}") from error
        with connector.Connector(cloud, token) as connected:
            yield {
                "PGHOST": str(connected.folder(instance)),
                "PGPORT": "5432",
                "PGUSER": who.removesuffix(_SUFFIX),
                "PGDATABASE": database,
                "PSQL_HISTORY": os.devnull,
                "PSQLRC": os.devnull,
                "PGPASSFILE": os.devnull,
            }


def _database(stack: Stack) -> str:
    """Database of an app that uses one; else the database that every instance has."""
    if stack.is_app and stack.part:
        for team in team_files.teams(Stack("identity", SANDBOX).file).values():
            if (app := team.apps.get(stack.part)) and app.databases:
                return app.databases[0]
    return SYSTEM_DATABASE


def _connections(sandbox: SandboxDirectory, stack: Stack) -> frozenset[str]:
    """Texts in what a stack deployed, of which one is the connection name of the instance that an app is sent to."""
    deployed = state.read(sandbox, stack) if stack.is_app else None
    return frozenset(_texts([resource.inputs for resource in deployed.resources] if deployed else []))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(cast("Mapping[str, object]", value).values()))
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _texts(inner)


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
