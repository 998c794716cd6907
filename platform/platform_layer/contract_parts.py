"""Parts that several contracts of this layer have."""

from pydantic import Field

from platform_layer.kit.producer import Published


class ProjectPart(Published):
    """The Google Cloud project of the environment."""

    id: str = Field(description="ID of the Google Cloud project")
    region: str = Field(description="Region of the environment")
