"""Steps of jobs that look at the code and have no identity. What they run may have been deleted with the tests."""

from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

from cli import optional
from cli.github.job import Job
from cli.github.markdown import escaped
from toolchain.errors import ToolError
from toolchain.progress import say

# Programs of tests/lab that take too long for each change, and what each of them does.
JUDGES = {
    "lab.red_team": "attacks on pack, plan gate, audit and access",
    "lab.plans": "recorded plans, judged by gate and pack",
    "lab.interpreter": "the workflows' events by act, beside the double of GitHub",
}


def actions(job: Job) -> int:
    """Check the workflows and the actions that they use against GitHub."""
    job.get("GITHUB_TOKEN")  # without it the check leaves out what only GitHub knows
    findings = str(_of_tests("cli.checks").actions())
    job.summarize(f"```\n{findings}\n```\n" if findings else "The workflows and their actions have no findings.\n")
    say(findings)
    return 1 if findings else 0


def tests(job: Job) -> int:
    """Write the number of passed tests and the failed tests into the summary."""
    file = Path(job.get("JUNIT"))
    if not file.is_file():
        job.summarize("The tests did not begin; see the log.\n")
        return 0
    cases = list(ET.parse(file).getroot().iter("testcase"))  # noqa: S314  written by this run's own pytest
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = sum(case.find("skipped") is not None for case in cases)
    lines = [f"{len(cases) - len(failed) - skipped} tests passed, {len(failed)} failed, {skipped} skipped.", ""]
    lines += ["- " + escaped(f"{case.get('classname')}::{case.get('name')}") for case in failed[:100]]
    job.summarize("\n".join(lines) + "\n")
    return 0


def judges(job: Job) -> int:
    """Run the judges of the lab, one after the other, and write into the summary which of them have findings."""
    programs = _of_tests("cli.programs")
    codes: dict[str, int] = {}
    for module, what in JUDGES.items():
        say(f"{module}: {what}")
        codes[module] = programs.run(module)
    lines = [f"- {what}: {'findings, see the log' if codes[module] else 'none'}" for module, what in JUDGES.items()]
    job.summarize("\n".join(lines) + "\n")
    return 1 if any(codes.values()) else 0


def _of_tests(module: str) -> ModuleType:
    found = optional.module(module)
    if found is None:
        raise ToolError("the checks were deleted with the tests, so nobody looks at the code; delete this step, too")
    return found
