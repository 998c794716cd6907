"""The contract of the identity layer towards the platform layer's stacks: its fields, and their values.

It holds names and addresses only, never a secret. Its JSON schema is published as contract.schema.json
(`make docs` writes it). A consumer ignores fields that it does not know, so adding one keeps the version;
removing or redefining one raises it. How it is published is in kit/producer.py.
"""

from typing import Literal

from pydantic import Field

from identity_layer import names
from identity_layer.contract_parts import ProjectPart
from identity_layer.daily.upstream import Project
from identity_layer.foundation.data_keys import DATA_KEYS, DATA_RING
from identity_layer.kit.producer import Published
from identity_layer.settings import App, Settings, Team


class CiPair(Published):
    """The addresses of two service accounts of CI."""

    preview: str = Field(description="Address of the account that plans and only reads")
    deploy: str = Field(description="Address of the account that deploys")


class TeamPart(Published):
    """A team."""

    group: str = Field(description="Address of the team's group")
    capabilities: list[str] = Field(description="What the team may do beyond its own namespaces, sorted")
    ci: CiPair | None = Field(description="CI accounts of the team's apps; null while it owns no app")
    images: str | None = Field(
        description="Address of the account as which the team's builds push images; null while nothing builds"
    )


class AppPart(Published):
    """An app: its owner, where it runs, its identities, and the databases and secrets that it may use."""

    team: str = Field(description="Name of the team that owns the app")
    namespace: str = Field(description="Namespace of the app in the cluster")
    kubernetes_service_account: str = Field(description="Name of the app's Kubernetes service account")
    service_account: str | None = Field(
        description="Address of the app's Google service account; null for an app that uses nothing of Google Cloud"
    )
    databases: list[str] = Field(description="Names of the databases that the app logs into, sorted")
    secrets: list[str] = Field(description="IDs of the app's secrets in Secret Manager, sorted")


class KeysPart(Published):
    """Resource names of the encryption keys for data; the agent of each Google service may already use its key."""

    backups: str = Field(description="Key of the backups of the cluster")
    cluster: str = Field(description="Key of the secrets inside the cluster")
    databases: str = Field(description="Key of the databases")
    registry: str = Field(description="Key of the images")


class IdentityContract(Published):
    """Contract of the identity layer towards the stacks of the platform layer."""

    contract: Literal["identity"] = Field(default="identity", description="Name of the contract")
    version: Literal[1] = Field(default=1, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    node_service_account: str = Field(description="Address of the account of the cluster's nodes")
    keys: KeysPart = Field(description="The encryption keys for data")
    layers: dict[str, CiPair] = Field(description="CI accounts by layer")
    teams: dict[str, TeamPart] = Field(description="Teams by name")
    apps: dict[str, AppPart] = Field(description="Apps by name")


def build(settings: Settings, place: Project) -> IdentityContract:
    """The contract for a stack's settings, and for the project as the foundation describes it."""
    project = settings.project
    return IdentityContract(
        project=ProjectPart(id=place.id, number=place.number, region=place.region, domain=place.domain),
        node_service_account=names.account_email(project, "gke-nodes"),
        keys=KeysPart(**{name: names.key(project, settings.region, DATA_RING, name) for name in DATA_KEYS}),
        layers={layer: _pair(project, layer) for layer in ("identity", "platform")},
        teams={name: _team(settings, name, team) for name, team in settings.teams.items()},
        apps={name: _app(project, name, app) for name, app in settings.apps.items()},
    )


def _pair(project: str, owner: str) -> CiPair:
    return CiPair(
        preview=names.account_email(project, f"{owner}-preview"), deploy=names.account_email(project, f"{owner}-deploy")
    )


def _team(settings: Settings, name: str, team: Team) -> TeamPart:
    return TeamPart(
        group=team.group,
        capabilities=sorted(team.capabilities),
        ci=_pair(settings.project, f"apps-{name}") if name in settings.app_teams else None,
        images=names.account_email(settings.project, names.image_account(name)) if team.builds else None,
    )


def _app(project: str, name: str, app: App) -> AppPart:
    return AppPart(
        team=app.team,
        namespace=name,
        kubernetes_service_account=name,
        service_account=names.account_email(project, f"app-{name}") if app.uses_google else None,
        databases=sorted(app.databases),
        secrets=sorted(names.app_secret(name, secret) for secret in app.secrets),
    )
