"""Jobs of GitHub that may use a CI account, as the attribute `job` of their token: see foundation/federation.py."""

# The workflows of these names are in .github/workflows.
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


def previewing(branch: str, owner: str, environment: str) -> dict[str, str]:
    """The jobs that may use a preview account, by a name for the grant.

    Of a pull request, whose program and workflow file are the author's, it is the job in the account's own environment:
    it reads this one layer of this one environment, and GitHub asks for the review that the environment demands.
    """
    proposal = f"preview.yml:environment:preview-{owner}-{environment}:pull_request"
    return {"pull-request": proposal, **{name: f"{name}.yml:refs/heads/{branch}" for name in READING}}
