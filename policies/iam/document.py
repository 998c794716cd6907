"""The access document: all grants of an environment, complete enough to answer every question about access.

It is published as JSON with a schema (`access.schema.json`). Everything is listed once: grants name roles, principals
and resources by their identifiers. Conditions are evaluated beforehand for every resource that they can hold on, so
that a reader needs no CEL.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VERSION = 1


class Verdict(StrEnum):
    """Verdict on access: `no`, `part`, `maybe` or `yes`.

    `part`: allowed not on the resource itself, but on some of its children. `maybe`: allowed if an attribute holds that
    only a request has, such as the roles that it grants. A condition that cannot be parsed is `maybe` as well, so that
    it hides no access.
    """

    NO = "no"
    PART = "part"
    MAYBE = "maybe"
    YES = "yes"

    @property
    def rank(self) -> int:
        """Position in the order from `no` to `yes`."""
        return list(Verdict).index(self)


PrincipalId = Annotated[str, Field(description="A member as policies name it", examples=["group:shop@example.com"])]
ResourceId = Annotated[str, Field(description="A full resource name", examples=["//iam.googleapis.com/projects/p/…"])]
RoleId = Annotated[str, Field(description="A role as policies name it, or a Role of the cluster")]
Permission = Annotated[str, Field(description="As roles name it", examples=["cloudsql.instances.delete"])]


class Entry(BaseModel):
    """Base of all parts of the document."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class Project(Entry):
    """The Google Cloud project."""

    id: str
    number: str = ""


class Principal(Entry):
    """Principal: a person, group, service account, workload or job that a grant can name."""

    id: PrincipalId
    kind: Literal["user", "group", "account", "agent", "workload", "job", "federated", "public", "other"]
    name: str = Field(description="In plain words, such as `account platform-deploy`")
    is_in: tuple[PrincipalId, ...] = Field(
        default=(), description="Every principal whose grants hold for this one too, also indirectly"
    )
    members: tuple[PrincipalId, ...] | None = Field(
        default=None, description="Direct members of a group; null where they are unknown, and for other kinds"
    )


class Role(Entry):
    """Title and permissions of a role."""

    title: str = ""
    permissions: tuple[Permission, ...] | None = Field(description="Sorted; null for a role that could not be read")


class Resource(Entry):
    """Resource that has an IAM policy, or is above one that has."""

    id: ResourceId
    name: str = Field(description="In plain words, such as `secret contract-identity`")
    parent: ResourceId | None = Field(default=None, description="Its grants are inherited")


class Condition(Entry):
    """Condition of a grant or of a deny rule."""

    title: str = ""
    expression: str
    verdict: Verdict = Field(description="On the grant's resource, and on all below it that are not in `elsewhere`")
    elsewhere: dict[ResourceId, Verdict] = Field(
        default_factory=dict[ResourceId, Verdict], description="On resources below, where it differs"
    )

    def on(self, resource: str) -> Verdict:
        """Return the verdict on a resource."""
        return self.elsewhere.get(resource, self.verdict)

    @property
    def may_hold(self) -> bool:
        """Return whether the condition may hold on any resource."""
        return any(verdict is not Verdict.NO for verdict in (self.verdict, *self.elsewhere.values()))


class Grant(Entry):
    """One role for one principal on one resource and on everything below it."""

    principal: PrincipalId
    role: RoleId
    resource: ResourceId
    condition: Condition | None = None
    declared: str = Field(default="", description="URN of the resource that declares it; empty for an undeclared grant")


class Denial(Entry):
    """A rule of a deny policy; it goes before every grant."""

    policy: str
    rule: str
    resource: ResourceId
    permissions: tuple[Permission, ...] = Field(
        description="Denied permissions that any role here contains; patterns are expanded"
    )
    principals: tuple[PrincipalId, ...]
    exceptions: tuple[PrincipalId, ...] = ()
    condition: Condition | None = None


class PublishedEdge(Entry):
    """Edge of the impersonation graph: the source can act as the target, with all of the target's access."""

    source: PrincipalId
    target: PrincipalId
    verdict: Verdict
    how: str = Field(description="The edge in plain words, with the permission and the grant that allow it")
    by: str = Field(description="The permission or Role that allows it, and where it is granted")
    permission: str = Field(default="", description="The permission that allows it; empty for a binding in the cluster")


class Rule(Entry):
    """Rule of a Role; `*` is any."""

    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    names: tuple[str, ...] = Field(default=(), description="Names of the only objects that it allows; empty for all")


class Binding(Entry):
    """Binding of one principal to a Role of the cluster."""

    principal: PrincipalId
    role: RoleId
    namespace: str = Field(default="", description="Its namespace; empty for the whole cluster")
    name: str = Field(description="The binding's own name")
    declared: str = ""


class Cluster(Entry):
    """RBAC of the cluster. IAM's permissions on the project are evaluated besides it: either suffices."""

    id: ResourceId
    roles: dict[RoleId, tuple[Rule, ...] | None] = Field(description="Rules by Role; null where they are not known")
    bindings: tuple[Binding, ...] = ()
    verbs: dict[str, str] = Field(description="Kubernetes' verb to the verb of IAM's permissions")
    subresources: dict[str, str] = Field(description="`verb resource/subresource` to IAM's permission, in lower case")


class Federation(Entry):
    """Workload identity provider: the issuer that it trusts, such as GitHub, and the tokens that it accepts."""

    provider: str
    issuer: str = ""
    condition: str = Field(default="", description="Attribute condition; empty accepts every token of the issuer")


class Document(Entry):
    """The access document of an environment."""

    version: Literal[1]
    environment: str
    at: AwareDatetime = Field(description="The moment that conditions on time are evaluated for")
    project: Project
    gaps: tuple[str, ...] = Field(default=(), description="Unknown facts, a sentence each")
    principals: tuple[Principal, ...]
    roles: dict[RoleId, Role]
    resources: tuple[Resource, ...]
    grants: tuple[Grant, ...]
    denials: tuple[Denial, ...] = ()
    becoming: tuple[PublishedEdge, ...] = ()
    federations: tuple[Federation, ...] = ()
    cluster: Cluster | None = None
