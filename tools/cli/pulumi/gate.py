"""The plan gate before every update: security's program checks the engine's plan, and only that plan is carried out.

It runs in the policies' own environment, on the files of a preview. Between verdict and update neither the plan nor the
state may change; an approval identifies both by their hashes. A gate that is not the checkout's writes no file.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from cli.drifted.drifted_property import DriftedProperty
from cli.layout import Stack
from cli.pulumi import judges
from cli.pulumi.policy_sets import OWN, PolicySet
from toolchain import confined
from toolchain.environments import python
from toolchain.errors import ToolError


class _Refusal(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    policy: str
    message: str


class _VerdictDocument(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    passed: bool
    plan: str
    state: str
    violations: int
    sections: dict[str, tuple[str, ...]]
    refusals: tuple[_Refusal, ...]
    # A gate of another commit may not tell it.
    drift: tuple[DriftedProperty, ...] = ()


@dataclass(frozen=True)
class PreviewArtifacts:
    """Files of a preview that the plan gate checks.

    Attributes:
        plan: the engine's plan; the file is missing when the preview failed.
        events: the engine's event log.
        state: returns the state, as the backend has it or as the engine exports it.
    """

    plan: Path
    events: Path
    state: Callable[[], bytes]


@dataclass(frozen=True)
class GateResult:
    """Result of the plan gate for one plan.

    Attributes:
        passed: whether the plan may be carried out.
        text: output of the gate.
        stack: the stack of the plan.
        artifacts: the files that were checked.
        plan: hash of the plan.
        state: hash of the state.
        reasons: reasons of a refusal.
        sections: lines of the verdict by heading.
        policies: the set whose gate it was.
        drift: drifted properties that the update would put back.
    """

    passed: bool
    text: str
    stack: Stack
    artifacts: PreviewArtifacts
    plan: str
    state: str
    reasons: tuple[str, ...]
    sections: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    policies: PolicySet = OWN
    drift: tuple[DriftedProperty, ...] = ()

    def beside(self, own: "GateResult") -> str:
        """Text for readers of the checkout's verdict: the first line, where the rest says the same as that."""
        same = self.passed == own.passed and self.sections.items() <= own.sections.items()
        first, _, _ = self.text.partition("\n")
        return f"{first}, otherwise as above" if same else self.text

    def confirm(self) -> None:
        """Permit an update to begin.

        Raises `ToolError` when the plan was refused, or when plan or state changed after the check.
        """
        if not self.passed:
            listed = "\n".join(f"  {reason}" for reason in self.reasons)
            whose = "" if self.policies.is_own else f" of {self.policies.title}"
            raise ToolError(
                f"{self.stack.title}: the plan gate{whose} refused the plan.\n{listed}\nNothing was changed."
            )
        changed = [
            what
            for what, checked, current in (
                ("plan", self.plan, _hash(self.artifacts.plan.read_bytes())),
                ("state", self.state, _hash(self.artifacts.state())),
            )
            if checked != current
        ]
        if changed:
            raise ToolError(
                f"{self.stack.title}: the {' and the '.join(changed)} changed after the plan gate had judged, so what "
                "would be done is not what was judged. Nothing was changed. Run the command again; it judges anew."
            )


def evaluate(
    stack: Stack,
    artifacts: PreviewArtifacts,
    report: Path | None = None,
    *,
    policies: PolicySet = OWN,
    binding: bool = True,
    unattended: bool = False,
    around: Sequence[str] = (),
    contracts: Path | None = None,
    assumed: Sequence[str] = (),
) -> GateResult:
    """Evaluate the plan of a preview by the plan gate.

    Args:
        stack: the stack of the plan.
        artifacts: files of the preview; the gate's own files go beside the plan.
        report: a folder for SARIF, JUnit and Markdown, and for the verdict itself.
        policies: the set whose gate it is.
        binding: whether an update is to follow.
        unattended: whether nobody reads the plan, so that it may put harmless drift back and do nothing else.
        around: options that describe the environment, for what the update would be refused for (`cli.needs`).
        contracts: a folder for the contracts that the plan would publish.
        assumed: parts of contracts that the preview took as published, although a plan before it changes them.

    Raises:
        ToolError: the gate gave no verdict, so nothing may run.
    """
    judges.require_unchanged(stack.title)
    state = artifacts.plan.with_suffix(".state.json")
    try:
        state.write_bytes(artifacts.state())
        files = [f"--plan={artifacts.plan}", f"--state={state}", f"--events={artifacts.events}"]
        options = [*([f"--report={report.resolve()}"] if report else []), *(["--binding"] if binding else [])]
        options += ["--unattended"] if unattended else []
        options += [f"--contracts={contracts}"] if contracts else []
        options += [f"--assumed={line}" for line in assumed]
        done, written = _run(policies, [f"--title={stack.title}", *files, *options, *around])
    finally:
        state.unlink(missing_ok=True)
    if done.returncode not in (0, 1) or not written:
        whose = "" if policies.is_own else f" of {policies.title}"
        raise ToolError(
            f"{stack.title}: the plan gate{whose} could not judge, so nothing may run.\n"
            f"{(done.stderr or done.stdout).strip()}"
        )
    if report:
        (report / f"{stack.title.replace('/', '-')}.verdict.json").write_bytes(written)
    verdict = _VerdictDocument.model_validate_json(written)
    # Exit code and verdict must agree: a missing one is no approval.
    passed = verdict.passed and done.returncode == 0
    reasons = tuple(f"{refusal.policy}: {refusal.message}" for refusal in verdict.refusals)
    text = done.stdout.rstrip()
    return GateResult(
        passed,
        text,
        stack,
        artifacts,
        verdict.plan,
        verdict.state,
        reasons,
        verdict.sections,
        policies,
        verdict.drift,
    )


def _run(policies: PolicySet, arguments: Sequence[str]) -> tuple["subprocess.CompletedProcess[str]", bytes]:
    """Run the gate; return its verdict as well, which comes by a pipe that no program of a layer has.

    A gate that is not the checkout's is confined, as programs are: it may be a proposal's, which nobody has reviewed.
    """
    receiving, sending = os.pipe()
    launcher = [] if policies.is_own else [sys.executable, str(Path(confined.__file__))]
    with os.fdopen(receiving, "rb") as verdict, ThreadPoolExecutor(1) as reader:
        reading = reader.submit(verdict.read)
        try:
            done = subprocess.run(  # noqa: S603  the program of a set of policies
                [*launcher, str(python("policies")), "-m", "plan_gate", f"--verdict=/dev/fd/{sending}", *arguments],
                cwd=policies.folder,
                env=environment(),
                pass_fds=(sending,),
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            os.close(sending)
        return done, reading.result()


def environment() -> dict[str, str]:
    """Return this process's environment without Python's variables; on a terminal with its width and its colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if not sys.stdout.isatty():
        return kept
    return {**kept, "COLUMNS": str(shutil.get_terminal_size().columns), "FORCE_COLOR": "1"}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
