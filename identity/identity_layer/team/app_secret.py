"""Secrets of apps in Secret Manager: the app reads its secret, and its team adds the payload.

The payload is never this layer's: the team adds it, by a person or its own tools, and nobody in the team reads it back.
A secret without a version makes the app fail to start, visibly.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.service_account import ServiceAccount
from identity_layer.team.base import Base

READER = "roles/secretmanager.secretAccessor"
FILLER = "roles/secretmanager.secretVersionAdder"


@dataclass(frozen=True)
class AppSecretArgs:
    """Arguments of AppSecret.

    Attributes:
        project: the project's ID.
        app: the owner of the secret.
        reader: the account that the app runs as.
        owners: the group that adds payloads, as a member of a policy.
    """

    project: str
    app: str
    reader: ServiceAccount
    owners: str


class AppSecret(pulumi.ComponentResource):
    """The secret `name` and its two grants."""

    def __init__(self, name: str, args: AppSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:AppSecret", name, None, opts)
        secret = gcp.secretmanager.Secret(
            name,
            project=args.project,
            secret_id=name,
            replication=gcp.secretmanager.SecretReplicationArgs(auto=gcp.secretmanager.SecretReplicationAutoArgs()),
            labels={"layer": "identity", "app": args.app},
            deletion_protection=True,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        for grant, role, member in (("reader", READER, args.reader.member), ("owners", FILLER, args.owners)):
            gcp.secretmanager.SecretIamMember(
                f"{name}-{grant}",
                project=args.project,
                secret_id=name,
                role=role,
                member=member,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[secret, args.reader.account]),
            )
        self.register_outputs({})


def create(base: Base, workloads: Mapping[str, ServiceAccount]) -> list[AppSecret]:
    """The secrets of the apps, without payloads, which the owners add. `workloads` are the apps' accounts by app."""
    return [
        AppSecret(
            names.app_secret(app, secret),
            AppSecretArgs(
                project=base.settings.project,
                app=app,
                reader=workloads[app],
                owners=f"group:{base.team.group}",
            ),
        )
        for app, entry in base.settings.apps.items()
        for secret in entry.secrets
    ]
