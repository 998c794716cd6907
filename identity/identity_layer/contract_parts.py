"""Parts that several contracts of this layer have."""

from typing import Self

from pydantic import Field

from identity_layer import names
from identity_layer.kit.addresses import AccountAddress, HostName
from identity_layer.kit.producer import Published
from identity_layer.upstream import Project


class ProjectPart(Published):
    """The Google Cloud project of the environment."""

    id: str = Field(description="ID of the Google Cloud project")
    number: str = Field(description="Number of that project")
    region: str = Field(description="Region of the environment")
    domain: HostName = Field(description="Domain of the organisation, to which every group belongs")

    @classmethod
    def of(cls, project: Project) -> Self:
        """The project as the foundation describes it."""
        return cls(id=project.id, number=project.number, region=project.region, domain=project.domain)


class CiPair(Published):
    """The addresses of two service accounts of CI."""

    preview: AccountAddress = Field(description="Address of the account that plans and only reads")
    deploy: AccountAddress = Field(description="Address of the account that deploys")

    @classmethod
    def of(cls, project: str, owner: str) -> Self:
        """The accounts of an owner, such as `platform` or `apps-shop`."""
        return cls(
            preview=names.account_email(project, f"{owner}-preview"),
            deploy=names.account_email(project, f"{owner}-deploy"),
        )
