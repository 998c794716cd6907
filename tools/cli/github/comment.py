"""The one comment on a pull request: its plan, stack by stack. Each run replaces it; no run adds another one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from cli.github.client import GitHub, Json
from cli.github.markdown import COMMENT_LIMIT, escaped, folded
from cli.github.preview_result import PreviewResult

# Required author of the comment besides the mark, because anybody can write the mark.
_WRITER = "github-actions[bot]"
_MARK = "<!-- prodfirst preview -->"
_MARKED = re.compile(r"\A<!-- prodfirst preview\b[^>]*-->")
# Maximum length of the body of a comment, without its mark.
BODY_LIMIT = COMMENT_LIMIT - len(_MARK) - 1
_RUNS = "/actions/workflows/preview.yml/runs"
_RUNS_LOOKED_AT = 100
_LINES = 30
# Upper limit of the characters around a plan: its fold, its fence, and the note that it was cut.
_AROUND = 300
# Room for the names of stacks that have no section of their own, half of it for what makes them text.
_NAMES = 4000
_ACCESS = "who may do what"
_RIGHTS = "rights inside of databases, which administrators then set with make databases"
# Sections that are never cut: a reviewer who does not see a line approves it all the same.
_WHOLE = frozenset({_ACCESS, _RIGHTS, "weakens, opens, stops", "cannot be undone", "refused"})
_WORDS = {
    "options": "options to set",
    "create": "to create",
    "update": "to update",
    "replace": "to replace",
    "delete": "to delete",
    "same": "unchanged",
}
_BY_BASE = "The policies and the plan gate are those of the base branch."
_BY_BOTH = (
    "This proposal changes policies/, so each stack has the verdict of the base branch's policies and that of the "
    "proposal's own, and has to pass both. What only the proposal permits: propose the change of "
    "policies/ alone first."
)
# Sections whose content is elsewhere in the comment.
_ELSEWHERE = frozenset({"changes"})
_ENDED = "\n\n… and more; all of it is in the log and in the reports of the run.\n"


@dataclass(frozen=True)
class CommentContent:
    """Content of the comment of one run.

    Attributes:
        parts: results of the previews.
        problems: expected previews without a result.
        notes: stacks that were left out, with the reason.
        url: page of the run.
        sha: the previewed commit.
        succeeded: whether all previews ended well.
        rights: how the declared rights inside of databases change.
    """

    parts: Sequence[PreviewResult]
    problems: Sequence[str]
    notes: Sequence[str]
    url: str
    sha: str
    succeeded: bool
    rights: Sequence[str] = ()


def written(preview: CommentContent, limit: int = COMMENT_LIMIT) -> str:
    """Render the comment within `limit` characters: shorten the plans first, then drop the end."""
    head = _head(preview)
    # What stops the change comes first, whatever there is no room for.
    parts = sorted((part for part in preview.parts if not _is_empty(part)), key=lambda part: part.passed)
    short = [_short(part) for part in parts]
    fits = _fitting(short, limit - len(head) - len(_ENDED) - _NAMES)
    if rest := [part.title for part in parts[fits:]]:
        head += f"- below without a section: {escaped(', '.join(rest)[: _NAMES // 2 - _AROUND])} ({len(rest)} stacks)\n"
        parts, short = parts[:fits], short[:fits]
    room = limit - len(head) - sum(map(len, short)) - len(_ENDED)
    texts = [part.error or part.plan for part in parts]
    shares = _shares([len(text) + _AROUND for text in texts], room)
    bodies = [head]
    for part, brief, share in zip(parts, short, shares, strict=True):
        text = part.error or part.plan
        title = "why there is no plan" if part.error else "plan"
        shown = bool(text.strip()) and share >= _AROUND
        bodies.append(brief + (folded(title, text, share - _AROUND // 2) + "\n" if shown else ""))
    content = "\n".join(bodies)
    return content if len(content) <= limit else content[: limit - len(_ENDED)].rpartition("\n")[0] + _ENDED


def _fitting(texts: Sequence[str], room: int) -> int:
    """Number of texts, from the first one on, that fit into `room`."""
    return sum(length <= room for length in accumulate(len(text) + 1 for text in texts))


def _is_empty(part: PreviewResult) -> bool:
    """Return whether a preview has nothing to show: it passed, and changes nothing."""
    changed = any(count for name, count in part.counts.items() if name != "same")
    said = any(part.sections.values()) or part.policies or part.other
    return part.passed and not changed and not said


def _shares(lengths: Sequence[int], room: int) -> list[int]:
    """Shares of `room` for texts of these lengths: short texts stay whole, and long texts share the rest."""
    shares = [0] * len(lengths)
    left = max(room, 0)
    for rank, (index, length) in enumerate(sorted(enumerate(lengths), key=lambda pair: pair[1])):
        shares[index] = min(length, left // (len(lengths) - rank))
        left -= shares[index]
    return shares


def _head(preview: CommentContent) -> str:
    verdict = "passed" if preview.succeeded and not preview.problems else "**refused or failed**"
    both = any(part.other for part in preview.parts)
    lines = [
        f"## Preview of {escaped(preview.sha[:12])}: {verdict}",
        "",
        f"{_BY_BOTH if both else _BY_BASE} [Log and reports]({preview.url})",
        "",
    ]
    if not preview.parts and not preview.problems:
        lines.append("This change is about no stack that has a state.")
    if unchanged := [part.title for part in preview.parts if _is_empty(part)]:
        more = f" and {len(unchanged) - _LINES} more" if len(unchanged) > _LINES else ""
        lines.append(f"- without a change: {escaped(', '.join(unchanged[:_LINES]))}{more}")
    lines += [f"- not previewed: {escaped(text)}" for text in preview.problems]
    lines += [f"- left out: {escaped(text)}" for text in preview.notes]
    lines += ["", *_items([_access(line) for line in preview.rights], _RIGHTS)] if preview.rights else []
    return "\n".join(lines) + "\n"


def _short(part: PreviewResult) -> str:
    """Summary of a stack for every reader: verdicts, access, contract, cost."""
    violations = [result for result in part.policies if result.level == "violation"]
    refused = part.sections.get("refused", [])
    gate = "no verdict" if part.error else "refused" if refused or violations else "passed"
    policies = "no verdict" if part.error else f"{len(violations)} violations" if violations else "passed"
    rows = [
        f"### {escaped(part.title)}: {'passed' if part.passed else 'refused' if not part.error else 'failed'}",
        "",
        "| changes | policies | plan gate | cost a month |",
        "|---|---|---|---|",
        f"| {_counted(part)} | {policies} | {gate} | {_cost(part)} |",
        "",
    ]
    rows += _heading("the base branch", passed=gate == "passed") if part.other else []
    findings = [f"{result.policy}: {result.message}" for result in part.policies if result.level != "accepted"]
    rows += [*_items(findings, "policies"), *_sections(part.sections)]
    if other := part.other:
        rows += _heading(other.title, passed=other.passed)
        # What both verdicts say alike stands above.
        own = {title: lines for title, lines in other.sections.items() if lines != part.sections.get(title)}
        rows += [*_items(other.policies, "policies"), *_sections(own)]
    return "\n".join(rows) + "\n"


def _heading(whose: str, *, passed: bool) -> list[str]:
    return [f"#### By the policies of {escaped(whose)}: {'passed' if passed else 'refused'}", ""]


def _sections(sections: Mapping[str, Sequence[str]]) -> list[str]:
    rows: list[str] = []
    for title, lines in sections.items():
        if title not in _ELSEWHERE:
            rows += _items([_access(line) if title == _ACCESS else line for line in lines], title)
    return rows


def _items(lines: Sequence[str], title: str) -> list[str]:
    if not lines:
        return []
    room = len(lines) if title in _WHOLE else _LINES
    shown = [f"- {escaped(line[:600])}" for line in lines[:room]]
    more = [f"- … and {len(lines) - room} more"] if len(lines) > room else []
    return [f"**{escaped(title)}**", "", *shown, *more, ""]


def _access(line: str) -> str:
    """A line of access, such as `+ group:… role on …`, in words."""
    words = {"+ ": "this grants ", "- ": "this takes ", "~ ": "this "}
    return words.get(line[:2], line[:2]) + line[2:]


def _counted(part: PreviewResult) -> str:
    counted = [f"{count} {_WORDS.get(name, escaped(name))}" for name, count in part.counts.items() if count]
    return ", ".join(counted) or "none"


def _cost(part: PreviewResult) -> str:
    if part.cost is None:
        return "unknown"
    change = part.cost.after - part.cost.before
    unpriced = f", {part.cost.unpriced} without a price" if part.cost.unpriced else ""
    return f"{change:+,.2f} USD ({part.cost.before:,.2f} → {part.cost.after:,.2f}{unpriced})"


def publish(github: GitHub, number: int, body: str) -> str:
    """Write the comment, in place of the comment of an earlier run; return what was done."""
    content = f"{_MARK}\n{body}"
    for comment in github.pages(f"/issues/{number}/comments"):
        if _MARKED.match(str(comment.get("body") or "")) and comment["user"]["login"] == _WRITER:
            github.patch(f"/issues/comments/{comment['id']}", {"body": content})
            return "updated"
    github.post(f"/issues/{number}/comments", {"body": content})
    return "written"


def newer_run(github: GitHub, branch: str, run: int) -> int | None:
    """Number of a later run of the same branch's previews, which writes the comment; None when this run is the latest.

    GitHub is asked, and not the comment: other workflows with a writing token can edit it, and name any number there.
    """
    runs = github.pages(_RUNS, "workflow_runs", event="pull_request", branch=branch)
    for other in islice(runs, _RUNS_LOOKED_AT):
        # A fork may have a branch of the same name, and may be gone.
        source: Json = other.get("head_repository") or Json()
        if source.get("full_name") == github.repository and other["run_number"] > run:
            return int(other["run_number"])
    return None
