"""The contract of network and cluster towards the teams' namespaces: its fields, and their values for a stack.

It holds names and addresses only, never a secret, and nothing of a team or an app: it does not grow with their number.
Its JSON schema is published as contract.schema.json (`make docs` writes it). The databases are in the datastores' own
contract (storage/storage_contract.py). A consumer ignores fields that it does not know, so adding one keeps the
version; removing or redefining one raises it. How it is published is in kit/producer.py.
"""

from typing import Any, Literal

import pulumi
from pydantic import Field

from platform_layer.cluster.cluster import Cluster
from platform_layer.cluster.image_policy import registry
from platform_layer.contract_parts import ClusterPart, DestinationPart, GatewayPart, ProjectPart
from platform_layer.gateway.gateway import Gateway
from platform_layer.kit.addresses import CloudRange, KeyName, ProxyImage, RegistryAddress
from platform_layer.kit.producer import Published
from platform_layer.network.firewall import LOAD_BALANCERS
from platform_layer.network.google_apis import PRIVATE_ACCESS
from platform_layer.settings import Settings
from platform_layer.upstream import IdentityContract


class QuotaPart(Published):
    """Quota of a namespace, for everything in it together."""

    cpu: str = Field(description="CPU that the pods may reserve")
    memory: str = Field(description="Memory that the pods may reserve")
    pods: int = Field(description="Number of pods")
    deployments: int = Field(description="Number of Deployments")
    jobs: int = Field(description="Number of Jobs")
    cron_jobs: int = Field(description="Number of CronJobs")
    services: int = Field(description="Number of Services")
    config_maps: int = Field(description="Number of ConfigMaps")
    volumes: int = Field(description="Number of PersistentVolumeClaims")
    storage: str | None = Field(description="Storage of all volumes; null without volumes")


class PlatformContract(Published):
    """Contract of network and cluster towards the teams' namespaces."""

    contract: Literal["platform"] = Field(default="platform", description="Name of the contract")
    version: Literal[3] = Field(default=3, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    cluster: ClusterPart = Field(description="The cluster")
    registry: RegistryAddress = Field(
        description="Address of the registry; an app's images are in its team's repository there"
    )
    registry_key: KeyName = Field(description="Resource name of the key that encrypts the images")
    gateway: GatewayPart | None = Field(description="The Gateway; null where no app is reached from outside")
    database_proxy_image: ProxyImage = Field(description="Image of the Cloud SQL Auth Proxy, by digest")
    google_apis: CloudRange = Field(description="Range that the names of Google's APIs resolve to")
    destinations: dict[str, DestinationPart] = Field(description="Egress destinations by name")
    quota: QuotaPart = Field(description="Quota of every namespace that has no other")


def build(
    settings: Settings, identity: IdentityContract, cluster: Cluster, gateway: Gateway | None
) -> pulumi.Output[dict[str, Any]]:
    """The contract's JSON object, known once the cluster is."""

    def document(server: str) -> dict[str, Any]:
        return PlatformContract(
            project=ProjectPart(id=settings.project, region=settings.region),
            cluster=ClusterPart(name=cluster.name, location=cluster.location, server=server),
            registry=registry(settings.project, settings.region),
            registry_key=identity.keys.registry,
            gateway=_gateway(gateway) if gateway else None,
            database_proxy_image=settings.database_proxy_image,
            google_apis=PRIVATE_ACCESS,
            destinations={
                name: DestinationPart(ranges=outside.ranges, ports=outside.ports)
                for name, outside in settings.network.destinations.items()
            },
            quota=QuotaPart(**settings.namespace_quota.model_dump()),
        ).document()

    return cluster.server.apply(document)


def _gateway(gateway: Gateway) -> GatewayPart:
    return GatewayPart(
        name=gateway.name, namespace=gateway.namespace, domain=gateway.domain, sources=list(LOAD_BALANCERS)
    )
