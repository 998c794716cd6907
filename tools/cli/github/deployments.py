"""Deployments by workflows: what a run may deploy, and who may have approved it.

What was deployed is in the records beside the states (`cli.deployed`). GitHub is asked for what nobody can write there:
the results of this run's own jobs, who approved the run, and who wrote the commits.
"""

import subprocess
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from cli.github.client import GitHub, RefusedError
from cli.layout import Stack
from toolchain.errors import ToolError
from toolchain.progress import say

# The start of the name of a job that deploys; the environment follows.
JOB = "Deploy "
_RUNS = "/actions/workflows/deploy.yml/runs"
_BRANCH = "main"


def require_newest(checkout: Path, before: Mapping[Stack, str], sha: str) -> None:
    """Check that the commit of a deployment follows the commits that its stacks were deployed from.

    A run that was repeated, or waited for its approval, may have an older commit: it would revert later changes.

    Raises `ToolError` when the commit is older.
    """
    for stack, commit in before.items():
        if _git(checkout, "cat-file", "-e", f"{commit}^{{commit}}"):
            say(f"{stack.title} runs {commit[:12]}, which is not on this branch any more; {sha[:12]} takes its place")
        elif _git(checkout, "merge-base", "--is-ancestor", commit, sha):
            raise ToolError(
                f"{stack.title} ({stack.environment}) already runs {commit[:12]}, and {sha[:12]} does not follow it, "
                "so deploying it would take back what came since. Nothing was changed. Run the workflow on the main "
                "branch as it is now; to take a change back, revert it there."
            )


def _git(checkout: Path, *arguments: str) -> int:
    command = ["git", "-C", str(checkout), *arguments]
    return subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603  git


def require_earlier(github: GitHub, run: str, environment: str, pending: Iterable[str]) -> None:
    """Check that this run has deployed what earlier environments lacked when it began.

    Args:
        github: client for the repository.
        run: number of the run.
        environment: the environment on GitHub that is to be deployed.
        pending: earlier environments on GitHub of the same owner that lacked something.

    Raises `ToolError` when the job of one of them has not succeeded.
    """
    expected = set(pending)
    if not expected:
        return
    jobs = github.pages(f"/actions/runs/{run}/jobs", "jobs", filter="latest")
    succeeded = {str(job["name"]).removeprefix(JOB) for job in jobs if job["conclusion"] == "success"}
    if missing := sorted(expected - succeeded):
        raise ToolError(
            f"{environment} would get what {', '.join(missing)} has not had. Nothing was changed. Deploy it there "
            "first; if that failed, correct it there."
        )


def pass_over(github: GitHub, run_number: int) -> list[int]:
    """Cancel older runs that only wait for a review; return their numbers.

    A run with a job that works, or is about to, is left alone.
    """
    passed: list[int] = []
    for run in github.pages(f"{_RUNS}", "workflow_runs", branch=_BRANCH, status="waiting"):
        number = int(run["run_number"])
        if number >= run_number:
            continue
        jobs = github.pages(f"/actions/runs/{run['id']}/jobs", "jobs", filter="latest")
        if {str(job["status"]) for job in jobs} <= {"completed", "waiting"}:
            with suppress(RefusedError):  # it has ended meanwhile
                github.post(f"/actions/runs/{run['id']}/cancel", {})
                passed.append(number)
    return sorted(passed)


def approvers(github: GitHub, run: str, environment: str) -> list[str]:
    """Logins of the people who approved a run for an environment.

    https://docs.github.com/en/rest/actions/workflow-runs
    """
    return sorted(
        {
            str(review["user"]["login"])
            for review in github.items(f"/actions/runs/{run}/approvals")
            if review["state"] == "approved"
            and environment in {approved["name"] for approved in review.get("environments", [])}
        }
    )


def require_somebody_else(
    github: GitHub, environment: str, before: Iterable[str], sha: str, approvers: Collection[str]
) -> None:
    """Check that somebody approved a deployment, and nobody who wrote what it deploys.

    GitHub keeps only the person who started the run from approving it: on a push the person who merged, not the author.

    Args:
        github: client for the repository.
        environment: the environment on GitHub.
        before: commits that its stacks were deployed from; none where that is unknown.
        sha: the commit to deploy.
        approvers: logins of those who approved.

    Raises `ToolError` otherwise.
    """
    remedy = "Start the workflow anew on the main branch, not this run again: a repeated run keeps its approvals."
    if not approvers:
        raise ToolError(
            f"{environment} is reviewed, and nobody has approved this deployment: somebody has passed the rules by, or "
            f"GitHub does not enforce them (make github CHECK=yes). Nothing was changed. {remedy}"
        )
    if own := sorted(set(approvers) & authors(github, before, sha)):
        raise ToolError(
            f"{', '.join(own)} approved the deployment of their own commits to {environment}, so no second person has "
            f"seen it. Nothing was changed. {remedy} Somebody else approves it then."
        )


def authors(github: GitHub, before: Iterable[str], sha: str) -> set[str]:
    """Logins of the people who wrote or committed what came after some commits, and the commit itself."""
    commits = [github.get(f"/commits/{sha}")]
    for commit in sorted(set(before)):
        if github.find(f"/compare/{commit}...{sha}") is not None:
            commits += github.pages(f"/compare/{commit}...{sha}", "commits")
    people = [commit.get(role) for commit in commits for role in ("author", "committer")]
    return {str(person["login"]) for person in people if person}
