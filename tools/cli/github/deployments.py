"""Latest deployment of each environment: a record of a deployment, confirmed by the job that made it.

GitHub records a deployment for every job that has an environment, with the commit. Everybody who may write can create
such records as well, with any result. So a record only names a commit: it counts if a run of the deploy workflow on
that commit of the main branch had a job of that environment that succeeded. Nobody can write the result of a job.
https://docs.github.com/en/rest/deployments
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice

from cli.github.client import GitHub
from toolchain.errors import ToolError
from toolchain.progress import say

# The start of the name of a job that deploys; the environment follows.
JOB = "Deploy "
_RUNS = "/actions/workflows/deploy.yml/runs"
_BRANCH = "main"
_EVENTS = ("push", "workflow_dispatch")
_LOOKED_AT = 30
_FOLLOWS = ("ahead", "identical")


@dataclass(frozen=True)
class Deployments:
    """Deployments of a repository.

    Attributes:
        github: client for the repository.
        known: environments that were deployed, by commit; most environments were deployed by the same few runs.
    """

    github: GitHub
    known: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def latest(self, environment: str) -> str:
        """Commit of the last successful deployment; empty when none of the latest records is of one."""
        for deployment in islice(self.github.pages("/deployments", environment=environment), _LOOKED_AT):
            sha = str(deployment["sha"])
            if sha not in self.known:
                self.known[sha] = frozenset(self._deployed(sha)) if self._is_on_main(sha) else frozenset()
            if environment in self.known[sha]:
                return sha
        return ""

    def _deployed(self, sha: str) -> Iterator[str]:
        """Environments that the deploy workflow has deployed from a commit with success."""
        for run in self.github.pages(_RUNS, "workflow_runs", branch=_BRANCH, head_sha=sha):
            if run["event"] in _EVENTS:
                jobs = self.github.pages(f"/actions/runs/{run['id']}/jobs", "jobs", filter="all")
                names = [str(job["name"]) for job in jobs if job["conclusion"] == "success"]
                yield from (name.removeprefix(JOB) for name in names if name.startswith(JOB))

    def _is_on_main(self, sha: str) -> bool:
        """Return whether a commit is on the main branch, its workflows reviewed: a tag can be called main as well."""
        tip = str(self.github.get(f"/branches/{_BRANCH}")["commit"]["sha"])
        comparison = self.github.find(f"/compare/{sha}...{tip}")
        return comparison is not None and comparison["status"] in _FOLLOWS


def require_newest(github: GitHub, environment: str, sha: str) -> None:
    """Check that the commit of a deployment follows the deployed commit.

    A run that was repeated, or waited for its approval, may have an older commit: it would revert later changes.

    Raises `ToolError` when the commit is older.
    """
    before = Deployments(github).latest(environment)
    if not before or before == sha:
        return
    comparison = github.find(f"/compare/{before}...{sha}")
    if comparison is None:
        say(f"{environment} runs {before[:12]}, which is not in the repository any more; {sha[:12]} takes its place")
        return
    status = str(comparison["status"])
    if status not in _FOLLOWS:
        raise ToolError(
            f"{environment} already runs {before[:12]}, and {sha[:12]} does not follow it ({status}), so deploying "
            "it would take back what came since. Nothing was changed. Run the workflow on the main branch as it is "
            "now; to take a change back, revert it there."
        )


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


def require_somebody_else(github: GitHub, environment: str, sha: str, approvers: Collection[str]) -> None:
    """Check that somebody approved a deployment, and nobody who wrote what it deploys.

    GitHub keeps only the person who started the run from approving it: on a push the person who merged, not the author.

    Raises `ToolError` otherwise.
    """
    remedy = "Start the workflow anew on the main branch, not this run again: a repeated run keeps its approvals."
    if not approvers:
        raise ToolError(
            f"{environment} is reviewed, and nobody has approved this deployment: somebody has passed the rules by, or "
            f"GitHub does not enforce them (make github CHECK=yes). Nothing was changed. {remedy}"
        )
    if own := sorted(set(approvers) & authors(github, Deployments(github).latest(environment), sha)):
        raise ToolError(
            f"{', '.join(own)} approved the deployment of their own commits to {environment}, so no second person has "
            f"seen it. Nothing was changed. {remedy} Somebody else approves it then."
        )


def authors(github: GitHub, before: str, sha: str) -> set[str]:
    """Logins of the people who wrote or committed what came after a commit; of one commit alone if that is unknown."""
    commits = [github.get(f"/commits/{sha}")]
    if before and github.find(f"/compare/{before}...{sha}") is not None:
        commits += github.pages(f"/compare/{before}...{sha}", "commits")
    people = [commit.get(role) for commit in commits for role in ("author", "committer")]
    return {str(person["login"]) for person in people if person}
