"""What a stack may say about the namespaces of its apps."""

from pydantic import Field

from platform_layer.values import Document, Quantity


class Quota(Document):
    """What one app's namespace may use at most: CPU cores, bytes of memory, number of pods."""

    cpu: Quantity = "4"
    memory: Quantity = "8Gi"
    pods: int = Field(default=20, ge=1, le=1000)
