"""Parts that several contracts of this layer have."""

from pydantic import Field

from identity_layer.kit.producer import Published


class ProjectPart(Published):
    """The Google Cloud project of the environment."""

    id: str = Field(description="ID of the Google Cloud project")
    number: str = Field(description="Number of that project")
    region: str = Field(description="Region of the environment")
    domain: str = Field(description="Domain of the organisation, to which every group belongs")
