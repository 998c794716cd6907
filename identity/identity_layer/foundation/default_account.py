"""The default account of Compute without its role: Google makes it an editor of the project with the API of Compute.

Without an organisation no policy prevents that, and a policy does not take back what an existing project has. An editor
reads every secret's metadata, changes every machine and, by Google's default grants, owns the buckets of the project.
Nothing here runs as this account: nodes have one of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

EDITOR = "roles/editor"


@dataclass(frozen=True)
class DefaultAccountArgs:
    """Arguments of DefaultAccount.

    Attributes:
        project: the project's ID.
        number: the project's number.
        after: the API with which Google makes the account.
    """

    project: str
    number: str
    after: Sequence[pulumi.Resource]


class DefaultAccount(pulumi.ComponentResource):
    """The absence of a grant: an update takes it away whenever a refresh finds it."""

    def __init__(self, name: str, args: DefaultAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:DefaultAccount", name, None, opts)
        gcp.projects.IamMemberRemove(
            name,
            project=args.project,
            role=EDITOR,
            member=f"serviceAccount:{args.number}-compute@developer.gserviceaccount.com",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})
