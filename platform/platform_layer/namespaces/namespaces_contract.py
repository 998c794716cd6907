"""The contract of a team's namespaces towards the team's apps: its fields, and their values for a stack.

It is all that an app reads: it repeats what an app needs of the cluster, the Gateway, the egress and the databases. It
holds names and addresses only, never a secret. Its JSON schema is contract-namespaces.schema.json.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field

from platform_layer.contract_parts import ClusterPart, DestinationPart, GatewayPart, ProjectPart
from platform_layer.kit.addresses import (
    AccountAddress,
    CloudRange,
    ConnectionName,
    DatabaseUser,
    HostName,
    PrivateAddress,
    ProxyImage,
    RegistryAddress,
)
from platform_layer.kit.logins import iam_user
from platform_layer.kit.producer import Published
from platform_layer.namespaces.team_roles import network_policy
from platform_layer.namespaces.team_settings import TeamSettings
from platform_layer.namespaces.upstream import App, PlatformContract, StorageContract, TeamContract


class QuotaPart(Published):
    """Quota of a namespace, for all its pods together."""

    cpu: str = Field(description="CPU that the pods may reserve")
    memory: str = Field(description="Memory that the pods may reserve")
    pods: int = Field(description="Number of pods")


class VersionPart(Published):
    """The data of one time, in an instance of their own that the app reads as the same user."""

    connection_name: ConnectionName = Field(description="Connection name of the instance, for the Cloud SQL Auth Proxy")
    private_ip: PrivateAddress = Field(description="Private address of the instance")
    point_in_time: str = Field(description="The time whose data it holds, in UTC")


class DatabasePart(Published):
    """A database that the app may log into."""

    connection_name: ConnectionName = Field(description="Connection name of the instance, for the Cloud SQL Auth Proxy")
    private_ip: PrivateAddress = Field(description="Private address of the instance")
    user: DatabaseUser = Field(description="The app's user in the database")
    migrates_for: list[DatabaseUser] = Field(
        description="Users of the apps for which this one makes the schemas, sorted; they create nothing themselves"
    )
    versions: dict[str, VersionPart] = Field(description="Data of one time, read only, by the names of their instances")


class AppPart(Published):
    """Everything that the platform provides to an app, in the cluster and on Google Cloud."""

    namespace: str = Field(description="Namespace of the app in the cluster")
    kubernetes_service_account: str = Field(description="Name of the app's Kubernetes service account")
    service_account: AccountAddress | None = Field(
        description="Address of the app's Google service account; null for an app that uses nothing of Google Cloud"
    )
    network_policy: str = Field(description="Name of the one network policy that the app's team may write")
    secrets: list[str] = Field(description="IDs of the app's secrets in Secret Manager: app-<app>-<name>")
    host: HostName | None = Field(description="Host name of the app from outside; null for an app that is not public")
    quota: QuotaPart = Field(description="Quota of the app's namespace")
    databases: dict[str, DatabasePart] = Field(description="Databases that the app logs into, by name")


class NamespacesContract(Published):
    """Contract of a team's namespaces towards the team's apps."""

    contract: Literal["namespaces"] = Field(default="namespaces", description="Name of the contract")
    version: Literal[1] = Field(default=1, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    team: str = Field(description="Name of the team")
    cluster: ClusterPart = Field(description="The cluster")
    registry: RegistryAddress = Field(
        description="Address of the registry; an app's images are in its team's repository there"
    )
    gateway: GatewayPart | None = Field(description="The Gateway; null where no app is reached from outside")
    database_proxy_image: ProxyImage = Field(description="Image of the Cloud SQL Auth Proxy, by digest")
    google_apis: CloudRange = Field(description="Range that the names of Google's APIs resolve to")
    destinations: dict[str, DestinationPart] = Field(description="Egress destinations by name")
    apps: dict[str, AppPart] = Field(description="The team's apps by name")


def build(
    settings: TeamSettings, team: TeamContract, platform: PlatformContract, storage: StorageContract
) -> dict[str, Any]:
    """The contract's JSON object."""
    return NamespacesContract(
        project=ProjectPart(id=settings.project, region=settings.region),
        team=settings.team,
        cluster=ClusterPart(**platform.cluster.model_dump()),
        registry=platform.registry,
        gateway=GatewayPart(**platform.gateway.model_dump()) if platform.gateway else None,
        database_proxy_image=platform.database_proxy_image,
        google_apis=platform.google_apis,
        destinations={name: DestinationPart(**part.model_dump()) for name, part in platform.destinations.items()},
        apps={name: _app(settings, name, team, platform, storage) for name in team.apps},
    ).document()


def _app(
    settings: TeamSettings, name: str, team: TeamContract, platform: PlatformContract, storage: StorageContract
) -> AppPart:
    app, own = team.apps[name], settings.namespace_of(name)
    quota = own.quota_over(platform.quota.settings())
    return AppPart(
        namespace=app.namespace,
        kubernetes_service_account=app.kubernetes_service_account,
        service_account=app.service_account,
        network_policy=network_policy(name),
        secrets=app.secrets,
        # As the admission policy on routes has it (gateway/route_names.py).
        host=f"{app.namespace}.{platform.gateway.domain}" if platform.gateway and own.public else None,
        quota=QuotaPart(cpu=quota.cpu, memory=quota.memory, pods=quota.pods),
        databases=_databases(name, team, storage),
    )


def _databases(app: str, team: TeamContract, storage: StorageContract) -> dict[str, DatabasePart]:
    account = team.apps[app].service_account
    migrated = [other for other in team.apps.values() if other.migrated_by == app]
    if account is None:
        return {}
    return {
        database: DatabasePart(
            **storage.databases[database].model_dump(),
            user=iam_user(account),
            migrates_for=sorted(_users(other for other in migrated if database in other.databases)),
            versions={
                name: VersionPart(**version.model_dump(exclude={"databases"}))
                for name, version in storage.versions.items()
                if database in version.databases
            },
        )
        for database in team.apps[app].databases
    }


def _users(apps: Iterable[App]) -> Iterator[str]:
    return (iam_user(app.service_account) for app in apps if app.service_account)
