"""Drift: differences between the cloud and the code, reported in one issue per layer."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from cli.drifted.drifted_property import ACCEPTED, selection
from cli.github import issues, previewing
from cli.github.client import GitHub
from cli.github.issues import Subject
from cli.github.markdown import COMMENT_LIMIT, escaped, folded
from cli.github.preview_result import PreviewResult
from cli.github.selection import JobTarget
from cli.layout import LAYERS, named
from toolchain.environments import CHECKOUT

GRANTS = "grants"
_UNDECLARED = "undeclared grants"
# Protection that a state lost, which no step of the engine shows (plan_gate/summary.py).
_OPTIONS = "options, in the state alone"
# Apps that a person stopped, which is no difference where an autoscaler decides the number of pods (the same).
_STOPPED = "stopped by a person, and left so"
# Differences by property, which a deployment undoes (the same).
_UNDONE = "changed out of band, and undone"
_ABANDONED = "states without a stack file"
# Rules of the audit that are reported as drift, with the heading of what they find.
_RULES = {"audit-grants-declared": _UNDECLARED, "audit-states-declared": _ABANDONED}
# Characters of an issue's text, of one stack's difference, and of the names of stacks.
_LONGEST = COMMENT_LIMIT - 2000
_SHARE = 12_000
_SMALLEST = 1000
_NAMES = 10_000
_LINES = 60


def look(target: JobTarget, folder: Path) -> list[PreviewResult]:
    """Compare the stacks of a job with the cloud; identity's own job also looks for undeclared grants and states."""
    results = previewing.previews(target.stacks, folder, refresh=True, priced=False)
    return [*results, _grants(target.environment, folder)] if "identity" in target.titles else results


def _grants(environment: str, folder: Path) -> PreviewResult:
    reports = folder / f"audit-{environment}"
    command = [sys.executable, "-m", "cli", "audit", "--stack", environment, "--report", str(reports)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  ours
    print(done.stdout, done.stderr, flush=True)
    sarif = reports / f"audit-{environment}.sarif"
    found = _found(json.loads(sarif.read_text("utf-8"))) if sarif.is_file() else {}
    part = PreviewResult(
        stack=GRANTS,
        environment=environment,
        passed=sarif.is_file() and not found,
        sections=found,
        error="" if sarif.is_file() else (done.stderr or done.stdout)[-4000:],
    )
    part.write(folder)
    return part


def _found(sarif: dict[str, Any]) -> dict[str, list[str]]:
    """Findings of the audit that are reported as drift, by their headings."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for result in cast("list[dict[str, Any]]", [result for run in sarif["runs"] for result in run["results"]]):
        if result["ruleId"] in _RULES and result["level"] == "error":
            found[_RULES[result["ruleId"]]].append(str(result["message"]["text"])[:3900])
    return dict(found)


def report(github: GitHub, parts: Sequence[PreviewResult], missing: Sequence[str], url: str) -> list[str]:
    """Bring the layers' issues up to date; return what was done for each.

    Args:
        github: the repository.
        parts: results of the comparisons.
        missing: jobs without a result ("platform-dev"); the layer of such a job counts as drifted.
        url: page of the run.
    """
    done: list[str] = []
    for layer in LAYERS:
        drifted = [part for part in parts if _layer(part) == layer and _has_drifted(part)]
        unseen = [name for name in missing if name.startswith(layer)]
        body = _body(drifted, unseen, url) if drifted or unseen else None
        done.append(f"{layer}: {issues.keep(github, _subject(layer), body, url)}")
    return done


def _subject(layer: str) -> Subject:
    return Subject("drift", f"drift of {layer}", f"Drift: {layer}")


def _layer(part: PreviewResult) -> str:
    return "identity" if part.stack == GRANTS else part.stack.partition("/")[0]


def _has_drifted(part: PreviewResult) -> bool:
    return part.is_changed or bool(part.error) or not part.sections.keys().isdisjoint((*_RULES.values(), _STOPPED))


def _body(parts: Sequence[PreviewResult], missing: Sequence[str], url: str) -> str:
    advice = (
        "Somebody changed it out of band, or a reviewed change is not deployed yet. Choose for each property: put it "
        "back (run Deploy, which begins from the cloud as it is and shows what it undoes first), adopt it into the "
        "code (the command prints the patch), or accept it until a date (it prints the entry for security's list). "
        "This text is written anew every day, and the issue closes when there is nothing left."
    )
    lines = [
        f"What runs differs from what is declared on the main branch. [Log]({url})",
        "",
        advice,
        "",
        *([f"- could not be looked at: {escaped(', '.join(missing)[:_NAMES])}"] if missing else []),
    ]
    # Every stack is named; as many as there is room for are shown.
    if names := [part.title for part in parts]:
        lines += ["", f"{len(names)} stacks differ: {escaped(', '.join(names)[:_NAMES])}", ""]
    left = _LONGEST - sum(len(line) + 1 for line in lines)
    share = max(min(_SHARE, left // max(len(parts), 1)), _SMALLEST)
    for number, part in enumerate(parts):
        section = _section(part, share)
        if len(section) > left:
            lines.append(f"… and {len(parts) - number} more, in the log of the run.")
            break
        left -= len(section)
        lines.append(section)
    return "\n".join(lines) + "\n"


def _choices(part: PreviewResult) -> Iterator[str]:
    """Yield the commands that repair each drifted property."""
    stack = named(part.environment, part.stack)
    for drifted in part.drift[:_LINES]:
        commands = [f"{choice:<9} {command}" for choice, command in drifted.commands(stack).items()]
        yield "\n".join([f"# {drifted.label}", *commands])
    if len(part.drift) > _LINES:
        yield f"# … and {len(part.drift) - _LINES} more: make drifted {' '.join(selection(stack))}"


def _section(part: PreviewResult, share: int) -> str:
    lines = [f"### {escaped(part.title)}", ""]
    for title in (*_RULES.values(), _OPTIONS, _STOPPED, _UNDONE, ACCEPTED):
        lines += [f"- {escaped(line)}" for line in part.sections.get(title, [])[:_LINES]]
    if part.drift:
        lines += ["", folded("repair, by choice", "\n\n".join(_choices(part)), share // 2)]
    text = part.error or part.plan
    if text.strip():
        lines += ["", folded("it could not be looked at" if part.error else "difference", text, share)]
    return "\n".join(lines) + "\n"
