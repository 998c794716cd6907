"""Provenance of an update: written into its message, from which `make history` reads it.

The engine itself records the commit, its author, and in a job of GitHub the run. It does not record its identity on
Google Cloud, who started the run and who approved it. The message has these below the commit's title, as trailers of
git (https://git-scm.com/docs/git-interpret-trailers). Nothing in it is secret, and people are named as GitHub shows
them to everyone who sees the repository.
"""

import re
import subprocess
from dataclasses import dataclass

from cli.github.job import Job
from cli.layout import Stack
from toolchain.environments import CHECKOUT

# Set by the workflow's step that reads the approvals from GitHub.
APPROVERS = "APPROVED_BY"

_TRAILER = re.compile(r"(?P<key>[A-Z][a-z]+(?:-[a-z]+)*): (?P<value>\S.*)")
# End of the title of a squash commit by GitHub, or beginning of the title of a merge commit.
_MERGED = re.compile(r"\(#(?P<squashed>[0-9]+)\)$|^Merge pull request #(?P<merged>[0-9]+) from ")


@dataclass(frozen=True)
class Provenance:
    """Provenance of an update.

    Attributes:
        ran_as: the Google identity, by its e-mail address.
        started_by: who started the CI run.
        approved_by: who approved the run for its protected environment.
        run: the page of the CI run.
        pull_request: the pull request that was merged.
    """

    ran_as: str = ""
    started_by: str = ""
    approved_by: tuple[str, ...] = ()
    run: str = ""
    pull_request: int | None = None


def message(stack: Stack, ran_as: str, job: Job | None = None) -> str:
    """Message of an update that this process makes as an identity."""
    title = _title() or stack.title
    # When a login does not state its address, the audit log still does.
    values = {"Ran-as": ran_as if "@" in ran_as else "", **_of_run(job or Job())}
    if match := _MERGED.search(title):
        values["Pull-request"] = match["squashed"] or match["merged"]
    trailers = [f"{key}: {' '.join(value.split())}" for key, value in values.items() if value.strip()]
    return "\n".join([title, "", *trailers])


def read(text: str) -> tuple[str, Provenance]:
    """Title of a message, and the provenance that it states."""
    title, _, rest = text.strip().partition("\n")
    lines = rest.rpartition("\n\n")[2].splitlines() if "\n\n" in rest else rest.strip().splitlines()
    trailers = {match["key"]: match["value"] for line in lines if (match := _TRAILER.fullmatch(line.strip()))}
    number = trailers.get("Pull-request", "")
    merged = _MERGED.search(title)
    if not number.isdigit():
        number = (merged["squashed"] or merged["merged"]) if merged else ""
    return title, Provenance(
        ran_as=trailers.get("Ran-as", ""),
        started_by=trailers.get("Started-by", ""),
        approved_by=tuple(filter(None, (name.strip() for name in trailers.get("Approved-by", "").split(",")))),
        run=trailers.get("Run", ""),
        pull_request=int(number) if number else None,
    )


def _of_run(job: Job) -> dict[str, str]:
    """Trailers about the run of a workflow; none elsewhere."""
    if job.environment.get("GITHUB_ACTIONS") != "true":
        return {}
    attempt = job.environment.get("GITHUB_RUN_ATTEMPT", "1")
    return {
        # Whoever repeats a run need not be the author of the push.
        "Started-by": job.environment.get("GITHUB_TRIGGERING_ACTOR") or job.environment.get("GITHUB_ACTOR", ""),
        "Approved-by": job.environment.get(APPROVERS, ""),
        "Run": job.run_url if attempt == "1" else f"{job.run_url}/attempts/{attempt}",
    }


def _title() -> str:
    """First line of the commit's message; empty when this is no git checkout."""
    command = ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%s"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  git
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
