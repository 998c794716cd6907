"""The document: who holds what, complete enough to answer every question without anything else.

Published as JSON with a schema (`access.schema.json`). Everything is listed once: grants name roles, principals and
resources by their identifiers. Conditions are judged beforehand for every resource that they can matter on, so that a
reader needs no CEL.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VERSION = 1


class Verdict(StrEnum):
    """Whether something is allowed.

    `part`: not on the resource as such, but on some of what is in it. `maybe`: if something holds that only a request
    tells, such as which roles it grants. What is not understood is `maybe` as well: nothing is hidden by it.
    """

    NO = "no"
    PART = "part"
    MAYBE = "maybe"
    YES = "yes"

    @property
    def rank(self) -> int:
        """From `no` to `yes`."""
        return list(Verdict).index(self)


PrincipalId = Annotated[str, Field(description="A member as policies name it", examples=["group:shop@example.com"])]
ResourceId = Annotated[str, Field(description="A full resource name", examples=["//iam.googleapis.com/projects/p/…"])]
RoleId = Annotated[str, Field(description="A role as policies name it, or a Role of the cluster")]
Permission = Annotated[str, Field(description="As roles name it", examples=["cloudsql.instances.delete"])]


class Entry(BaseModel):
    """Common settings of all parts of the document."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class Project(Entry):
    """The Google Cloud project."""

    id: str
    number: str = ""


class Principal(Entry):
    """Somebody who may hold something."""

    id: PrincipalId
    kind: Literal["user", "group", "account", "agent", "workload", "job", "federated", "public", "other"]
    name: str = Field(description="In plain words, such as `account platform-deploy`")
    is_in: tuple[PrincipalId, ...] = Field(
        default=(), description="Every principal whose grants hold for it too, also by way of others"
    )
    members: tuple[PrincipalId, ...] | None = Field(
        default=None, description="Of a group: who is directly in it; null where nobody could tell, and for no group"
    )


class Role(Entry):
    """Contents of a role."""

    title: str = ""
    permissions: tuple[Permission, ...] | None = Field(description="Sorted; null for a role that could not be read")


class Resource(Entry):
    """Something that access is about."""

    id: ResourceId
    name: str = Field(description="In plain words, such as `secret contract-identity`")
    parent: ResourceId | None = Field(default=None, description="What is granted there holds here too")


class Condition(Entry):
    """Condition that a grant or a deny rule is bound to."""

    title: str = ""
    expression: str
    verdict: Verdict = Field(description="On the resource of the grant, and where no other one is listed")
    elsewhere: dict[ResourceId, Verdict] = Field(
        default_factory=dict[ResourceId, Verdict], description="Below it, where it differs"
    )

    def on(self, resource: str) -> Verdict:
        """Whether it holds on a resource."""
        return self.elsewhere.get(resource, self.verdict)

    @property
    def may_hold(self) -> bool:
        """Whether it may hold anywhere."""
        return any(verdict is not Verdict.NO for verdict in (self.verdict, *self.elsewhere.values()))


class Grant(Entry):
    """One role for one principal on one resource; on everything below it, too."""

    principal: PrincipalId
    role: RoleId
    resource: ResourceId
    condition: Condition | None = None
    declared: str = Field(default="", description="The URN of what declares it; empty for a grant that no state has")


class Denial(Entry):
    """A rule of a deny policy; it goes before every grant."""

    policy: str
    rule: str
    resource: ResourceId
    permissions: tuple[Permission, ...] = Field(
        description="Those that any role here contains; patterns are written out"
    )
    principals: tuple[PrincipalId, ...]
    exceptions: tuple[PrincipalId, ...] = ()
    condition: Condition | None = None


class Becoming(Entry):
    """One principal can act as another, and so do what that one can."""

    source: PrincipalId
    target: PrincipalId
    verdict: Verdict
    how: str = Field(description="In plain words, with the permission and the grant that lets it")
    by: str = Field(description="The same without the two: by what, and where that is held")
    permission: str = Field(default="", description="By which permission; empty for a right in the cluster")


class Rule(Entry):
    """A rule of a Role; `*` is any."""

    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    names: tuple[str, ...] = Field(default=(), description="The only objects that it holds for; empty for all")


class Binding(Entry):
    """A Role of the cluster for one principal."""

    principal: PrincipalId
    role: RoleId
    namespace: str = Field(default="", description="Where; empty for the whole cluster")
    name: str = Field(description="The binding's own name")
    declared: str = ""


class Cluster(Entry):
    """Grants of Kubernetes' own access control. IAM's permissions on the project hold besides: either suffices."""

    id: ResourceId
    roles: dict[RoleId, tuple[Rule, ...] | None] = Field(description="Null: its rules are not known")
    bindings: tuple[Binding, ...] = ()
    verbs: dict[str, str] = Field(description="Kubernetes' verb to the one of IAM's permissions")
    subresources: dict[str, str] = Field(
        description="`verb resource/subresource` to IAM's permission, in small letters"
    )


class Federation(Entry):
    """A way in for tokens of another issuer, such as GitHub: whom it lets in at all."""

    provider: str
    issuer: str = ""
    condition: str = Field(default="", description="What a token has to say; empty lets in every token of the issuer")


class Document(Entry):
    """All of it."""

    version: Literal[1]
    environment: str
    at: AwareDatetime = Field(description="When it was asked; conditions on time are judged for this moment")
    project: Project
    gaps: tuple[str, ...] = Field(default=(), description="What nobody could tell, a sentence each")
    principals: tuple[Principal, ...]
    roles: dict[RoleId, Role]
    resources: tuple[Resource, ...]
    grants: tuple[Grant, ...]
    denials: tuple[Denial, ...] = ()
    becoming: tuple[Becoming, ...] = ()
    federations: tuple[Federation, ...] = ()
    cluster: Cluster | None = None
