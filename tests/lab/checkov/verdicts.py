"""Runs checkov, and compares its failed checks with the written exceptions."""

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
from cli.embedded.directory import SandboxDirectory
from cli.layout import SANDBOX, stacks
from engine.states import Resource
from lab.checkov import cluster, terraform
from toolchain import environments
from toolchain.errors import ToolError

EXCEPTIONS = Path(__file__).with_name("exceptions.yaml")
FRAMEWORKS = ("terraform_plan", "kubernetes")
_SECONDS = 300


class Exempt(BaseModel):
    """Exception: a check, a pattern of the addresses of resources that it does not apply to, and the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    resources: str
    reason: Annotated[str, Field(min_length=20)]

    def covers(self, verdict: "Verdict") -> bool:
        """True if the exception covers the verdict."""
        return verdict.check == self.check and bool(re.fullmatch(self.resources, verdict.resource))


@dataclass(frozen=True, order=True)
class Verdict:
    """Result of one check of one resource.

    Attributes:
        check: its ID, such as CKV_GCP_20.
        title: the requirement.
        resource: the resource's address.
        passed: true if the resource meets it.
    """

    check: str
    title: str
    resource: str
    passed: bool


def exceptions() -> list[Exempt]:
    """All exceptions of the file."""
    return TypeAdapter(list[Exempt]).validate_python(yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8")))


def unexplained(verdicts: Iterable[Verdict], exempt: Sequence[Exempt]) -> list[Verdict]:
    """Failed checks without a written reason."""
    failed = (verdict for verdict in verdicts if not verdict.passed)
    return sorted(verdict for verdict in failed if not any(exception.covers(verdict) for exception in exempt))


def unused(verdicts: Iterable[Verdict], exempt: Sequence[Exempt]) -> list[Exempt]:
    """Exceptions from checks that no resource fails any more."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    return [exception for exception in exempt if not any(exception.covers(verdict) for verdict in failed)]


def check(sandbox: SandboxDirectory) -> list[Verdict]:
    """Check everything that a sandbox deployed.

    Raises `ToolError` when the sandbox is not up, or checkov does not answer.
    """
    environments.ensure([environments.CHECKOV])
    with tempfile.TemporaryDirectory() as folder:
        _write(sandbox, Path(folder))
        return sorted(verdict for report in _reports(Path(folder)) for verdict in _verdicts(report))


def _write(sandbox: SandboxDirectory, folder: Path) -> None:
    everything: list[Resource] = []
    for stack in stacks(SANDBOX):
        deployed = state.read(sandbox, stack)
        if deployed is None:
            raise ToolError(f"{stack.title} is not in the sandbox, so it cannot be checked. Run `make up` first.")
        everything += deployed.resources
        content = json.dumps(terraform.plan(deployed.resources))
        (folder / f"{stack.title.replace('/', '-')}.plan.json").write_text(content, encoding="utf-8")
    documents = cluster.manifests(sandbox, everything)
    (folder / "cluster.yaml").write_text(yaml.safe_dump_all(documents), encoding="utf-8")


def _reports(folder: Path) -> list[Mapping[str, Any]]:
    """One report for each framework. checkov makes no requests and works in one process, because its forks may hang."""
    program = environments.python(environments.CHECKOV).with_name("checkov")
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
            f"checkov did not answer (it ended with {done.returncode}), so nothing was checked:\n{done.stderr.strip()}"
        ) from None
    return cast("list[Mapping[str, Any]]", answer if isinstance(answer, list) else [answer])


def _verdicts(report: Mapping[str, Any]) -> list[Verdict]:
    results = report.get("results", {})
    return [
        Verdict(str(result["check_id"]), str(result["check_name"]), str(result["resource"]), passed)
        for key, passed in (("passed_checks", True), ("failed_checks", False))
        for result in results.get(key, [])
    ]
