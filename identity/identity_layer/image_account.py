"""A team's account for pushing images: keyless, used by the team's people, and bound to the team's own repository.

It is not the account that deploys: whoever builds cannot change what runs, and whoever deploys cannot change an image.
"""

import pulumi_gcp as gcp

from identity_layer import grants
from identity_layer.base import Base
from identity_layer.ci_account import TOKEN_CREATOR
from identity_layer.service_account import AccountUser, ServiceAccount, ServiceAccountArgs


def image_account(base: Base, team: str) -> ServiceAccount:
    """The account `images-<team>`; the platform layer makes the repository, which is named after the team."""
    settings = base.settings
    repository = f"projects/{settings.project}/locations/{settings.region}/repositories/{team}"
    return ServiceAccount(
        f"images-{team}",
        ServiceAccountArgs(
            project=settings.project,
            account_id=f"images-{team}",
            display_name=f"Images: {team}",
            description=f"Pushes the images of team {team}; keyless, by impersonation only.",
            after=base.apis.enabled("iam", "iamcredentials", "cloudresourcemanager"),
            conditional_roles=[
                (role, _only(team, repository)) for role in base.project_roles(grants.IMAGE_PUSHER.roles)
            ],
            users={"people": AccountUser(TOKEN_CREATOR, f"group:{settings.teams[team].group}")},
        ),
    )


def _only(team: str, repository: str) -> gcp.projects.IAMMemberConditionArgs:
    """One repository and what is in it; another whose name begins alike is none of it."""
    return gcp.projects.IAMMemberConditionArgs(
        title=f"Repository {team}",
        description="The images of one team's apps.",
        expression=f'resource.name == "{repository}" || resource.name.startsWith("{repository}/")',
    )
