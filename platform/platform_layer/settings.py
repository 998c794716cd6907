"""Configuration of a stack of this layer: the model of Pulumi.<stack>.yaml, one field per section.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python. Each section has a
file of its own (*_settings.py). The apps and their owners are not configured here: they come from the identity layer
(upstream.py).
"""

from typing import Self

import pulumi
from pydantic import Field, model_validator

from platform_layer.cluster.cluster_settings import ClusterSettings
from platform_layer.data import datastore_settings
from platform_layer.data.datastore_settings import Datastore
from platform_layer.kit import configuration
from platform_layer.kit.adoption import Adopted, ResourceName
from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import PinnedImage, ProjectId, Region
from platform_layer.namespaces import namespace_settings
from platform_layer.namespaces.namespace_settings import AppNamespace, OptionalGateway, Quota
from platform_layer.network.network_settings import NetworkSettings
from platform_layer.values import InstanceName


class Settings(Section):
    """The stack's configuration. Shapes and meanings: the table in README.md."""

    project: ProjectId = Field(examples=["my-project"])
    region: Region = Field(examples=["europe-west4"])
    network: NetworkSettings = Field(
        examples=["{nodes: 10.0.0.0/20, pods: 10.16.0.0/14, services: 10.20.0.0/20, databases: 10.64.0.0/20}"]
    )
    cluster: ClusterSettings = Field(
        default_factory=ClusterSettings,
        examples=["{releaseChannel: REGULAR, maintenance: {days: [SA, SU], start: '01:00', hours: 6}}"],
    )
    datastores: dict[InstanceName, Datastore] = Field(
        default_factory=dict[str, Datastore],
        examples=[
            (
                "{orders: {owner: database, version: POSTGRES_17, tier: db-custom-2-7680, databases: [orders], "
                "objectives: {dataLossMinutes: 5, downtimeMinutes: 10}}}"
            )
        ],
    )
    database_proxy_image: PinnedImage = Field(examples=["gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:…"])
    namespace_quota: Quota = Field(default_factory=Quota, examples=["{cpu: '4', memory: 8Gi, pods: 20}"])
    namespaces: dict[str, AppNamespace] = Field(
        default_factory=dict[str, AppNamespace], examples=["{storefront: {quota: {pods: 40}, public: true}}"]
    )
    gateway: OptionalGateway = Field(default=None, examples=["{domain: apps.example.com}"])
    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:compute/network:Network::main': {id: projects/my-project/global/networks/old}}"],
    )

    @property
    def instance_of(self) -> dict[str, str]:
        """Name of a database to the name of the datastore that serves it."""
        return datastore_settings.serving(self.datastores)

    def namespace_of(self, app: str) -> AppNamespace:
        """Overrides for an app's namespace; empty by default."""
        return self.namespaces.get(app, AppNamespace())

    @model_validator(mode="after")
    def _public_apps_have_a_gateway(self) -> Self:
        problems = list(namespace_settings.problems(self.gateway, self.namespaces))
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    @model_validator(mode="after")
    def _datastores_fit_together(self) -> Self:
        problems = list(datastore_settings.problems(self.datastores))
        if problems:
            raise ValueError("\n    ".join(problems))
        return self


def load() -> Settings:
    """The running stack's settings.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    provider_keys = {"project": "gcp:project", "region": "gcp:region"}
    return configuration.load(Settings, "platform", pulumi.get_stack(), provider_keys)
