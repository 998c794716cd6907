"""The repository of a team's images: one for each team, so that no team can write another's.

Tags are immutable: the reviewed image is the one that runs. The team's contract has the account as which its builds
push; the grant is made here, beside the repository, since a condition on the project could not name one.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

UNTAGGED_DAYS = 30
VERSIONS_KEPT = 20
# Pushes and tags; it deletes nothing.
WRITER = "roles/artifactregistry.writer"


@dataclass(frozen=True)
class RegistryArgs:
    """Arguments of Registry.

    Attributes:
        project: the project's ID.
        region: of the images.
        team: the owner, whose name the repository has.
        pusher: the account as which the team's builds push; None while nothing builds.
        key: resource name of the key that encrypts the images.
    """

    project: str
    region: str
    team: str
    pusher: str | None
    key: str


class Registry(pulumi.ComponentResource):
    """The repository of a team, and who pushes into it."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Registry", name, None, opts)
        repository = gcp.artifactregistry.Repository(
            f"{name}-{args.team}",
            repository_id=args.team,
            project=args.project,
            location=args.region,
            description=f"Images of the apps of the team {args.team}",
            format="DOCKER",
            mode="STANDARD_REPOSITORY",
            kms_key_name=args.key,
            docker_config=gcp.artifactregistry.RepositoryDockerConfigArgs(immutable_tags=True),
            # Inherited from the project, whose scanning API the identity layer enables.
            vulnerability_scanning_config=gcp.artifactregistry.RepositoryVulnerabilityScanningConfigArgs(
                enablement_config="INHERITED"
            ),
            cleanup_policies=_cleaning_up(),
            cleanup_policy_dry_run=False,
            labels={"layer": "platform", "team": args.team},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        if args.pusher is not None:
            gcp.artifactregistry.RepositoryIamMember(
                f"{name}-{args.team}-builds",
                project=args.project,
                location=args.region,
                repository=args.team,
                role=WRITER,
                member=f"serviceAccount:{args.pusher}",
                opts=pulumi.ResourceOptions(parent=self, depends_on=[repository]),
            )
        self.register_outputs({})


def _cleaning_up() -> list[gcp.artifactregistry.RepositoryCleanupPolicyArgs]:
    """Removes what no tag names any more and is old; never a tagged image, and never the latest versions."""
    return [
        gcp.artifactregistry.RepositoryCleanupPolicyArgs(
            id="delete-untagged",
            action="DELETE",
            condition=gcp.artifactregistry.RepositoryCleanupPolicyConditionArgs(
                tag_state="UNTAGGED", older_than=f"{UNTAGGED_DAYS * 24 * 3600}s"
            ),
        ),
        gcp.artifactregistry.RepositoryCleanupPolicyArgs(
            id="keep-latest",
            action="KEEP",
            most_recent_versions=gcp.artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(
                keep_count=VERSIONS_KEPT
            ),
        ),
    ]
