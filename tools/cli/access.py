"""`make access`: effective access in an environment, and the path by which each principal has it.

The answers come from policies/access. This module collects its input: the states of all stacks except the apps (an
app's own identity makes neither grants nor Roles), and the policies, roles and groups of the cloud.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.access_plans import previewed
from cli.access_source import AccessSource
from cli.environment import stripped
from cli.layout import POLICIES, stacks
from cli.target.protocol import Target
from toolchain.environments import python

Json = dict[str, Any]

_AT_ONCE = 8
# A group, as an allow policy, a deny policy and a binding in the cluster name it.
GROUPS = (
    re.compile(r'"group:([^"@\s]+@[^"\s]+)"'),
    re.compile(r'"principalSet://goog/group/([^"\s]+)"'),
    re.compile(r'"kind": "Group", "name": "([^"@\s]+@[^"\s]+)"'),
)
_ROLE = re.compile(r'"role": "((?:roles|projects|organizations)/[^"]+)"')


@dataclass(frozen=True)
class AccessQuestion:
    """A question of `make access`, as the person wrote it; None for a part that they left open."""

    who: str | None = None
    can: str | None = None
    on: str | None = None
    form: str = "table"
    before: Path | None = None
    planned: bool = False


def run(target: Target, question: AccessQuestion) -> int:
    """Answer a question about an environment; return 2 when the question is invalid."""
    chosen = [stack for stack in stacks(target.environment) if not stack.is_app]
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        into = Path(folder)
        states = target.states(chosen, into)
        previews = previewed(target, chosen, states, into) if question.planned else []
        declaring = [*states, *(preview.plan for preview in previews)]
        answers = into / "fetched.json"
        answers.write_text(
            json.dumps(fetched(target.environment, target.access(chosen[0]), declaring)), encoding="utf-8"
        )
        query = {"who": question.who, "can": question.can, "on": question.on, "before": question.before}
        options = [f"--{name}={value}" for name, value in query.items() if value is not None]
        files = [f"--state={file}" for file in states]
        options += [word for preview in previews for word in ("--plan", *map(str, preview))]
        command = [str(python("policies")), "-m", "access.command", *files, f"--fetched={answers}", *options]
        return subprocess.run(  # noqa: S603  the policies' own program
            [*command, f"--format={question.form}"], cwd=POLICIES, env=stripped(), check=False
        ).returncode


def fetched(environment: str, source: AccessSource, declaring: Iterable[Path], *, inherited: bool = True) -> Json:
    """The document that iam.fetched describes, with every role and group that the cloud, a state or a plan names.

    Without `inherited`, nobody asks for what is granted above the project, which a preview account may not read.
    """
    gaps: list[str] = []
    policies = source.policies()
    above = source.above() if inherited else []
    if above is None:
        gaps.append("What the project is in could not be read, so what is granted above it is not shown.")
    for container in above or ():
        policy = source.policy(container)
        if policy is None:
            permission = f"resourcemanager.{container.partition('/')[0]}.getIamPolicy"
            gaps.append(
                f"The policy of {container} could not be read ({permission}): of what is granted there, only what "
                "states declare is shown."
            )
        else:
            policies.append({"resource": f"//cloudresourcemanager.googleapis.com/{container}", "policy": policy})
    rbac = source.rbac()
    if rbac is None:
        gaps.append("The cluster could not be read: its Roles and bindings are those that states declare.")
    text = json.dumps([policies, rbac])
    declared = "\n".join(json.dumps(json.loads(file.read_bytes())) for file in declaring)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        role_names = sorted({*_ROLE.findall(text), *_ROLE.findall(declared)})
        roles = dict(zip(role_names, pool.map(source.role, role_names), strict=True))
        groups: dict[str, list[str] | None] = {}
        group_names = sorted(f"group:{name}" for pattern in GROUPS for name in pattern.findall(f"{text}\n{declared}"))
        while group_names:
            groups |= dict(zip(group_names, pool.map(source.members, group_names), strict=True))
            inner = {member for members in groups.values() for member in members or () if member.startswith("group:")}
            group_names = sorted(inner - groups.keys())
    return {
        "environment": environment,
        "policies": policies,
        "above": above or [],
        "roles": roles,
        "groups": groups,
        "rbac": rbac,
        "gaps": gaps,
    }
