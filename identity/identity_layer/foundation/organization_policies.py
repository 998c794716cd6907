"""Organisation policies on the project: Google refuses what they forbid to everybody, whatever roles they have.

They are set on the project, not on the organisation: other projects are not this design's business. Only an
administrator with roles/orgpolicy.policyAdmin on the organisation changes them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.foundation.federation import ISSUER
from identity_layer.foundation.foundation_settings import FoundationSettings

# Constraint to the reason; https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints.
ENFORCED: dict[str, str] = {
    "iam.disableServiceAccountKeyCreation": "access is keyless",
    "iam.disableServiceAccountKeyUpload": "a key made elsewhere is a key as well",
    "iam.automaticIamGrantsForDefaultServiceAccounts": "default accounts would become editors of the project",
    "compute.skipDefaultNetworkCreation": "the default network lets everything in it talk to everything",
    "compute.disableSerialPortAccess": "a way into machines past the network",
    "compute.requireOsLogin": "logging in to a machine is a matter of IAM",
    "sql.restrictPublicIp": "databases have private addresses only",
    "sql.restrictAuthorizedNetworks": "no address on the internet is let in to a database",
    "storage.publicAccessPrevention": "no bucket is public",
    "storage.uniformBucketLevelAccess": "access to objects is a matter of IAM, not of a list per object",
}

# What these prevent is made with the API of Compute and not taken back later, so they go before it.
FIRST = ("compute.skipDefaultNetworkCreation", "iam.automaticIamGrantsForDefaultServiceAccounts")


@dataclass(frozen=True)
class OrganizationPoliciesArgs:
    """Arguments of OrganizationPolicies.

    Attributes:
        project: the project's ID.
        customer_id: of the directory whose members, alone, may be granted something.
        without: constraints that are left out.
        after: resources that must exist before (the API).
    """

    project: str
    customer_id: str
    after: Sequence[pulumi.Resource]
    without: Collection[str] = ()


class OrganizationPolicies(pulumi.ComponentResource):
    """All of ENFORCED, and the lists of values that are allowed; `first` are the policies of FIRST."""

    def __init__(self, name: str, args: OrganizationPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:OrganizationPolicies", name, None, opts)
        yes = gcp.orgpolicy.PolicySpecRuleArgs(enforce="TRUE")
        rules = {
            **dict.fromkeys(ENFORCED, yes),
            "iam.workloadIdentityPoolProviders": _allowed(ISSUER),
            "iam.allowedPolicyMemberDomains": _allowed(args.customer_id),
            "compute.vmExternalIpAccess": gcp.orgpolicy.PolicySpecRuleArgs(deny_all="TRUE"),
        }
        for constraint in sorted(args.without):
            del rules[constraint]
            pulumi.log.warn(f"{constraint} is not enforced in {args.project}: identity:organization.without names it.")
        policies = {
            constraint: gcp.orgpolicy.Policy(
                f"{name}-{constraint}",
                name=f"projects/{args.project}/policies/{constraint}",
                parent=f"projects/{args.project}",
                spec=gcp.orgpolicy.PolicySpecArgs(rules=[rule]),
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
            )
            for constraint, rule in rules.items()
        }
        self.first = [policies[constraint] for constraint in FIRST]
        self.register_outputs({})


def create(
    settings: FoundationSettings, parent: pulumi.Resource, after: Sequence[pulumi.Resource]
) -> OrganizationPolicies | None:
    """The organisation policies of the project, when it is in an organisation; `after` is their API."""
    if not settings.organization:
        return None
    organization = settings.organization
    arguments = OrganizationPoliciesArgs(settings.project, organization.customer_id, after, organization.without)
    return OrganizationPolicies("organization", arguments, opts=pulumi.ResourceOptions(parent=parent))


def _allowed(value: str) -> gcp.orgpolicy.PolicySpecRuleArgs:
    values = gcp.orgpolicy.PolicySpecRuleValuesArgs(allowed_values=[value])
    return gcp.orgpolicy.PolicySpecRuleArgs(values=values)
