"""The contract of network and cluster towards the apps: its fields, and their values for a stack.

It holds names and addresses only, never a secret. Its JSON schema is published as contract.schema.json (`make docs`
writes it). The databases are in the datastores' own contract (storage/storage_contract.py). A consumer ignores fields
that it does not know, so adding one keeps the version; removing or redefining one raises it. How it is published is in
kit/producer.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
from pydantic import Field

from platform_layer.cluster.cluster import Cluster
from platform_layer.contract_parts import ProjectPart
from platform_layer.kit.producer import Published
from platform_layer.gateway.gateway import Gateway
from platform_layer.namespaces.namespace_settings import Quota
from platform_layer.namespaces.team_roles import network_policy
from platform_layer.network.firewall import LOAD_BALANCERS
from platform_layer.network.google_apis import PRIVATE_ACCESS
from platform_layer.settings import Settings
from platform_layer.upstream import App, IdentityContract


class ClusterPart(Published):
    """The cluster that the apps run in."""

    name: str = Field(description="Name of the cluster")
    location: str = Field(description="Region of the cluster")
    server: str = Field(description="URL of the cluster's API")


class GatewayPart(Published):
    """The Gateway for requests from outside; a public app has a listener of its own name there."""

    name: str = Field(description="Name of the Gateway")
    namespace: str = Field(description="Namespace of the Gateway")
    domain: str = Field(description="Public apps are reached at names one level below it")
    sources: list[str] = Field(description="Ranges that requests and health checks come from")


class DestinationPart(Published):
    """An egress destination outside of Google Cloud, over TCP."""

    ranges: list[str] = Field(description="Public ranges of the destination")
    ports: list[int] = Field(description="TCP ports of the destination")


class QuotaPart(Published):
    """Quota of a namespace, for all its pods together."""

    cpu: str = Field(description="CPU that the pods may reserve")
    memory: str = Field(description="Memory that the pods may reserve")
    pods: int = Field(description="Number of pods")


class AppPart(Published):
    """Everything that the platform provides to an app, in the cluster and on Google Cloud."""

    team: str = Field(description="Name of the team that owns the app")
    namespace: str = Field(description="Namespace of the app in the cluster")
    kubernetes_service_account: str = Field(description="Name of the app's Kubernetes service account")
    service_account: str | None = Field(
        description="Address of the app's Google service account; null for an app that uses nothing of Google Cloud"
    )
    network_policy: str = Field(description="Name of the one network policy that the app's team may write")
    secrets: list[str] = Field(description="IDs of the app's secrets in Secret Manager: app-<app>-<name>")
    host: str | None = Field(description="Host name of the app from outside; null for an app that is not public")
    quota: QuotaPart | None = Field(description="Quota of the app's namespace; null where the stack's holds")


class PlatformContract(Published):
    """Contract of the platform layer towards the apps."""

    contract: Literal["platform"] = Field(default="platform", description="Name of the contract")
    version: Literal[2] = Field(default=2, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    cluster: ClusterPart = Field(description="The cluster")
    registry: str = Field(description="Address of the registry; an app's images are in its team's repository there")
    gateway: GatewayPart | None = Field(description="The Gateway; null where no app is reached from outside")
    database_proxy_image: str = Field(description="Image of the Cloud SQL Auth Proxy, by digest")
    google_apis: str = Field(description="Range that the names of Google's APIs resolve to")
    destinations: dict[str, DestinationPart] = Field(description="Egress destinations by name")
    quota: QuotaPart = Field(description="Quota of every namespace that has no other")
    apps: dict[str, AppPart] = Field(description="Apps by name")


@dataclass(frozen=True)
class Promised:
    """Resources of this layer that the contract describes.

    Attributes:
        cluster: of the apps.
        registry: address of the registry.
        gateway: for requests from outside, if there is one.
    """

    cluster: Cluster
    registry: pulumi.Input[str]
    gateway: Gateway | None


def build(settings: Settings, identity: IdentityContract, promised: Promised) -> pulumi.Output[dict[str, Any]]:
    """The contract's JSON object, known once the cluster is."""
    gateway = promised.gateway and GatewayPart(
        name=promised.gateway.name,
        namespace=promised.gateway.namespace,
        domain=promised.gateway.domain,
        sources=list(LOAD_BALANCERS),
    )
    known = pulumi.Output.all(server=promised.cluster.server, registry=promised.registry)

    def document(values: Mapping[str, Any]) -> dict[str, Any]:
        cluster = promised.cluster
        return PlatformContract(
            project=ProjectPart(id=settings.project, region=settings.region),
            cluster=ClusterPart(name=cluster.name, location=cluster.location, server=values["server"]),
            registry=values["registry"],
            gateway=gateway,
            database_proxy_image=settings.database_proxy_image,
            google_apis=PRIVATE_ACCESS,
            destinations={
                name: DestinationPart(ranges=outside.ranges, ports=outside.ports)
                for name, outside in settings.network.destinations.items()
            },
            quota=_quota(settings.namespace_quota),
            apps={name: _app(settings, name, app, gateway) for name, app in identity.apps.items()},
        ).document()

    return known.apply(document)


def _app(settings: Settings, name: str, app: App, gateway: GatewayPart | None) -> AppPart:
    own = settings.namespace_of(name)
    quota = own.quota_over(settings.namespace_quota)
    return AppPart(
        team=app.team,
        namespace=app.namespace,
        kubernetes_service_account=app.kubernetes_service_account,
        service_account=app.service_account,
        network_policy=network_policy(name),
        secrets=app.secrets,
        host=f"{name}.{gateway.domain}" if gateway and own.public else None,
        quota=_quota(quota) if quota != settings.namespace_quota else None,
    )


def _quota(quota: Quota) -> QuotaPart:
    return QuotaPart(cpu=quota.cpu, memory=quota.memory, pods=quota.pods)
