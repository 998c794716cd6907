"""Latest deployment of each environment, as GitHub records it.

GitHub records a deployment for every job that has an environment, with the commit and the result.
https://docs.github.com/en/rest/deployments
"""

from collections.abc import Collection
from itertools import islice

from cli.github.client import GitHub
from toolchain.errors import ToolError
from toolchain.progress import say

_LOOKED_AT = 30


def deployed(github: GitHub, environment: str) -> str:
    """Commit of the last successful deployment; empty when none of the latest deployments succeeded.

    An older success still counts, although GitHub has marked it inactive since.
    """
    for deployment in islice(github.pages("/deployments", environment=environment), _LOOKED_AT):
        statuses = github.pages(f"/deployments/{deployment['id']}/statuses")
        if any(status["state"] == "success" for status in statuses):
            return str(deployment["sha"])
    return ""


def require_newest(github: GitHub, environment: str, sha: str) -> None:
    """Check that the commit of a deployment follows the deployed commit.

    A run that was repeated, or waited for its approval, may have an older commit: it would revert later changes.

    Raises `ToolError` when the commit is older.
    """
    before = deployed(github, environment)
    if not before or before == sha:
        return
    comparison = github.find(f"/compare/{before}...{sha}")
    if comparison is None:
        say(f"{environment} runs {before[:12]}, which is not in the repository any more; {sha[:12]} takes its place")
        return
    status = str(comparison["status"])
    if status not in ("ahead", "identical"):
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
    if own := sorted(set(approvers) & authors(github, deployed(github, environment), sha)):
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
