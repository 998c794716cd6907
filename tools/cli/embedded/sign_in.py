"""Sign-in to the sandbox as GitHub's workflows sign in to Google Cloud: by the token of a job, without a key.

The token has the claims of GitHub's token for the job of the committed workflows that previews or deploys a stack. The
workload identity provider and the account's policy, which the identity layer made, decide whether they admit it.
"""

import time
from pathlib import Path

from cli.layout import Kind, Stack, federation, github
from sandbox.cloud import github as tokens
from sandbox.cloud.store import Json

# An interactive shell must outlive GitHub's five minutes; a job there asks for a new token instead.
_LIFETIME = 24 * 3600


def claims(stack: Stack, kind: Kind) -> Json:
    """Claims of GitHub's token for the job that previews or deploys a stack.

    https://docs.github.com/en/actions/reference/security/oidc
    """
    repository = github(stack.environment)
    owner = repository.repository.partition("/")[0]
    branch = f"refs/heads/{repository.branch}"
    of_kind: dict[Kind, Json] = {
        "preview": {
            "sub": f"repo:{repository.repository}:environment:{stack.previewed_in()}",
            "environment": stack.previewed_in(),
            "event_name": "pull_request",
            "ref": "refs/pull/1/merge",
            "base_ref": repository.branch,
            "head_ref": "change",
            "job_workflow_ref": f"{repository.repository}/.github/workflows/preview.yml@refs/pull/1/merge",
        },
        "deploy": {
            "sub": f"repo:{repository.repository}:environment:{stack.owner()}-{stack.environment}",
            "event_name": "push",
            "ref": branch,
            "environment": f"{stack.owner()}-{stack.environment}",
            "job_workflow_ref": f"{repository.repository}/.github/workflows/deploy.yml@{branch}",
        },
    }
    return {
        "aud": f"https://iam.googleapis.com/{federation(stack.environment)}",
        "repository": repository.repository,
        "repository_id": repository.repository_id,
        "run_id": "1",
        "repository_owner": owner,
        "repository_owner_id": repository.owner_id,
        "actor": "octocat",
        "ref_type": "branch",
        "runner_environment": "github-hosted",
        **of_kind[kind],
    }


def sign_in(folder: Path, stack: Stack, kind: Kind) -> Path:
    """Write the credentials with which a job acts as a stack's account; return their path.

    Args:
        folder: folder of the sandbox.
        stack: a stack of the sandbox.
        kind: which of the stack's two accounts.
    """
    token = tokens.github_token({**claims(stack, kind), "exp": int(time.time()) + _LIFETIME})
    target = folder / "credentials" / f"{stack.owner()}-{kind}"
    return tokens.write_credentials(target, federation(stack.environment), token, stack.account(kind))
