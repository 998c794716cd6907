"""Claims of GitHub's tokens for valid jobs; tests break one of them."""

from typing import Any

from unit.sandbox.cloud.cases import NUMBERED

REPOSITORY = "example/infrastructure"
POOL = "locations/global/workloadIdentityPools/github"
AUDIENCE = f"//iam.googleapis.com/{NUMBERED}/{POOL}/providers/github"
ISSUER = "https://token.actions.githubusercontent.com"
MAIN, FEATURE = "refs/heads/main", "refs/heads/feature"

Claims = dict[str, Any]


def job(file: str, event: str, ref: str, /, **more: object) -> Claims:
    """Claims of GitHub for a job of this repository."""
    environment = more.get("environment")
    subject = (
        f"environment:{environment}" if environment else "pull_request" if event == "pull_request" else f"ref:{ref}"
    )
    return {
        "iss": ISSUER,
        "aud": f"https:{AUDIENCE}",
        "sub": f"repo:{REPOSITORY}:{subject}",
        "jti": "7a1e5c3c-5a4f-4f4f-8f6a-2f1f6f0f9d1e",
        "repository": REPOSITORY,
        "repository_id": "400500600",
        "repository_owner": "example",
        "repository_owner_id": "700800900",
        "repository_visibility": "private",
        "actor": "octocat",
        "actor_id": "583231",
        "event_name": event,
        "ref": ref,
        "ref_type": "branch",
        "ref_protected": "true" if ref == MAIN else "false",
        "workflow": file,
        "workflow_ref": f"{REPOSITORY}/.github/workflows/{file}@{ref}",
        "job_workflow_ref": f"{REPOSITORY}/.github/workflows/{file}@{ref}",
        "runner_environment": "github-hosted",
        "run_id": "8675309",
        "run_attempt": "1",
        **more,
    }


def deploy(owner: str = "platform", event: str = "push", ref: str = MAIN, /, **more: object) -> Claims:
    """The deployment of a layer, or of a team's apps; from the main branch where nothing else is said."""
    return job("deploy.yml", event, ref, **{"environment": f"{owner}-sandbox", **more})


def preview(owner: str = "platform", /, **more: object) -> Claims:
    """The preview of a layer, or of a team's apps, for a pull request."""
    claims = {"environment": f"preview-{owner}-sandbox", "base_ref": "main", "head_ref": "change", **more}
    return job("preview.yml", "pull_request", "refs/pull/7/merge", **claims)
