"""Latest deployment of each environment, as GitHub records it.

GitHub records a deployment for every job that has an environment, with the commit and the result.
https://docs.github.com/en/rest/deployments
"""

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
