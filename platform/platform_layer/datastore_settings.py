"""What a stack may say about its datastores."""

from pydantic import Field

from platform_layer.values import DatabaseName, Document, PostgresVersion, Tier


class DatabaseInstance(Document):
    """One PostgreSQL instance and the databases in it."""

    version: PostgresVersion
    tier: Tier
    databases: list[DatabaseName] = Field(min_length=1)
    highly_available: bool = True
