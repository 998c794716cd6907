"""The contracts that a team's namespaces read: of the team, of network and cluster, and of the datastores.

It is the one place where they enter. Only the fields in use are declared. Their meanings are the producers':
identity/contract-team.schema.json, contract.schema.json and contract-storage.schema.json.
"""

from platform_layer.kit.addresses import (
    AccountAddress,
    CloudRange,
    ClusterServer,
    ConnectionName,
    GroupAddress,
    HostName,
    KeyName,
    PrivateAddress,
    ProxyImage,
    RegistryAddress,
)
from platform_layer.kit.consumer import Received, Upstream
from platform_layer.namespaces import namespace_settings

_READERS = "namespaces-preview or namespaces-deploy"


class Project(Received):
    """The Google Cloud project."""

    id: str
    region: str


class CiPair(Received):
    """The addresses of a preview and a deploy service account."""

    preview: AccountAddress
    deploy: AccountAddress


class Team(Received):
    """The team; `images` is None while nothing builds its images."""

    name: str
    group: GroupAddress
    ci: CiPair
    images: AccountAddress | None


class App(Received):
    """An app of the team; `service_account` is None for an app that uses nothing of Google Cloud.

    `migrated_by` is None for an app that makes its own schemas.
    """

    namespace: str
    kubernetes_service_account: str
    service_account: AccountAddress | None
    databases: list[str]
    secrets: list[str]
    migrated_by: str | None


class TeamContract(Received):
    """The fields of the team's contract that this stack reads."""

    project: Project
    team: Team
    apps: dict[str, App]


class Cluster(Received):
    """The cluster that the apps run in."""

    name: str
    location: str
    server: ClusterServer


class Gateway(Received):
    """The Gateway for requests from outside."""

    name: str
    namespace: str
    domain: HostName
    sources: list[CloudRange]


class Destination(Received):
    """An egress destination outside of Google Cloud, over TCP."""

    ranges: list[CloudRange]
    ports: list[int]


class Quota(Received):
    """Quota of every namespace that has no other."""

    cpu: str
    memory: str
    pods: int
    deployments: int
    jobs: int
    cron_jobs: int
    services: int
    config_maps: int
    volumes: int
    storage: str | None

    def settings(self) -> namespace_settings.Quota:
        """The quota in the form in which a stack overrides parts of it."""
        return namespace_settings.Quota.model_validate(self.model_dump(by_alias=True))


class PlatformContract(Received):
    """The fields of the contract of network and cluster that this stack reads."""

    project: Project
    cluster: Cluster
    registry: RegistryAddress
    registry_key: KeyName
    gateway: Gateway | None
    database_proxy_image: ProxyImage
    google_apis: CloudRange
    destinations: dict[str, Destination]
    quota: Quota


class Database(Received):
    """A database, and the instance that serves it."""

    connection_name: ConnectionName
    private_ip: PrivateAddress


class Instance(Received):
    """An instance that apps log into; `retired` is true where it is given up with every login."""

    databases: list[str]
    adopted_apps: list[str]
    retired: bool
    retired_apps: list[str]


class Version(Received):
    """The data of one time, in an instance of their own."""

    databases: list[str]
    connection_name: ConnectionName
    private_ip: PrivateAddress
    point_in_time: str


class StorageContract(Received):
    """The fields of the datastores' contract that this stack reads: databases, instances and versions by name."""

    project: Project
    databases: dict[str, Database]
    instances: dict[str, Instance]
    versions: dict[str, Version]


TEAM = Upstream(TeamContract, "team", producer="identity", version=1, readers=_READERS)
PLATFORM = Upstream(PlatformContract, "platform", producer="platform", version=3, readers=_READERS)
STORAGE = Upstream(StorageContract, "storage", producer="platform", version=2, readers=_READERS)


def storage(team: TeamContract) -> StorageContract:
    """The datastores' contract, or an empty one: a team without a database does not wait for the datastores.

    Raises:
        ContractError: it cannot be used.
    """
    if any(app.databases for app in team.apps.values()):
        return STORAGE.read(team.project.id)
    return StorageContract(project=team.project, databases={}, instances={}, versions={})
