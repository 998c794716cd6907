"""Jobs of GitHub that may use a CI account, as the attribute `job` of their token: see foundation/federation.py."""

# The workflows of these names are in .github/workflows.
PREVIEW_JOBS = {"pull-request": "preview.yml:pull_request"}
# Jobs of the main branch that read, without an environment: the daily and the weekly look, and the search for changes.
READING = ("drift", "audit", "deploy")


def deploying(branch: str, owner: str, environment: str) -> str:
    """The one job that may use a deploy account: in its protected environment, from the main branch.

    Args:
        branch: of the repository.
        owner: of the account: "identity", "apps-shop".
        environment: of the stacks; with the owner it makes the name of the GitHub environment.
    """
    return f"deploy.yml:environment:{owner}-{environment}:refs/heads/{branch}"


def previewing(branch: str) -> dict[str, str]:
    """The jobs that may use the preview accounts, by a name for the grant."""
    return {**PREVIEW_JOBS, **{name: f"{name}.yml:refs/heads/{branch}" for name in READING}}
