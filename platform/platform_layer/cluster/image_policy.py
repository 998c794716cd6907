"""The images that the cluster runs: our own registry's, Google's own for the cluster, and the database proxy.

It is the project's Binary Authorization policy, of which a project has one. It checks the origin of an image, by the
project's registry as a whole: a list of the teams' repositories would make every new team a change of this stack. The
policies check before a deployment that an app pins its image by digest, from its own team's repository.
Attestations of how an image was built need a builder that signs them, which this project does not have.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp


def registry(project: str, region: str) -> str:
    """Address of the project's registry: the prefix of the names of all images; a team's name comes next."""
    return f"{region}-docker.pkg.dev/{project}"


@dataclass(frozen=True)
class ImagePolicyArgs:
    """Arguments of ImagePolicy.

    Attributes:
        project: the project's ID.
        registry: address of the registry; every image in it is admitted.
        images: further images, by digest.
    """

    project: str
    registry: str
    images: Sequence[str]


class ImagePolicy(pulumi.ComponentResource):
    """The policy; the cluster enforces it (cluster.py)."""

    def __init__(self, name: str, args: ImagePolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:ImagePolicy", name, None, opts)
        patterns = [f"{args.registry}/**", *args.images]
        gcp.binaryauthorization.Policy(
            name,
            project=args.project,
            description="Images of our own registry, and of Google for the cluster itself",
            # Google keeps the list of its own images that a cluster needs.
            global_policy_evaluation_mode="ENABLE",
            admission_whitelist_patterns=[
                gcp.binaryauthorization.PolicyAdmissionWhitelistPatternArgs(name_pattern=pattern)
                for pattern in patterns
            ],
            default_admission_rule=gcp.binaryauthorization.PolicyDefaultAdmissionRuleArgs(
                evaluation_mode="ALWAYS_DENY", enforcement_mode="ENFORCED_BLOCK_AND_AUDIT_LOG"
            ),
            # Its end would be the default policy, which admits every image.
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.register_outputs({})
