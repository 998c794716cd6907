"""The contract of a team towards its namespaces in the platform layer: its fields, and their values.

It holds names and addresses only, never a secret. Its JSON schema is contract-team.schema.json.
"""

from typing import Literal

from pydantic import Field

from identity_layer import names
from identity_layer.contract_parts import CiPair, ProjectPart
from identity_layer.kit.addresses import AccountAddress, GroupAddress
from identity_layer.kit.producer import Published
from identity_layer.team.base import Base
from identity_layer.team.team_settings import App


class TeamPart(Published):
    """The team."""

    name: str = Field(description="Name of the team")
    group: GroupAddress = Field(description="Address of the team's group")
    ci: CiPair = Field(description="CI accounts of the team's apps")
    images: AccountAddress | None = Field(
        description="Address of the account as which the team's builds push images; null while nothing builds"
    )


class AppPart(Published):
    """An app: where it runs, its identities, and the databases and secrets that it may use."""

    namespace: str = Field(description="Namespace of the app in the cluster")
    kubernetes_service_account: str = Field(description="Name of the app's Kubernetes service account")
    service_account: AccountAddress | None = Field(
        description="Address of the app's Google service account; null for an app that uses nothing of Google Cloud"
    )
    databases: list[str] = Field(description="Names of the databases that the app logs into, sorted")
    secrets: list[str] = Field(description="IDs of the app's secrets in Secret Manager, sorted")
    migrated_by: str | None = Field(
        description="Name of the app of the team that makes its schemas; null for an app that makes its own"
    )


class TeamContract(Published):
    """Contract of a team towards its namespaces in the platform layer."""

    contract: Literal["team"] = Field(default="team", description="Name of the contract")
    version: Literal[1] = Field(default=1, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    team: TeamPart = Field(description="The team")
    apps: dict[str, AppPart] = Field(description="The team's apps by name")


def build(base: Base) -> TeamContract:
    """The contract of a team's stack."""
    project, team = base.settings.project, base.team
    return TeamContract(
        project=ProjectPart.of(base.foundation.project),
        team=TeamPart(
            name=team.name,
            group=team.group,
            ci=CiPair.of(project, base.apps_owner),
            images=names.account_email(project, names.image_account(team.name)) if team.builds else None,
        ),
        apps={name: _app(project, name, app) for name, app in base.settings.apps.items()},
    )


def _app(project: str, name: str, app: App) -> AppPart:
    return AppPart(
        namespace=name,
        kubernetes_service_account=name,
        service_account=names.account_email(project, names.app_account(name)) if app.uses_google else None,
        databases=sorted(app.databases),
        secrets=sorted(names.app_secret(name, secret) for secret in app.secrets),
        migrated_by=app.migrated_by,
    )
