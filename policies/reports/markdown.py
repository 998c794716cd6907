"""Markdown for a comment on a pull request or the summary of a run."""

import re

from engine.text import visible
from reports.finding import Finding, Level, Run

_TITLES = {
    Level.VIOLATION: "Refused",
    Level.ACCEPTED: "Accepted for a while, by waiver or exception",
    Level.ADVISORY: "Advice",
}
# GitHub limits a comment to 65,536 characters; the other formats have all findings.
_LONGEST = 40_000


def markdown(run: Run) -> str:
    """Return a run as Markdown: verdict, summary, findings by level."""
    verdict = f"{len(run.violations)} refused" if run.violations else "passed"
    parts = [f"## {escaped(run.tool)}: {escaped(run.subject)}: {verdict}\n"]
    if run.summary:
        parts.append(run.summary.rstrip() + "\n")
    for level, title in _TITLES.items():
        findings = [finding for finding in run.findings if finding.level is level]
        if findings:
            parts.append(f"### {title} ({len(findings)})\n")
            parts.append("\n".join(map(_item, findings)) + "\n")
    return _shortened("\n".join(parts))


def _item(finding: Finding) -> str:
    location = f" ({finding.location.file}:{finding.location.line})" if finding.location else ""
    lines = [f"- **[{finding.policy.name}]({finding.policy.url})** {escaped(finding.message)}{location}"]
    lines += [f"  {number}. {escaped(step)}" for number, step in enumerate(finding.steps, 1)]
    if finding.accepted:
        lines.append(f"  - accepted: {escaped(finding.accepted)}")
    elif finding.level is Level.VIOLATION:
        lines.append(f"  - {escaped(finding.policy.remediation)}")
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Escape a text for Markdown: a resource's name must not become a link, a mention or a tag."""
    one_line = visible(" ".join(text.split("\n")))
    plain = re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", one_line)
    # A zero-width space keeps GitHub from notifying a user whose name is in the text.
    return re.sub(r"@(?=\w)", "@\u200b", plain)


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rpartition("\n")[0] + "\n\n… and more, in the other reports of this run.\n"
