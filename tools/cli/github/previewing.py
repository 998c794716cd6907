"""Preview of a job's stacks: `make preview` and `make cost`, and a part of the comment for each stack.

A failed preview is reported as well; the step fails only after the part is written.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from cli import cost, side_by_side, target
from cli.drifted.drifted_property import DriftedProperty
from cli.github.markdown import plain
from cli.github.preview_result import Cost, OtherVerdict, PolicyResult, PreviewResult
from cli.layout import Stack
from cli.preview import other_verdict
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say

_VERDICT = re.compile(r"^plan gate: ", re.MULTILINE)
_WHOSE = re.compile(r"^By the policies of .*\n", re.MULTILINE)
_LEVELS = {"error": "violation", "warning": "advisory", "note": "accepted"}
_LONGEST = 3900
_GATE = re.compile(r"^plan-")


def previews(
    stacks: Sequence[Stack], folder: Path, *, refresh: bool = False, priced: bool = True, contracts: Path | None = None
) -> list[PreviewResult]:
    """Preview stacks in the order of their contracts, and those that read none of one another several at a time."""

    def one(stack: Stack) -> PreviewResult:
        return preview(stack, folder, refresh=refresh, priced=priced, contracts=contracts)

    results: list[PreviewResult] = []
    for _, of_wave in groupby(sorted(stacks, key=lambda stack: stack.place), key=lambda stack: stack.place[0]):
        wave = list(of_wave)
        with ThreadPoolExecutor(side_by_side.at_once(len(wave))) as pool:
            results += pool.map(one, wave)
    return results


def preview(
    stack: Stack, folder: Path, *, refresh: bool = False, priced: bool = True, contracts: Path | None = None
) -> PreviewResult:
    """Preview one stack and write its part and its reports into a folder.

    Args:
        stack: the stack to preview.
        folder: the folder to write into.
        refresh: compare with the cloud as it is.
        priced: estimate the cost as well.
        contracts: a folder of planned contracts, read and added to; without one, the published ones are read.
    """
    reports = folder / f"{stack.project}-{stack.name}"
    arguments = ["--stack", stack.environment, "--full", "yes", "--report", str(reports)]
    arguments += [f"--{name}={value}" for name, value in asdict(stack.choice).items() if value]
    arguments += [f"--contracts={contracts}"] if contracts else []
    code, out, err = _run("preview", *arguments, *(["--refresh", "yes"] if refresh else []))
    verdict = _verdict(reports, stack)
    printed = _WHOSE.sub("", _VERDICT.split(out)[0])
    error = "" if verdict else f"{err}\n{printed}".strip()[-_LONGEST * 10 :]
    counts = cast("dict[str, int]", verdict.get("counts", {}))
    part = PreviewResult(
        stack=stack.title,
        environment=stack.environment,
        passed=code == 0 and bool(verdict),
        counts=counts,
        sections=_sections(verdict),
        policies=list(_policies(reports, stack))[:2000],
        plan=plain(printed) if verdict else "",
        error=plain(error),
        cost=_cost(stack) if priced and code == 0 and verdict else None,
        other=_other(reports, stack),
        drift=_drift(verdict),
    )
    part.write(folder)
    return part


def _run(command: str, *arguments: str) -> tuple[int, str, str]:
    """Run one of the commands, show its output, and return exit code, output and messages (standard error)."""
    called = [sys.executable, "-m", "cli", command, *arguments]
    done = subprocess.run(called, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  ours
    print(done.stdout, end="", flush=True)
    print(done.stderr, end="", file=sys.stderr, flush=True)
    return done.returncode, done.stdout, done.stderr


def _verdict(reports: Path, stack: Stack) -> dict[str, Any]:
    """The plan gate's verdict; empty when it gave none."""
    file = reports / f"{stack.title.replace('/', '-')}.verdict.json"
    return cast("dict[str, Any]", json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def _drift(verdict: dict[str, Any]) -> list[DriftedProperty]:
    listed = cast("list[dict[str, Any]]", verdict.get("drift", []))[:1000]
    return [DriftedProperty.model_validate({**each, "declared": None, "live": None}) for each in listed]


def _sections(verdict: dict[str, Any]) -> dict[str, list[str]]:
    sections = cast("dict[str, list[str]]", verdict.get("sections", {}))
    return {title[:200]: [line[:_LONGEST] for line in lines] for title, lines in sections.items()}


def _other(reports: Path, stack: Stack) -> OtherVerdict | None:
    """The verdict of the policies that the proposal brings."""
    file = other_verdict(reports, stack)
    if not file.is_file():
        return None
    written = cast("dict[str, Any]", json.loads(file.read_text("utf-8")))
    lines = [line[:_LONGEST] for line in written["policies"][:2000]]
    return OtherVerdict(title=written["title"], passed=written["passed"], policies=lines, sections=_sections(written))


def _policies(reports: Path, stack: Stack) -> Iterator[PolicyResult]:
    """Findings of the policies, from the report for code scanning; the gate's own refusals are among the sections."""
    file = reports / f"{stack.title.replace('/', '-')}.sarif"
    if not file.is_file():
        return
    for run in json.loads(file.read_text("utf-8"))["runs"]:
        for result in run["results"]:
            if not _GATE.match(result["ruleId"]):
                message = str(result["message"]["text"])[:_LONGEST]
                yield PolicyResult.model_validate(
                    {"level": _LEVELS[result["level"]], "policy": result["ruleId"], "message": message}
                )


def _cost(stack: Stack) -> Cost | None:
    cloud = target.of(stack.environment)
    cloud.sign_in(stack.choice)
    try:
        estimate = cost.of(cloud, stack)
    except ToolError as error:
        say(f"the cost is unknown: {error}")
        return None
    return Cost(before=estimate.before, after=estimate.after, unpriced=sum(not line.known for line in estimate.lines))
