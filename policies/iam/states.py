"""What states tell about access, beside grants: which resources there are, custom roles, deny policies, ways in.

Names follow from what a program declares, not from ids, so that a planned resource has one too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

from audit import facts as audit
from audit.facts import Facts
from engine.inputs import at, items, mapping
from iam import names
from iam.document import Federation, Role
from policy_pack.rule import Member, Stack
from policy_pack.waivers import Waivers

_NAMESPACE = "kubernetes:core/v1:Namespace"
_CLUSTER = "gcp:container/cluster:Cluster"
_PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
_BUCKET = "gcp:storage/bucket:Bucket"
# Type to service and relative name; what is in braces is an output.
_NAMES = {
    "gcp:artifactregistry/repository:Repository": (
        "artifactregistry",
        "projects/{project}/locations/{location}/repositories/{repositoryId}",
    ),
    "gcp:compute/firewall:Firewall": ("compute", "projects/{project}/global/firewalls/{name}"),
    "gcp:compute/network:Network": ("compute", "projects/{project}/global/networks/{name}"),
    "gcp:compute/subnetwork:Subnetwork": ("compute", "projects/{project}/regions/{region}/subnetworks/{name}"),
    _CLUSTER: ("container", "projects/{project}/locations/{location}/clusters/{name}"),
    "gcp:dns/managedZone:ManagedZone": ("dns", "projects/{project}/managedZones/{name}"),
    "gcp:gkebackup/backupPlan:BackupPlan": (
        "gkebackup",
        "projects/{project}/locations/{location}/backupPlans/{name}",
    ),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": (
        "iam",
        "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}",
    ),
    "gcp:kms/cryptoKey:CryptoKey": ("cloudkms", "{keyRing}/cryptoKeys/{name}"),
    "gcp:kms/keyRing:KeyRing": ("cloudkms", "projects/{project}/locations/{location}/keyRings/{name}"),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": (
        "logging",
        "projects/{project}/locations/{location}/buckets/{bucketId}",
    ),
    "gcp:pubsub/subscription:Subscription": ("pubsub", "projects/{project}/subscriptions/{name}"),
    "gcp:pubsub/topic:Topic": ("pubsub", "projects/{project}/topics/{name}"),
    "gcp:secretmanager/secret:Secret": ("secretmanager", "projects/{project}/secrets/{secretId}"),
    audit.ACCOUNT: ("iam", "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com"),
    "gcp:sql/database:Database": ("sqladmin", "projects/{project}/instances/{instance}/databases/{name}"),
    "gcp:sql/databaseInstance:DatabaseInstance": ("sqladmin", "projects/{project}/instances/{name}"),
    _BUCKET: ("storage", "projects/_/buckets/{name}"),
}


@dataclass(frozen=True)
class Denying:
    """A rule of a deny policy as the policy has it."""

    policy: str
    description: str
    resource: str
    rule: dict[str, Any]


class States:
    """The states of all layers, merged.

    Args:
        members: every resource.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members
        self.facts: Facts = audit.facts(Stack(members, Waivers([], date.min)))

    @property
    def project(self) -> str:
        """The Google Cloud project."""
        return self.facts.project

    @property
    def number(self) -> str:
        """Its number; empty when no contract tells."""
        return self.facts.number

    def resources(self) -> Iterator[str]:
        """The full names of those that access is about; one whose name only the update knows is left out."""
        for each in self.members:
            if (found := _NAMES.get(each.type)) and (relative := self._filled(found[1], each.fields)):
                yield names.canonical(f"//{found[0]}.googleapis.com/{relative}", self.project, self.number)

    def _filled(self, pattern: str, outputs: dict[str, Any]) -> str:
        known = {"project": self.project, **outputs}
        parts = re.findall(r"\{(\w+)\}", pattern)
        return pattern.format(**known) if all(isinstance(known.get(part), str) for part in parts) else ""

    @property
    def cluster(self) -> str:
        """The full name of the cluster; empty where there is none."""
        return next((name for name in self.resources() if "/clusters/" in name), "")

    def namespaces(self) -> Iterator[str]:
        """The cluster's namespaces that states declare, and those that its workloads run in."""
        declared = {str(at(each.fields, "metadata.name")) for each in self.members if each.type == _NAMESPACE}
        return iter(sorted(declared))

    def roles(self) -> dict[str, Role]:
        """Custom roles, by their full names."""
        found: dict[str, Role] = {}
        for each in self.members:
            if each.type in audit.ROLES:
                outputs = each.fields
                name = f"organizations/{outputs['orgId']}" if outputs.get("orgId") else f"projects/{self.project}"
                permissions = sorted({str(permission) for permission in items(outputs.get("permissions"))})
                full = f"{name}/roles/{outputs.get('roleId')}"
                found[full] = Role(title=str(outputs.get("title") or ""), permissions=tuple(permissions))
        return found

    def denials(self) -> Iterator[Denying]:
        """The rules of all deny policies."""
        for each in self.members:
            if each.type == audit.DENY:
                point = names.canonical(f"//{unquote(str(each.fields.get('parent')))}", self.project, self.number)
                for rule in items(each.fields.get("rules")):
                    fields = mapping(rule)
                    description = str(fields.get("description") or "")
                    denying = mapping(fields.get("denyRule"))
                    yield Denying(str(each.fields.get("name") or each.name), description, point, denying)

    def federations(self) -> Iterator[Federation]:
        """The ways in for tokens of another issuer."""
        for each in self.members:
            if each.type == _PROVIDER:
                yield Federation(
                    provider=str(each.fields.get("name") or each.name),
                    issuer=str(at(each.fields, "oidc.issuerUri") or ""),
                    condition=str(each.fields.get("attributeCondition") or ""),
                )

    def rbac(self, kind: str) -> Iterator[Member]:
        """Roles (`Role`, `ClusterRole`) and bindings of the cluster, by kind."""
        return (each for each in self.members if each.type == f"{audit.RBAC}{kind}")
