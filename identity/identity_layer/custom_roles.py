"""The project's custom roles: the gaps between the predefined ones, which are too wide for what this design promises.

Each names its permissions one by one. No role deletes a database, a cluster, a network or a contract: what must never
happen by accident is not possible by accident, and a planned removal starts with a reviewed change of this file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp


@dataclass(frozen=True)
class RoleDefinition:
    """A custom role.

    Attributes:
        title: its name for people.
        purpose: who needs it and why no predefined role serves.
        permissions: every permission in it.
    """

    title: str
    purpose: str
    permissions: frozenset[str]


def _verbs(resource: str, verbs: str) -> set[str]:
    return {f"{resource}.{verb}" for verb in verbs.split()}


def _each(service: str, kinds: Iterable[str], verbs: str) -> set[str]:
    return {permission for kind in kinds for permission in _verbs(f"{service}.{kind}", verbs)}


# Kubernetes kinds that the platform layer sets up for an app.
_CLUSTER_KINDS = ("namespaces", "resourceQuotas", "limitRanges", "networkPolicies", "roles", "roleBindings")

_IDENTITY_READS = (
    _verbs("resourcemanager.projects", "get getIamPolicy")
    | _verbs("serviceusage.services", "get list")
    | _verbs("iam.serviceAccounts", "get list getIamPolicy")
    | _verbs("iam.roles", "get list")
    | _verbs("secretmanager.secrets", "get list getIamPolicy")
)

_PLATFORM_READS = (
    _verbs("resourcemanager.projects", "get")
    | _each("compute", ("networks", "subnetworks", "globalAddresses"), "get list")
    | _verbs("servicenetworking.services", "get")
    | _verbs("container.clusters", "connect get list")
    | _each("container", _CLUSTER_KINDS, "get list")
    | _each("cloudsql", ("instances", "databases", "users", "backupRuns"), "get list")
)

ROLES: dict[str, RoleDefinition] = {
    "identityDeploy": RoleDefinition(
        "Identity layer: deploy",
        "Runs the identity layer. The predefined admin roles of these services add keys, secret payloads and API keys.",
        frozenset(
            _IDENTITY_READS
            | _verbs("resourcemanager.projects", "setIamPolicy")
            | _verbs("serviceusage.services", "enable")
            | _verbs("iam.serviceAccounts", "create update delete setIamPolicy")
            | _verbs("iam.roles", "create update delete undelete")
            | _verbs("secretmanager.secrets", "create update setIamPolicy")
        ),
    ),
    "identityPreview": RoleDefinition(
        "Identity layer: preview",
        "Reads what the identity layer manages, to plan a change or to look for drift. Predefined "
        "viewers read far more.",
        frozenset(_IDENTITY_READS),
    ),
    "contractPublisher": RoleDefinition(
        "Contract: publish",
        "Adds a version to one contract and reads it back. It disables or destroys none, unlike the "
        "predefined manager.",
        # The provider enables a version right after it has added it.
        frozenset(_verbs("secretmanager.versions", "add enable get access")),
    ),
    "contractReviewer": RoleDefinition(
        "Contract: review",
        "Compares one published contract with the plan. The predefined accessor lacks the version's metadata.",
        frozenset(_verbs("secretmanager.versions", "get access")),
    ),
    "platformReader": RoleDefinition(
        "Platform: read",
        "Reads the configuration of network, cluster and databases, never their contents: "
        "roles/cloudsql.viewer may export.",
        frozenset(_PLATFORM_READS),
    ),
    "platformNetworkOperator": RoleDefinition(
        "Platform: network",
        "Creates and changes the network and its private services access. roles/compute.networkAdmin "
        "deletes, and has routers, VPNs and more.",
        frozenset(
            _each("compute", ("networks", "subnetworks"), "create get list update use")
            | _verbs("compute.networks", "addPeering updatePeering updatePolicy")
            | _verbs("compute.subnetworks", "expandIpCidrRange setPrivateIpGoogleAccess")
            | _verbs("compute.globalAddresses", "createInternal get list use")
            | _each("compute", ("globalOperations", "regionOperations"), "get")
            | _verbs("servicenetworking.services", "addPeering get")
            | _verbs("servicenetworking.operations", "get")
            | _verbs("resourcemanager.projects", "get")
        ),
    ),
    "platformClusterOperator": RoleDefinition(
        "Platform: cluster",
        "Creates and changes the cluster. roles/container.clusterAdmin deletes it; "
        "roles/container.admin is cluster-admin inside.",
        frozenset(_verbs("container.clusters", "create get list update") | _verbs("container.operations", "get list")),
    ),
    "platformClusterSetup": RoleDefinition(
        "Platform: set-up inside the cluster",
        "Sets up namespaces with their quotas, network policies and RBAC, and no workload, secret or "
        "cluster-wide role.",
        # bind and escalate: the developer roles hold permissions on workloads that the platform itself must not have.
        frozenset(
            _verbs("container.clusters", "connect get")
            | _each("container", _CLUSTER_KINDS, "create delete get list update")
            | _verbs("container.roles", "bind escalate")
        ),
    ),
    "platformDatabaseOperator": RoleDefinition(
        "Cloud SQL without delete",
        "Administers databases without any way to delete, overwrite, export or import data. "
        "roles/cloudsql.editor has all of them.",
        frozenset(
            _verbs("cloudsql.instances", "create get list update restart failover")
            | _each("cloudsql", ("databases", "users"), "create get list update")
            | _verbs("cloudsql.backupRuns", "create get list")
            | _verbs("resourcemanager.projects", "get")
        ),
    ),
}


@dataclass(frozen=True)
class CustomRolesArgs:
    """Arguments of CustomRoles.

    Attributes:
        project: the project's ID.
        after: what must exist before (the APIs).
    """

    project: str
    after: Sequence[pulumi.Resource]


@dataclass(frozen=True)
class Role:
    """A role to be granted.

    Attributes:
        name: as in a policy: "roles/…" or "projects/…/roles/…".
        after: what must exist before a grant of it.
    """

    name: str
    after: tuple[pulumi.Resource, ...] = ()


class CustomRoles(pulumi.ComponentResource):
    """All of ROLES in one project."""

    def __init__(self, name: str, args: CustomRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:CustomRoles", name, None, opts)
        self._project = args.project
        self._roles: Mapping[str, pulumi.Resource] = {
            role_id: gcp.projects.IAMCustomRole(
                f"{name}-{role_id}",
                project=args.project,
                role_id=role_id,
                title=definition.title,
                description=definition.purpose,
                permissions=sorted(definition.permissions),
                stage="GA",
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
            )
            for role_id, definition in ROLES.items()
        }
        self.register_outputs({})

    def role(self, name: str) -> Role:
        """The role of a name as in grants.py: a key of ROLES, or a predefined role."""
        if name.startswith("roles/"):
            return Role(name)
        return Role(f"projects/{self._project}/roles/{name}", (self._roles[name],))
