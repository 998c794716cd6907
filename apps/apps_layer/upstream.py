"""The contract of a team's namespaces, as far as this layer reads it: the one place where it enters.

Only the fields in use are declared. Their meanings are the producer's: platform/contract-namespaces.schema.json.
"""

import difflib
from typing import Annotated

from pydantic import Field

from apps_layer.kit.addresses import (
    AccountAddress,
    CloudRange,
    ClusterServer,
    ConnectionName,
    DatabaseUser,
    HostName,
    PrivateAddress,
    ProxyImage,
    RegistryAddress,
)
from apps_layer.kit.consumer import ContractError, Received, Upstream
from apps_layer.kit.scalars import QUANTITY

# Not scalars.Quantity: a message about a contract names the field, and not its value.
Quantity = Annotated[str, Field(pattern=f"^{QUANTITY}$")]


class Project(Received):
    """The Google Cloud project."""

    id: str


class Cluster(Received):
    """The cluster that the apps run in."""

    name: str
    location: str
    server: ClusterServer


class Version(Received):
    """The data of one time, in an instance of their own."""

    connection_name: ConnectionName
    private_ip: PrivateAddress
    point_in_time: str


class Database(Received):
    """A database that an app may log into.

    `migrates_for` has the users of the apps whose schemas it makes there, `versions` data of one time by name.
    """

    connection_name: ConnectionName
    private_ip: PrivateAddress
    user: DatabaseUser
    migrates_for: list[DatabaseUser]
    versions: dict[str, Version]

    def at(self, version: str | None) -> "Database":
        """The database where the data of a version are; None for the present ones."""
        if version is None:
            return self
        where = self.versions[version]
        return self.model_copy(update={"connection_name": where.connection_name, "private_ip": where.private_ip})


class Gateway(Received):
    """The Gateway for requests from outside."""

    name: str
    namespace: str
    sources: list[CloudRange]


class Destination(Received):
    """An egress destination outside of Google Cloud, over TCP."""

    ranges: list[CloudRange]
    ports: list[int]


class Quota(Received):
    """Quota of a namespace, for all its pods together."""

    cpu: Quantity
    memory: Quantity
    pods: int


class App(Received):
    """The platform's offer to an app.

    `service_account` is None for an app that uses nothing of Google Cloud, `host` for one that is not reached from
    outside.
    """

    namespace: str
    kubernetes_service_account: str
    service_account: AccountAddress | None
    network_policy: str
    secrets: list[str]
    host: HostName | None
    quota: Quota
    databases: dict[str, Database]

    def named_secrets(self, app: str) -> dict[str, str]:
        """Name of a secret as its team knows it, to its ID: app-<app>-<name>."""
        prefix = f"app-{app}-"
        return {secret.removeprefix(prefix): secret for secret in self.secrets if secret.startswith(prefix)}


class NamespacesContract(Received):
    """The fields of the contract that this layer reads."""

    project: Project
    team: str
    cluster: Cluster
    registry: RegistryAddress
    gateway: Gateway | None
    database_proxy_image: ProxyImage
    google_apis: CloudRange
    destinations: dict[str, Destination]
    apps: dict[str, App]

    def offer(self, app: str, environment: str) -> App:
        """The platform's offer to an app in an environment.

        Raises:
            ContractError: nothing.
        """
        offer = self.apps.get(app)
        if offer is None:
            close = difflib.get_close_matches(app, self.apps, n=3)
            hint = f"it knows {', '.join(close)}" if close else f"it knows {len(self.apps)} others"
            raise ContractError(
                f"The platform offers nothing to the app {app!r} of the team {self.team!r} ({hint}); nothing was "
                "planned or changed. Add the app to identity:apps in "
                f"identity/Pulumi.team-{self.team}-{environment}.yaml, then deploy the identity and platform layers, "
                "and for an app with a database have the database team run `make databases`, all before the entry is "
                "merged; or correct the team in its entry."
            )
        return offer


NAMESPACES = Upstream(
    NamespacesContract,
    "namespaces",
    producer="platform",
    version=1,
    readers="the preview or deploy account of the app's team",
)
