"""What this layer hands to the layers above it: the contract's model, its content for a stack, and its publication.

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

from identity_layer import names
from identity_layer.foundation import DATA_KEYS, DATA_RING
from identity_layer.settings import Settings

VERSION = 1
# https://cloud.google.com/secret-manager/quotas
LARGEST_PAYLOAD = 64 * 1024
_GZIP = 31  # zlib's name for its largest window in gzip's format


class Document(BaseModel):
    """A frozen part of the contract, camelCase in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


class Project(Document):
    """Where everything lives."""

    id: str
    number: str
    region: str
    domain: str


class CiPair(Document):
    """The addresses of two service accounts: plan with the one, deploy with the other."""

    preview: str
    deploy: str


class Team(Document):
    """A team's group and capabilities, its CI accounts when it owns an app, and who pushes its images.

    `images` is the address of the service account as which the team's builds push; None while nothing builds.
    """

    group: str
    capabilities: list[str]
    ci: CiPair | None
    images: str | None


class App(Document):
    """An app: its owner, where it runs, as whom, and the databases and secrets that it may use.

    `service_account` is None for an app that uses nothing of Google Cloud; `secrets` are IDs in Secret Manager.
    """

    team: str
    namespace: str
    kubernetes_service_account: str
    service_account: str | None
    databases: list[str]
    secrets: list[str]


class Keys(Document):
    """The resource names of the keys for data, which Google's services may already use."""

    backups: str
    cluster: str
    databases: str
    registry: str


class IdentityContract(Document):
    """Contract of the identity layer towards the platform layer."""

    contract: Literal["identity"]
    version: Literal[1]
    project: Project
    node_service_account: str
    keys: Keys
    layers: dict[str, CiPair]
    teams: dict[str, Team]
    apps: dict[str, App]


def build(settings: Settings) -> IdentityContract:
    """The contract for a stack's settings."""

    def pair(owner: str) -> CiPair:
        return CiPair(
            preview=names.account_email(settings.project, f"{owner}-preview"),
            deploy=names.account_email(settings.project, f"{owner}-deploy"),
        )

    return IdentityContract(
        contract="identity",
        version=VERSION,
        project=Project(
            id=settings.project, number=settings.project_number, region=settings.region, domain=settings.domain
        ),
        node_service_account=names.account_email(settings.project, "gke-nodes"),
        keys=Keys(**{name: names.key(settings.project, settings.region, DATA_RING, name) for name in DATA_KEYS}),
        layers={layer: pair(layer) for layer in ("identity", "platform")},
        teams={
            name: Team(
                group=team.group,
                capabilities=sorted(team.capabilities),
                ci=pair(f"apps-{name}") if name in settings.app_teams else None,
                images=names.account_email(settings.project, names.image_account(name)) if team.builds else None,
            )
            for name, team in settings.teams.items()
        },
        apps={
            name: App(
                team=app.team,
                namespace=name,
                kubernetes_service_account=name,
                service_account=names.account_email(settings.project, f"app-{name}") if app.uses_google else None,
                databases=sorted(app.databases),
                secrets=sorted(names.app_secret(name, secret) for secret in app.secrets),
            )
            for name, app in settings.apps.items()
        },
    )


class TooLargeError(pulumi.RunError):
    """The contract does not fit into a secret; the message says by how much, and what to do."""


def payload(document: Mapping[str, Any]) -> str:
    """What is written into the secret: the document, and where it does not fit, as gzip in base64.

    Raises:
        TooLargeError: it does not fit even so.
    """
    text = json.dumps(document, sort_keys=True)
    if len(text.encode()) > LARGEST_PAYLOAD:
        # Of the two ways to gzip, this one writes neither the time nor the name of the system.
        text = base64.b64encode(zlib.compress(text.encode(), 9, wbits=_GZIP)).decode()
    if len(text) > LARGEST_PAYLOAD:
        raise TooLargeError(
            f"The contract has {len(text)} bytes for {len(document['apps'])} apps, compressed, and a secret takes "
            f"{LARGEST_PAYLOAD}; nothing was planned or changed. Divide the apps over two environments, or take "
            "those out of identity:apps that are gone."
        )
    return text


@dataclass(frozen=True)
class PublicationArgs:
    """Arguments of Publication.

    Attributes:
        secret: the resource name of the contract's secret.
        contract: what to publish.
        after: everything that the contract promises.
    """

    secret: pulumi.Input[str]
    contract: IdentityContract
    after: Sequence[pulumi.Resource]


class Publication(pulumi.ComponentResource):
    """The contract's current version in Secret Manager.

    It comes last, so that a contract which can be read describes a layer that is complete. A changed contract adds a
    version and leaves the old ones as they are (ABANDON): they are the record of what was promised when, they hold no
    secret, and the producer needs no permission to disable or destroy one.
    """

    def __init__(self, name: str, args: PublicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Publication", name, None, opts)
        self.document = args.contract.model_dump(mode="json", by_alias=True)
        gcp.secretmanager.SecretVersion(
            name,
            secret=args.secret,
            secret_data=payload(self.document),
            deletion_policy="ABANDON",
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})


def schema() -> str:
    """The contract's JSON schema as published."""
    document = IdentityContract.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=2) + "\n"
