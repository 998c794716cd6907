"""Asks checkov, and compares what it fails with the exceptions that are written down."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from cli import state
from cli.directory import SandboxDirectory
from cli.layout import SANDBOX, stacks
from engine.states import Resource
from judge import cluster, terraform
from toolchain import environments
from toolchain.errors import ToolError

EXCEPTIONS = Path(__file__).with_name("exceptions.yaml")
FRAMEWORKS = ("terraform_plan", "kubernetes")
_SECONDS = 300


class Exempt(BaseModel):
    """A check that does not apply: to which resources (a pattern over their addresses), and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    resources: str
    reason: Annotated[str, Field(min_length=20)]

    def covers(self, verdict: "Verdict") -> bool:
        """Whether it is about a verdict."""
        return verdict.check == self.check and bool(re.fullmatch(self.resources, verdict.resource))


@dataclass(frozen=True, order=True)
class Verdict:
    """What a check says of a resource.

    Attributes:
        check: its ID, such as CKV_GCP_20.
        title: what it asks for.
        resource: the resource's address.
        passed: whether the resource does that.
    """

    check: str
    title: str
    resource: str
    passed: bool


def exceptions() -> list[Exempt]:
    """All that are written down."""
    return TypeAdapter(list[Exempt]).validate_python(yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8")))


def unexplained(verdicts: Iterable[Verdict], exempt: Sequence[Exempt]) -> list[Verdict]:
    """What failed without a written reason."""
    failed = (verdict for verdict in verdicts if not verdict.passed)
    return sorted(verdict for verdict in failed if not any(each.covers(verdict) for each in exempt))


def unused(verdicts: Iterable[Verdict], exempt: Sequence[Exempt]) -> list[Exempt]:
    """Exceptions from a check that nothing fails any more."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    return [each for each in exempt if not any(each.covers(verdict) for verdict in failed)]


def judge(sandbox: SandboxDirectory) -> list[Verdict]:
    """What checkov says of everything that a sandbox deployed.

    Raises `ToolError` when the sandbox is not up, or checkov does not answer.
    """
    environments.ensure([environments.JUDGE])
    with tempfile.TemporaryDirectory() as folder:
        _write(sandbox, Path(folder))
        return sorted(verdict for report in _ask(Path(folder)) for verdict in _verdicts(report))


def _write(sandbox: SandboxDirectory, folder: Path) -> None:
    everything: list[Resource] = []
    for stack in stacks(SANDBOX):
        deployed = state.read(sandbox, stack)
        if deployed is None:
            raise ToolError(f"{stack.title} is not in the sandbox, so it cannot be judged. Run `make up` first.")
        everything += deployed.resources
        content = json.dumps(terraform.plan(deployed.resources))
        (folder / f"{stack.title.replace('/', '-')}.plan.json").write_text(content, encoding="utf-8")
    documents = cluster.manifests(sandbox, everything)
    (folder / "cluster.yaml").write_text(yaml.safe_dump_all(documents), encoding="utf-8")


def _ask(folder: Path) -> list[Mapping[str, Any]]:
    """One report for each framework. checkov is told to ask nobody, and to work in one process: its forks may hang."""
    program = environments.python(environments.JUDGE).with_name("checkov")
    options = ["--directory", ".", "--framework", *FRAMEWORKS, "--output", "json", "--soft-fail"]
    done = subprocess.run(  # noqa: S603  from its locked environment
        [str(program), *options, "--skip-download"],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "LOG_LEVEL": "ERROR", "CHECKOV_PARALLELIZATION_TYPE": "none"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise ToolError(
            f"checkov did not answer (it ended with {done.returncode}), so nothing was judged:\n{done.stderr.strip()}"
        ) from None
    return cast("list[Mapping[str, Any]]", answer if isinstance(answer, list) else [answer])


def _verdicts(report: Mapping[str, Any]) -> list[Verdict]:
    results = report.get("results", {})
    return [
        Verdict(str(each["check_id"]), str(each["check_name"]), str(each["resource"]), passed)
        for key, passed in (("passed_checks", True), ("failed_checks", False))
        for each in results.get(key, [])
    ]
