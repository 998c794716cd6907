"""The contract of the foundation towards the layer's daily work: its fields, and their values.

It holds names and addresses only, never a secret. Its JSON schema is contract-foundation.schema.json.
"""

from typing import Literal

from pydantic import Field

from identity_layer.contract_parts import ProjectPart
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit.addresses import GroupAddress
from identity_layer.kit.producer import Published


class GitHubPart(Published):
    """The repository whose workflows use the CI accounts."""

    repository: str = Field(description="Name of the repository, for people")
    repository_id: str = Field(description="Numeric ID of the repository")
    owner_id: str = Field(description="Numeric ID of the repository's owner")
    branch: str = Field(description="Branch from which is deployed")


class FoundationContract(Published):
    """Contract of the foundation towards the layer's daily work."""

    contract: Literal["foundation"] = Field(default="foundation", description="Name of the contract")
    version: Literal[1] = Field(default=1, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    github: GitHubPart = Field(description="The repository whose workflows use the CI accounts")
    owners: dict[str, GroupAddress] = Field(description="Addresses of the owning teams' groups, by what they own")
    break_glass_group: GroupAddress = Field(description="Address of the group that the deny policy exempts")
    break_glass_people: list[str] = Field(description="Addresses of the people whom the deny policy exempts")


def build(settings: FoundationSettings) -> FoundationContract:
    """The contract for a stack's settings."""
    github = settings.github
    return FoundationContract(
        project=ProjectPart(
            id=settings.project, number=settings.project_number, region=settings.region, domain=settings.domain
        ),
        github=GitHubPart(
            repository=github.repository,
            repository_id=github.repository_id,
            owner_id=github.owner_id,
            branch=github.branch,
        ),
        owners=settings.owners.by_name(),
        break_glass_group=settings.break_glass_group,
        break_glass_people=settings.on_call.people,
    )
