"""`make audit`: security's rules over the states of all layers of an environment, and over what the cloud itself says.

The rules, and the program that applies them, are in policies/audit. Here is only where states and policies come
from: in the sandbox from its files and its cloud, elsewhere from the buckets and Cloud Asset Inventory, read as the
preview accounts.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from cli import state
from cli.directory import SandboxDirectory
from cli.environment import cloud_environment, stripped
from cli.layout import POLICIES, SANDBOX, Stack, stacks
from cli.own_engine import own_pulumi
from toolchain.environments import python
from toolchain.errors import ToolError


def run(environment: str, report: Path | None) -> int:
    """Audit an environment; 1 when something is found."""
    chosen = stacks(environment)
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        into = Path(folder)
        if environment == SANDBOX:
            sandbox = SandboxDirectory.default().required()
            states, engine = sandboxed(sandbox, chosen), sandbox.bin / "pulumi"
            env = {
                **stripped(),
                "PULUMI_HOME": str(sandbox.pulumi_home),
                "PATH": f"{sandbox.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            }
            policies = simulated_policies(sandbox, chosen[0])
        else:
            states, engine = [exported(stack, into) for stack in chosen], own_pulumi(environment)
            env, policies = stripped(), _real(chosen[0])
        live = into / "policies.json"
        live.write_text(json.dumps(policies), encoding="utf-8")
        return _audited(environment, states, [f"--live={live}", f"--pulumi={engine}"], env, report)


def _audited(
    environment: str, states: list[Path], options: list[str], env: Mapping[str, str], report: Path | None
) -> int:
    named = [f"--environment={environment}", *(f"--state={file}" for file in states), *options]
    if report:
        named.append(f"--report={report.resolve()}")
    command = [str(python("policies")), "-m", "audit.command", *named]
    env = {**env, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    return subprocess.run(command, cwd=POLICIES, env=env, check=False).returncode  # noqa: S603  the policies' own program


def sandboxed(sandbox: SandboxDirectory, chosen: list[Stack]) -> list[Path]:
    """The files of the states in a sandbox.

    Raises `ToolError` when one of them is not there.
    """
    files = {stack: state.file(sandbox, stack) for stack in chosen}
    for stack, file in files.items():
        if not file.is_file():
            raise ToolError(
                f"{stack.title} is not in the sandbox yet, so the layers cannot be judged together. Run `make up`."
            )
    return list(files.values())


def simulated_policies(sandbox: SandboxDirectory, stack: Stack) -> list[dict[str, object]]:
    """Every policy in the simulated project, asked as the account that asks on Google Cloud."""
    from sandbox.cloud.api import Cloud  # noqa: PLC0415  no other environment needs it
    from sandbox.cloud.errors import ApiError  # noqa: PLC0415  the same
    from sandbox.cloud.iam import Caller  # noqa: PLC0415  the same

    caller = Caller(f"serviceAccount:{stack.account('preview')}")
    cloud = Cloud(sandbox.path / "cloud.db")
    with closing(cloud.store):
        try:
            return cloud.call("cloudasset.searchAllIamPolicies", f"projects/{stack.project()}", caller)["results"]
        except ApiError as error:
            raise ToolError(
                f"{caller.email} may not read the project's policies, so grants that no state declares would stay "
                f"unseen, and nothing was judged. Bring identity up again (`make up LAYER=identity`).\n  {error}"
            ) from error


def exported(stack: Stack, into: Path) -> Path:
    """A stack's state, read as its preview account.

    Raises `ToolError` when it cannot be read.
    """
    from cli.google_login import environment_as  # noqa: PLC0415  Google's libraries take 0.3 s to load

    env = {**cloud_environment(stack), **environment_as(stack.account("preview"))}
    command = [str(own_pulumi(stack.environment)), "stack", "export", "--stack", stack.name, "--non-interactive"]
    done = subprocess.run(command, cwd=stack.folder, env=env, capture_output=True, check=False)  # noqa: S603  the engine
    if done.returncode:
        raise ToolError(
            f"the state of {stack.title} ({stack.name}) cannot be read, so nothing was judged:\n"
            f"{done.stderr.decode(errors='replace').strip()}"
        )
    file = into / f"{stack.layer}-{stack.name}.json"
    file.write_bytes(done.stdout)
    return file


def _real(stack: Stack) -> list[dict[str, object]]:
    from cli.asset_inventory import policies  # noqa: PLC0415  Google's libraries take 0.3 s to load

    return policies(stack.project(), stack.account("preview"))
