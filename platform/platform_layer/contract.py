"""What this layer hands to the apps: the contract's model, its content for a stack, and its publication.

It holds names and addresses only, never a secret. Its JSON schema is published as contract.schema.json
(`make docs` writes it). A consumer ignores fields that it does not know, so adding one keeps VERSION;
removing or redefining one raises it.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_gcp as gcp
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from platform_layer.access import network_policy
from platform_layer.cluster import Cluster
from platform_layer.datastore import Datastore, iam_user
from platform_layer.firewall import LOAD_BALANCERS
from platform_layer.gateway import Gateway
from platform_layer.google_apis import PRIVATE_ACCESS
from platform_layer.namespace_settings import Quota
from platform_layer.settings import Settings
from platform_layer.upstream import App, IdentityContract

VERSION = 1
SECRET = "contract-platform"  # noqa: S105 - a name
# https://cloud.google.com/secret-manager/quotas
LARGEST_PAYLOAD = 64 * 1024
_GZIP = 31  # zlib's name for its largest window in gzip's format


class Document(BaseModel):
    """A frozen part of the contract, camelCase in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


class ProjectPart(Document):
    """Where everything lives."""

    id: str
    region: str


class ClusterPart(Document):
    """The cluster that the apps run in; `server` is the URL of its API."""

    name: str
    location: str
    server: str


class DatabasePart(Document):
    """A database that an app may log into: its instance, where that is, and the app's user there."""

    connection_name: str
    private_ip: str
    user: str


class GatewayPart(Document):
    """The Gateway that lets requests in from outside; an app that is let in has a listener of its own name there.

    Requests and health checks come from the addresses in `sources`.
    """

    name: str
    namespace: str
    domain: str
    sources: list[str]


class DestinationPart(Document):
    """A place outside that the network lets apps call, over TCP."""

    ranges: list[str]
    ports: list[int]


class QuotaPart(Document):
    """What the pods of a namespace may reserve at most, all together, and how many there may be."""

    cpu: str
    memory: str
    pods: int


class AppPart(Document):
    """What an app finds in the cluster and on Google Cloud.

    `service_account` is None for an app that uses nothing of Google Cloud. `network_policy` is the name of the one
    network policy that its team may write. `databases` are by name, `secrets` IDs in Secret Manager (app-<app>-<name>).
    `host` is the name under which it is reached from outside, if at all. `quota` is None where the stack's holds.
    """

    team: str
    namespace: str
    kubernetes_service_account: str
    service_account: str | None
    network_policy: str
    databases: dict[str, DatabasePart]
    secrets: list[str]
    host: str | None
    quota: QuotaPart | None


class PlatformContract(Document):
    """Contract of the platform layer towards the apps.

    `google_apis` is the range that names of Google's APIs resolve to, `quota` that of every app that has no other.
    """

    contract: Literal["platform"]
    version: Literal[1]
    project: ProjectPart
    cluster: ClusterPart
    registry: str
    gateway: GatewayPart | None
    database_proxy_image: str
    google_apis: str
    destinations: dict[str, DestinationPart]
    quota: QuotaPart
    apps: dict[str, AppPart]


class TooLargeError(pulumi.RunError):
    """The contract does not fit into a secret; the message says by how much, and what to do."""


@dataclass(frozen=True)
class Promised:
    """What the contract tells of this layer's resources.

    Attributes:
        cluster: where the apps run.
        datastores: by name.
        registry: where the cluster takes images of apps from.
        gateway: the way in from outside, if there is one.
    """

    cluster: Cluster
    datastores: Mapping[str, Datastore]
    registry: pulumi.Input[str]
    gateway: Gateway | None


def build(settings: Settings, identity: IdentityContract, promised: Promised) -> pulumi.Output[dict[str, Any]]:
    """The contract's JSON object, known once cluster and databases are."""
    # Only what an app uses: waiting for every new datastore, a plan could not tell what becomes of the contract.
    used = {settings.instance_of[database] for app in identity.apps.values() for database in app.databases}
    instances = {
        name: {"connectionName": datastore.connection_name, "privateIp": datastore.private_ip}
        for name, datastore in promised.datastores.items()
        if name in used
    }
    gateway = promised.gateway and GatewayPart(
        name=promised.gateway.name,
        namespace=promised.gateway.namespace,
        domain=promised.gateway.domain,
        sources=list(LOAD_BALANCERS),
    )
    known = pulumi.Output.all(server=promised.cluster.server, instances=instances, registry=promised.registry)

    def document(values: Mapping[str, Any]) -> dict[str, Any]:
        cluster = promised.cluster
        contract = PlatformContract(
            contract="platform",
            version=VERSION,
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
            apps={name: _app(settings, name, app, gateway, values["instances"]) for name, app in identity.apps.items()},
        )
        return contract.model_dump(mode="json", by_alias=True)

    return known.apply(document)


def _app(
    settings: Settings, name: str, app: App, gateway: GatewayPart | None, instances: Mapping[str, Mapping[str, str]]
) -> AppPart:
    own = settings.namespace_of(name)
    quota = own.quota_over(settings.namespace_quota)
    return AppPart(
        team=app.team,
        namespace=app.namespace,
        kubernetes_service_account=app.kubernetes_service_account,
        service_account=app.service_account,
        network_policy=network_policy(name),
        databases={
            database: DatabasePart.model_validate(
                {**instances[settings.instance_of[database]], "user": iam_user(app.service_account)}
            )
            for database in app.databases
            if app.service_account
        },
        secrets=app.secrets,
        host=f"{name}.{gateway.domain}" if gateway and own.public else None,
        quota=_quota(quota) if quota != settings.namespace_quota else None,
    )


def _quota(quota: Quota) -> QuotaPart:
    return QuotaPart(cpu=quota.cpu, memory=quota.memory, pods=quota.pods)


def payload(document: Mapping[str, Any]) -> str:
    """What is written into the secret: the document, and where it does not fit, as gzip in base64.

    Raises:
        TooLargeError: it does not fit even so.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    if len(text.encode()) > LARGEST_PAYLOAD:
        # Of the two ways to gzip, this one writes neither the time nor the name of the system.
        text = base64.b64encode(zlib.compress(text.encode(), 9, wbits=_GZIP)).decode()
    if len(text) > LARGEST_PAYLOAD:
        raise TooLargeError(
            f"The contract has {len(text)} bytes for {len(document['apps'])} apps, compressed, and a secret takes "
            f"{LARGEST_PAYLOAD}; it was not published, so the apps keep the last one. Divide the apps over two "
            "environments, or take those out of identity:apps that are gone."
        )
    return text


@dataclass(frozen=True)
class PublicationArgs:
    """Arguments of Publication.

    Attributes:
        project: the project's ID.
        document: what to publish.
        after: everything that the contract promises.
    """

    project: str
    document: pulumi.Output[dict[str, Any]]
    after: Sequence[pulumi.Resource]


class Publication(pulumi.ComponentResource):
    """The contract's current version in Secret Manager; the identity layer owns the secret and its audience.

    It comes last, so that a contract which can be read describes a layer that is complete. A changed contract adds a
    version and leaves the old ones as they are (ABANDON): they are the record of what was promised when, they hold no
    secret, and the producer needs no permission to disable or destroy one.
    """

    def __init__(self, name: str, args: PublicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Publication", name, None, opts)
        gcp.secretmanager.SecretVersion(
            name,
            secret=f"projects/{args.project}/secrets/{SECRET}",
            secret_data=args.document.apply(payload),
            deletion_policy="ABANDON",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})


def schema() -> str:
    """The contract's JSON schema as published."""
    document = PlatformContract.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"
