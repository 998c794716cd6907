"""One issue per subject: opened when there is something to report, kept up to date, closed when there is nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from cli.github.client import GitHub, Json
from cli.github.markdown import COMMENT_LIMIT

_WRITER = "github-actions[bot]"
_CUT = "\n\n… and more, in the log of the run.\n"


def _mark(subject: str) -> str:
    return f"<!-- prodfirst {subject} -->"


@dataclass(frozen=True)
class Subject:
    """Subject of an issue; each subject has at most one open issue.

    Attributes:
        label: label of the issue.
        name: distinguishes the subjects of one label.
        title: title of a new issue.
    """

    label: str
    name: str
    title: str


def keep(github: GitHub, subject: Subject, body: str | None, url: str) -> str:
    """Open, update or close the issue of a subject; return what was done.

    Args:
        github: the repository.
        subject: subject of the issue.
        body: Markdown; None when there is nothing to report.
        url: page of the run that writes the issue.
    """
    mine = _open(github, subject)
    if body is None:
        for issue in mine:
            github.post(f"/issues/{issue['number']}/comments", {"body": f"Nothing left to do: {url}"})
            github.patch(f"/issues/{issue['number']}", {"state": "closed", "state_reason": "completed"})
        return "closed" if mine else "nothing to say"
    content = _fitted(f"{_mark(subject.name)}\n{body}")
    if not mine:
        github.post("/issues", {"title": subject.title, "body": content, "labels": [subject.label]})
        return "opened"
    first, *doubles = mine
    if first.get("body") != content:
        github.patch(f"/issues/{first['number']}", {"body": content})
    for double in doubles:  # two runs at the same time may each have opened one
        github.patch(f"/issues/{double['number']}", {"state": "closed", "state_reason": "not_planned"})
    return "updated"


def _open(github: GitHub, subject: Subject) -> list[Json]:
    listed: Iterable[Json] = github.pages(
        "/issues", state="open", labels=subject.label, sort="created", direction="asc"
    )
    return [
        issue
        for issue in listed
        if "pull_request" not in issue
        and issue["user"]["login"] == _WRITER
        and str(issue.get("body") or "").startswith(_mark(subject.name))
    ]


def _fitted(text: str) -> str:
    if len(text) <= COMMENT_LIMIT:
        return text
    return text[: COMMENT_LIMIT - len(_CUT)].rpartition("\n")[0] + _CUT
