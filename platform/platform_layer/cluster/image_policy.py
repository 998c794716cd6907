"""Which images the cluster runs: those of our own registry, Google's own for the cluster, and the database proxy.

It is the project's Binary Authorization policy, of which a project has one. It judges where an image comes from; that
an app names its image by digest, and from its own team's repository, is judged before a deployment, by the policies.
Attestations of how an image was built need a builder that signs them, which this project does not have.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp


@dataclass(frozen=True)
class ImagePolicyArgs:
    """Arguments of ImagePolicy.

    Attributes:
        project: the project's ID.
        repositories: addresses of repositories; every image in them is let in.
        images: further images, by digest.
    """

    project: str
    repositories: Sequence[str]
    images: Sequence[str]


class ImagePolicy(pulumi.ComponentResource):
    """The policy; the cluster is told to enforce it (cluster.py)."""

    def __init__(self, name: str, args: ImagePolicyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:ImagePolicy", name, None, opts)
        patterns = [*(f"{repository}/**" for repository in args.repositories), *args.images]
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
            # Its end would be the default policy, which lets everything in.
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.register_outputs({})
