"""Configuration of the stack with the datastores: the model of Pulumi.storage-<environment>.yaml.

The settings of one datastore are in datastore_settings.py.
"""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from platform_layer.environment import Environment
from platform_layer.storage import datastore_settings
from platform_layer.storage.datastore_settings import Datastore
from platform_layer.values import InstanceName

# https://cloud.google.com/sql/docs/postgres/instance-settings#instance-id-2ndgen: with its project and a colon.
LONGEST_CONNECTION_NAME = 98


class StorageSettings(Environment):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    datastores: dict[InstanceName, Datastore] = Field(
        default_factory=dict[str, Datastore],
        examples=[
            (
                "{orders: {owner: database, version: POSTGRES_17, tier: db-custom-2-7680, databases: [orders], "
                "objectives: {dataLossMinutes: 5, downtimeMinutes: 10}}}"
            )
        ],
        description="PostgreSQL instances by name: `{owner, version, tier, databases, objectives, highlyAvailable, "
        "backups, maintenance, freeze, source, structure, standby, readOnly, retire}`; each is explained in "
        "[DATASTORES.md](DATASTORES.md)",
    )

    @property
    def instance_of(self) -> dict[str, str]:
        """Name of a database to the name of the datastore that serves it."""
        return datastore_settings.serving(self.datastores)

    def _long_names(self) -> Iterator[str]:
        for name in self.datastores:
            connection = f"{self.project}:{name}"
            if len(connection) > LONGEST_CONNECTION_NAME:
                yield (
                    f"datastores.{name}: {connection!r} has {len(connection)} characters, more than the "
                    f"{LONGEST_CONNECTION_NAME} that Google takes for project and instance; choose a shorter name."
                )

    @model_validator(mode="after")
    def _datastores_fit_together(self) -> Self:
        problems = [*datastore_settings.problems(self.datastores), *self._long_names()]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self
