"""Models of what is fetched from the cloud: allow policies, roles, groups. The caller fetches it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Fetched(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True)


class Binding(_Fetched):
    """Members of one role on one resource under one condition."""

    role: str
    members: tuple[str, ...] = ()
    condition: dict[str, Any] | None = None

    @property
    def expression(self) -> str:
        """Expression of the condition; empty without one."""
        return str((self.condition or {}).get("expression", ""))


class Policy(_Fetched):
    """An allow policy."""

    bindings: tuple[Binding, ...] = ()


class LivePolicy(_Fetched):
    """An allow policy as `gcloud asset search-all-iam-policies --format=json` lists it: `resource` is a full name."""

    resource: str
    policy: Policy = Policy()


class FetchedRole(_Fetched):
    """A role as `roles.get` returns it; a deleted one grants nothing."""

    title: str = ""
    included_permissions: tuple[str, ...] = ()
    deleted: bool = False


class Fetched(_Fetched):
    """Everything that was fetched for one environment.

    Attributes:
        environment: its name.
        policies: the cloud's allow policies, including the policies of resources above the project.
        above: ancestors of the project, nearest first, such as `folders/1`, `organizations/2`.
        roles: roles that policies name, by name; None for a role that could not be read.
        groups: members by group ("group:…"); None where they are not known.
        rbac: Roles and bindings, as the API server of the cluster has them; None where nobody read them.
        existing: whether the directory has a group that a plan names, by group; None where nobody may look it up.
        apis: enabled APIs, such as `iam.googleapis.com`; None where they are not known.
        gaps: data that could not be fetched, a sentence each.
    """

    environment: str
    policies: tuple[LivePolicy, ...] = ()
    above: tuple[str, ...] = ()
    roles: Annotated[dict[str, FetchedRole | None], Field(default_factory=dict)]
    groups: Annotated[dict[str, tuple[str, ...] | None], Field(default_factory=dict)]
    rbac: tuple[dict[str, Any], ...] | None = None
    existing: dict[str, bool | None] = Field(default_factory=dict[str, bool | None])
    apis: tuple[str, ...] | None = None
    gaps: tuple[str, ...] = ()
