"""What this layer hands to the apps: the contract's model, its content for a stack, and its publication.

It holds names and addresses only, never a secret. `python -m platform_layer.contract` prints its JSON schema, which is
published as contract.schema.json. A consumer ignores fields that it does not know, so adding one keeps VERSION;
removing or redefining one raises it.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_gcp as gcp
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from platform_layer.cluster import Cluster
from platform_layer.database import Database, iam_user
from platform_layer.settings import Settings
from platform_layer.upstream import IdentityContract

VERSION = 1
SECRET = "contract-platform"  # noqa: S105 - a name


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


class AppPart(Document):
    """What an app finds in the cluster, and its databases by name."""

    team: str
    namespace: str
    kubernetes_service_account: str
    service_account: str
    databases: dict[str, DatabasePart]


class PlatformContract(Document):
    """Contract of the platform layer towards the apps."""

    contract: Literal["platform"]
    version: Literal[1]
    project: ProjectPart
    cluster: ClusterPart
    database_proxy_image: str
    apps: dict[str, AppPart]


def build(
    settings: Settings, identity: IdentityContract, cluster: Cluster, databases: Mapping[str, Database]
) -> pulumi.Output[dict[str, Any]]:
    """The contract's JSON object, known once cluster and databases are."""
    instances = {
        name: {"connectionName": database.connection_name, "privateIp": database.private_ip}
        for name, database in databases.items()
    }
    known = pulumi.Output.all(server=cluster.server, instances=instances)

    def document(values: Mapping[str, Any]) -> dict[str, Any]:
        reachable: Mapping[str, Mapping[str, str]] = values["instances"]
        contract = PlatformContract(
            contract="platform",
            version=VERSION,
            project=ProjectPart(id=settings.project, region=settings.region),
            cluster=ClusterPart(name=cluster.name, location=cluster.location, server=values["server"]),
            database_proxy_image=settings.database_proxy_image,
            apps={
                name: AppPart(
                    team=app.team,
                    namespace=app.namespace,
                    kubernetes_service_account=app.kubernetes_service_account,
                    service_account=app.service_account,
                    databases={
                        database: DatabasePart.model_validate(
                            {**reachable[settings.instance_of[database]], "user": iam_user(app.service_account)}
                        )
                        for database in app.databases
                    },
                )
                for name, app in identity.apps.items()
            },
        )
        return contract.model_dump(mode="json", by_alias=True)

    return known.apply(document)


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
            secret_data=args.document.apply(lambda document: json.dumps(document, sort_keys=True)),
            deletion_policy="ABANDON",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})


def schema() -> str:
    """The contract's JSON schema as published."""
    document = PlatformContract.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
