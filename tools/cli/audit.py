"""`make audit`: security's rules on the states of all layers of an environment, the cloud's IAM policies and RBAC.

The rules, and the program that applies them, are in policies/audit. States and policies come from the target.
"""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cli.layout import POLICIES, stacks
from cli.missing_roles import missing_roles
from cli.target.protocol import Target
from toolchain.environments import python


def run(target: Target, report: Path | None) -> int:
    """Audit an environment; return 1 when there are findings."""
    chosen = stacks(target.environment)
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        into = Path(folder)
        states, engine = target.states(chosen, into), target.analyzer()
        source = target.access(chosen[0])
        policies = source.policies()
        live = into / "policies.json"
        live.write_text(json.dumps(policies), encoding="utf-8")
        rbac = source.rbac()
        inside = into / "rbac.json"
        inside.write_text(json.dumps(rbac), encoding="utf-8")
        missing = [f"--missing-role={name}" for name in missing_roles(source, policies)]
        abandoned = [f"--abandoned={state.line}" for state in target.abandoned()]
        options = [f"--live={live}", *([] if rbac is None else [f"--rbac={inside}"]), *missing, *abandoned]
        options.append(f"--pulumi={engine.program}")
        return _audited(target.environment, states, options, engine.env, report)


def _audited(
    environment: str, states: list[Path], options: list[str], env: Mapping[str, str], report: Path | None
) -> int:
    arguments = [f"--environment={environment}", *(f"--state={file}" for file in states), *options]
    if report:
        arguments.append(f"--report={report.resolve()}")
    command = [str(python("policies")), "-m", "audit.command", *arguments]
    env = {**env, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    return subprocess.run(command, cwd=POLICIES, env=env, check=False).returncode  # noqa: S603  the policies' own program
