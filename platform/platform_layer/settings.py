"""Configuration of a stack of this layer: the model of Pulumi.<stack>.yaml, one field per section.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python. Each section has a
file of its own (*_settings.py). The apps and their owners are not configured here: they come from the identity layer
(upstream.py).
"""

from typing import Self

import pulumi
from pydantic import Field, model_validator

from platform_layer.cluster.cluster_settings import ClusterSettings
from platform_layer.storage import datastore_settings
from platform_layer.storage.datastore_settings import Datastore
from platform_layer.kit import configuration
from platform_layer.kit.adoption import ADOPTED, Adopted, ResourceName
from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import PinnedImage, ProjectId, Region
from platform_layer.namespaces import namespace_settings
from platform_layer.namespaces.namespace_settings import AppNamespace, OptionalGateway, Quota
from platform_layer.network.network_settings import NetworkSettings
from platform_layer.values import InstanceName

PROVIDER_KEYS = {"project": "gcp:project", "region": "gcp:region"}


class Settings(Section):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    project: ProjectId = Field(
        examples=["my-project"], description="Google Cloud project of the environment, as in the identity layer"
    )
    region: Region = Field(examples=["europe-west4"], description="Region of the environment, as in the identity layer")
    network: NetworkSettings = Field(
        examples=["{nodes: 10.0.0.0/20, pods: 10.16.0.0/14, services: 10.20.0.0/20, databases: 10.64.0.0/20}"],
        description="Address ranges in CIDR form: `{nodes, pods, services, databases}`; private and disjoint. "
        "`destinations`: egress destinations outside of Google Cloud that apps may call, by name: "
        "`{reason, ranges, ports}`. `staticAddresses`: names of addresses that calls come from",
    )
    cluster: ClusterSettings = Field(
        default_factory=ClusterSettings,
        examples=["{releaseChannel: REGULAR, maintenance: {days: [SA, SU], start: '01:00', hours: 6}}"],
        description="Versions and maintenance. `releaseChannel`: `REGULAR` or `STABLE`; `minimumVersion`: see "
        "upgrades; `maintenance`: `{days, start, hours}` in UTC; `freezes`: times without upgrades, by name: "
        "`{start, end, scope}`",
    )
    datastores: dict[InstanceName, Datastore] = Field(
        default_factory=dict[str, Datastore],
        examples=[
            (
                "{orders: {owner: database, version: POSTGRES_17, tier: db-custom-2-7680, databases: [orders], "
                "objectives: {dataLossMinutes: 5, downtimeMinutes: 10}}}"
            )
        ],
        description="PostgreSQL instances by name: `{owner, version, tier, databases, objectives, highlyAvailable, "
        "backups, maintenance, freeze, source, structure, standby, retire}`; each is explained in "
        "[DATASTORES.md](DATASTORES.md)",
    )
    database_proxy_image: PinnedImage = Field(
        examples=["gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:…"],
        description="Image of the Cloud SQL Auth Proxy beside the apps, by digest",
    )
    namespace_quota: Quota = Field(
        default_factory=Quota,
        examples=["{cpu: '4', memory: 8Gi, pods: 20}"],
        description="Quota of an app's namespace: `{cpu, memory, pods, deployments, jobs, cronJobs, services, "
        "configMaps, volumes, storage}`; no volumes unless given",
    )
    namespaces: dict[str, AppNamespace] = Field(
        default_factory=dict[str, AppNamespace],
        examples=["{storefront: {quota: {pods: 40}, public: true}}"],
        description="Overrides for an app's namespace, by app: `{quota, public, retire}`; `quota` names what differs, "
        "`retire` the reason to remove it",
    )
    gateway: OptionalGateway = Field(
        default=None,
        examples=["{domain: apps.example.com}"],
        description="Gateway for requests from outside: `{domain}`; an app with `public: true` is reached at "
        "`<app>.<domain>`. Without it no app is public",
    )
    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:compute/network:Network::main': {id: projects/my-project/global/networks/old}}"],
        description=ADOPTED,
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
    return configuration.load(Settings, "platform", pulumi.get_stack(), PROVIDER_KEYS)
