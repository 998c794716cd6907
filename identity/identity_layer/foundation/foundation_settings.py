"""Configuration of the foundation: the model of Pulumi.foundation-<environment>.yaml.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Annotated, Self

from pydantic import Field, model_validator

from identity_layer.environment import Environment
from identity_layer.kit.configuration import Section
from identity_layer.kit.domains import Domain
from identity_layer.kit.scalars import EachOnce, NothingIfEmpty
from identity_layer.values import (
    Branch,
    Constraint,
    CustomerId,
    GitHubId,
    GroupEmail,
    OrganizationId,
    PersonEmail,
    ProjectNumber,
    Repository,
    outside,
)


class GitHub(Section):
    """The repository whose workflows may use the CI accounts; the numbers count, the name is for people."""

    repository: Repository
    repository_id: GitHubId
    owner_id: GitHubId
    branch: Branch = "main"


class Owners(Section):
    """Groups of the teams that own the layers and the datastores, and may therefore preview them from a laptop."""

    identity: GroupEmail
    platform: GroupEmail
    storage: GroupEmail

    def by_name(self) -> dict[str, str]:
        """The groups by what they own."""
        return {"identity": self.identity, "platform": self.platform, "storage": self.storage}


class Organization(Section):
    """The organisation that the project is in; without one there are no deny and no organisation policies.

    `without` names constraints that are left out while an existing project is adopted.
    """

    id: OrganizationId
    customer_id: CustomerId
    without: Annotated[list[Constraint], EachOnce] = Field(default_factory=list[Constraint])


# Commands that show a number.
_SHOWN_BY = {
    "github.repositoryId": "gh api repos/OWNER/NAME --jq .id",
    "github.ownerId": "gh api repos/OWNER/NAME --jq .owner.id",
    "projectNumber": "gcloud projects describe",
    "organization.id": "gcloud organizations list",
}
# More than a year, as CIS Google Cloud 2.3 has it for what must be investigated later.
RETENTION_DAYS = 400


class AuditLog(Section):
    """The retention of the audit log; a lock cannot be taken back, and the bucket stays until its last entry ends."""

    retention_days: int = Field(default=RETENTION_DAYS, ge=1, le=3650)
    locked: bool = False


class OnCall(Section):
    """People who may break glass by their own names."""

    people: Annotated[list[PersonEmail], EachOnce] = Field(default_factory=list[str])


OptionalOrganization = Annotated[Organization | None, NothingIfEmpty]


class FoundationSettings(Environment):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    project_number: ProjectNumber = Field(
        examples=['"123456789012"'], description="Number of the project in `gcp:project`, quoted"
    )
    domain: Domain = Field(
        examples=["example.com"], description="Domain of the organisation; groups outside of it are refused"
    )
    administrators: GroupEmail = Field(
        examples=["cloud-administrators@example.com"],
        description="Administrators' group: its members change the foundation. This layer grants it access to all "
        "state buckets only; grant owner and organisation roles outside of this repository. The audit trusts "
        "`cloud-administrators@*`: enter a group of another name in `trusted` of `policies/audit_principals.yaml`",
    )
    alerts: GroupEmail = Field(
        examples=["security-alerts@example.com"],
        description="Group that is alerted to changes that a person must look at",
    )
    github: GitHub = Field(
        alias="github",
        examples=['{repository: example/infrastructure, repositoryId: "456", ownerId: "123"}'],
        description="Repository whose workflows may use the CI accounts: "
        "`{repository, repositoryId, ownerId, branch}`; the IDs count, the name is for people",
    )
    owners: Owners = Field(
        examples=["{identity: security-team@example.com, platform: platform-team@…, storage: database-team@…}"],
        description="Groups of the teams that own the layers, and the datastores (`storage`): "
        "`{identity, platform, storage}`; their people may preview them from a laptop",
    )
    break_glass_group: GroupEmail = Field(
        examples=["break-glass@example.com"],
        description="Group that the deny policy exempts, for emergencies; it has no members on a normal day",
    )
    on_call: OnCall = Field(
        default_factory=OnCall,
        examples=["{people: [jane@example.com]}"],
        description="`{people}`: addresses of people whom the deny policy exempts by name, so that break-glass works "
        "for them within minutes: a new member of a group may have to wait for hours. They hold no role that destroys "
        "on a normal day",
    )
    audit_log: AuditLog = Field(
        default_factory=AuditLog,
        examples=["{retentionDays: 400, locked: true}"],
        description="Retention of the audit log: `{retentionDays, locked}`, 400 days and not locked by default. Once "
        "locked, nobody can shorten it or delete the bucket before its last entry ends; production must lock it",
    )
    keep_default_editor: bool = Field(
        default=False,
        examples=["true"],
        description="Whether the default account of Compute stays an editor of the project; `true` only while machines "
        "of an adopted project run as it",
    )
    organization: OptionalOrganization = Field(
        default=None,
        examples=['{id: "123456789012", customerId: C012ab3cd}'],
        description="Organisation that the project is in: `{id, customerId, without}`; without one there are no deny "
        "and no organisation policies; `without` lists constraints to leave out while an existing project is adopted",
    )

    @model_validator(mode="after")
    def _groups_hold(self) -> Self:
        problems = [*self._swapped(), *self._foreign_groups(), *self._break_glass()]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _swapped(self) -> Iterator[str]:
        """Numbers that stand in two places, of which one belongs to something else."""
        numbers = {"github.repositoryId": self.github.repository_id, "github.ownerId": self.github.owner_id}
        numbers["projectNumber"] = self.project_number
        if self.organization:
            numbers["organization.id"] = self.organization.id
        for (first, one), (second, other) in combinations(sorted(numbers.items()), 2):
            if one == other:
                yield (
                    f"{first} and {second} are both {one!r}, so one of them is something else's number, and the update "
                    f"would fail or admit nobody; see `{_SHOWN_BY[first]}` and `{_SHOWN_BY[second]}`."
                )

    def _foreign_groups(self) -> Iterator[str]:
        groups = {f"owners.{name}": group for name, group in self.owners.by_name().items()}
        groups |= {"administrators": self.administrators, "breakGlassGroup": self.break_glass_group}
        for path, group in groups.items():
            if problem := outside(self.domain, group):
                yield f"{path}: {problem}"
        known = {*groups.values(), self.alerts}
        for person in self.on_call.people:
            if person in known:
                yield (
                    f"onCall.people: {person!r} is a group, and the deny policy would exempt a person whom nobody has; "
                    "name its people, each by their own address."
                )
            elif not person.endswith(f"@{self.domain}"):
                yield (
                    f"onCall.people: {person!r} is outside the domain {self.domain!r}, whose administrators alone "
                    "can suspend an account; name people of that domain."
                )

    def _break_glass(self) -> Iterator[str]:
        """Groups that work day by day, or hear of what happens, and would not be bound by the deny policy."""
        groups = {f"owners.{name}": group for name, group in self.owners.by_name().items()}
        groups |= {"administrators": self.administrators, "alerts": self.alerts}
        for path, group in groups.items():
            if group == self.break_glass_group:
                yield (
                    f"{path}: {group!r} is the break-glass group, which the deny policy does not bind, so its members "
                    "could destroy on a normal day; everybody else needs a group of their own."
                )
