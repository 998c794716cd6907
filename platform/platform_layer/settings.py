"""Configuration of the stack with network and cluster: the model of Pulumi.<environment>.yaml, one field per section.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python. Each section has a
file of its own (*_settings.py). The datastores are another stack's (storage/storage_settings.py), and so are the
namespaces of each team (namespaces/team_settings.py).
"""

from pydantic import Field

from platform_layer.cluster.cluster_settings import ClusterSettings
from platform_layer.environment import Environment
from platform_layer.gateway.gateway_settings import OptionalGateway
from platform_layer.namespaces.namespace_settings import Quota
from platform_layer.network.network_settings import NetworkSettings
from platform_layer.values import ProxyImage


class Settings(Environment):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

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
    database_proxy_image: ProxyImage = Field(
        examples=["gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:…"],
        description="Image of the Cloud SQL Auth Proxy beside the apps, by digest",
    )
    namespace_quota: Quota = Field(
        default_factory=Quota,
        examples=["{cpu: '4', memory: 8Gi, pods: 20}"],
        description="Quota of an app's namespace that has no other: `{cpu, memory, pods, deployments, jobs, cronJobs, "
        "services, configMaps, volumes, storage}`; no volumes unless given",
    )
    gateway: OptionalGateway = Field(
        default=None,
        examples=["{domain: apps.example.com}"],
        description="Gateway for requests from outside: `{domain}`; an app with `public: true` is reached at "
        "`<app>.<domain>`. Without it no app is public",
    )
