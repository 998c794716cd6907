"""Projects, folders and organisations: APIs, allow policies, audit logs."""

from collections.abc import Mapping
from typing import Any

from sandbox.cloud.services import agents
from sandbox.plugins.gcp.members import (
    PROJECT_MEMBER,
    AbsentMemberType,
    AuditConfigType,
    BindingType,
    MemberType,
    WholePolicyType,
)
from sandbox.plugins.gcp.special import CONNECTION, SERVICE
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties


class _IdentityType(ResourceType):
    """Service agent of an API in a project; it is made once and never deleted."""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Makes the agent, unless it exists."""
        identity = session.call("serviceusage.services.generateServiceIdentity", self.rest_name(inputs))
        return self.pulumi_id(inputs), _with_address(inputs, identity["email"])

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the state: Google has no method that reads a service agent."""
        del resource_id
        return inputs, _with_address(inputs, agents.address(session.cloud.store, str(inputs["service"])))

    def body_of(self, session: Session, resource_id: str, inputs: Properties) -> Properties | None:
        """Returns None: a service agent has no body beyond API and project."""
        del session, resource_id, inputs

    def delete(self, session: Session, state: Properties) -> None:
        """Does nothing: the agent stays."""
        del session, state


def _with_address(inputs: Properties, email: str) -> Properties:
    return {**inputs, "email": email, "member": f"serviceAccount:{email}"}


_AUDIT_CONFIG = AuditConfigType(
    type="gcp:projects/iAMAuditConfig:IAMAuditConfig",
    kind="cloudresourcemanager.projects",
    name="projects/{project}",
    id="{project}/audit_config/{service}",
    required=("auditLogConfigs", "project", "service"),
    replace_on=frozenset({"project"}),
)
_ABSENT = AbsentMemberType(
    type="gcp:projects/iamMemberRemove:IamMemberRemove",
    kind="cloudresourcemanager.projects",
    name="projects/{project}",
    id="{project}/{member}/{role}",
    inherits=(),
    required=("member", "project", "role"),
    replace_on=frozenset({"member", "project", "role"}),
)
_BINDING = BindingType(
    type="gcp:projects/iAMBinding:IAMBinding",
    kind="cloudresourcemanager.projects",
    name="projects/{project}",
    id="{project}/{role}",
    required=("members", "project", "role"),
    replace_on=frozenset({"condition", "project", "role"}),
)
_POLICY = WholePolicyType(
    type="gcp:projects/iAMPolicy:IAMPolicy",
    kind="cloudresourcemanager.projects",
    name="projects/{project}",
    id="{project}",
    required=("policyData", "project"),
    replace_on=frozenset({"project"}),
)
_IDENTITY = _IdentityType(
    type="gcp:projects/serviceIdentity:ServiceIdentity",
    kind="serviceusage.services",
    name="projects/{project}/services/{service}",
    required=("service",),
    replace_on=frozenset({"project", "service"}),
    autoname="",
)
_ORGANISATION_MEMBER = MemberType(
    type="gcp:organizations/iAMMember:IAMMember",
    kind="cloudresourcemanager.organizations",
    name="organizations/{orgId}",
    id="{orgId}/{role}/{member}",
    inherits=(),
    required=("member", "orgId", "role"),
    replace_on=frozenset({"condition", "member", "orgId", "role"}),
)


class _FolderMemberType(MemberType):
    """A member of a folder's policy; the program declares the folder by number or name."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the folder's name."""
        return {**inputs, "folder": f"folders/{str(inputs['folder']).removeprefix('folders/')}"}


_FOLDER_MEMBER = _FolderMemberType(
    type="gcp:folder/iAMMember:IAMMember",
    kind="cloudresourcemanager.folders",
    name="{folder}",
    id="{folder}/{role}/{member}",
    inherits=(),
    required=("folder", "member", "role"),
    replace_on=frozenset({"condition", "folder", "member", "role"}),
)

TYPES = (
    SERVICE,
    _ORGANISATION_MEMBER,
    _FOLDER_MEMBER,
    PROJECT_MEMBER,
    _ABSENT,
    _BINDING,
    _POLICY,
    _AUDIT_CONFIG,
    _IDENTITY,
    CONNECTION,
)
