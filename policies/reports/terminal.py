"""Console for verdicts: a terminal at its own width, a log wide enough that no line is broken."""

import sys

from rich.console import Console
from rich.text import Text

from engine.text import visible
from reports.finding import Finding, Level, Run

_LOG_COLUMNS = 200
_STYLES = {Level.VIOLATION: "bold red", Level.ACCEPTED: "yellow", Level.ADVISORY: "yellow"}
_TITLES = {Level.VIOLATION: "refused", Level.ACCEPTED: "accepted", Level.ADVISORY: "advice"}


def console() -> Console:
    """Return a console for verdicts."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _LOG_COLUMNS)


def show(run: Run, summary: str) -> None:
    """Print a run: verdict, summary, then every finding with its steps and its remedy."""
    out = console()
    failed = len(run.violations)
    word, style = (f"{failed} refused", "bold red") if failed else ("passed", "bold green")
    out.print(Text.assemble(f"{run.tool}: {run.subject}: ", (word, style), f" ({summary})"), soft_wrap=True)
    for level, title in _TITLES.items():
        findings = [finding for finding in run.findings if finding.level is level]
        if findings:
            out.print(Text(f"  {title}", style=_STYLES[level]))
        for finding in findings:
            for line in _lines(finding):
                out.print(Text(f"    {visible(line)}"), soft_wrap=True)


def _lines(finding: Finding) -> list[str]:
    location = f" ({finding.location.file}:{finding.location.line})" if finding.location else ""
    # Further lines of a message are indented, so that none of them looks like a line of the verdict.
    first, *rest = finding.message.split("\n")
    lines = [f"{finding.policy.name}: {first}{location}", *(f"  {line}" for line in rest)]
    lines += [f"  {number}. {step}" for number, step in enumerate(finding.steps, 1)]
    if finding.accepted:
        lines.append(f"  {finding.accepted}")
    elif finding.level is Level.VIOLATION:
        lines.append(f"  → {finding.policy.remediation}")
    return lines
