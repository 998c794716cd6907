"""The types of the gcp provider that the sandbox supports, by service; new types are declared here.

Replacement rules and required inputs follow the provider's schema; names and fields follow Google's REST APIs.
"""

from sandbox.plugins.gcp.catalog import (
    binaryauthorization,
    certificates,
    compute,
    container,
    dns,
    iam,
    kms,
    loadbalancing,
    operations,
    projects,
    pubsub,
    secrets,
    sql,
    storage,
)
from sandbox.plugins.gcp.types import ResourceType

_SERVICES = (
    projects,
    iam,
    secrets,
    compute,
    container,
    sql,
    storage,
    kms,
    operations,
    pubsub,
    binaryauthorization,
    dns,
    certificates,
    loadbalancing,
)

TYPES: dict[str, ResourceType] = {kind.type: kind for service in _SERVICES for kind in service.TYPES}
