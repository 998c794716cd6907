"""The logins of an app into the databases that it uses: by IAM, as itself, without a password.

A login opens no table: administrators GRANT an app its rights inside a database. It is protected like the datastore
itself, whose owner decides which login is given up, and which came with a restore: the datastores' contract has both.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from platform_layer.database_logins import deletion_policy
from platform_layer.kit.logins import iam_user
from platform_layer.namespaces.upstream import Instance, StorageContract, TeamContract


@dataclass(frozen=True)
class LoginsArgs:
    """Arguments of Logins.

    Attributes:
        project: the project's ID.
        service_account: the address of the app's account.
        instances: by name, with a database that the app uses.
    """

    project: str
    service_account: str
    instances: Mapping[str, Instance]


class Logins(pulumi.ComponentResource):
    """The logins of the app `name`, one into each instance."""

    def __init__(self, name: str, args: LoginsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Logins", name, None, opts)
        login = iam_user(args.service_account)
        for instance, part in sorted(args.instances.items()):
            retired = part.retired or name in part.retired_apps
            gcp.sql.User(
                f"{instance}-user-{name}",
                name=login,
                project=args.project,
                instance=instance,
                type="CLOUD_IAM_SERVICE_ACCOUNT",
                deletion_policy=deletion_policy(retired=retired),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    protect=not retired,
                    # It was the datastores' (make move).
                    aliases=[pulumi.Alias(parent=_datastore(instance))],
                    # A login of a restored instance exists, and is taken over.
                    import_=f"{args.project}/{instance}/{login}" if name in part.adopted_apps else None,
                ),
            )
        self.register_outputs({})


def _datastore(instance: str) -> str:
    """URN of the component that declared the logins of an instance, as it would be in this stack."""
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::prodfirst:platform:Datastore::{instance}"


def create(project: str, team: TeamContract, storage: StorageContract) -> list[Logins]:
    """The logins of every app of the team that uses a database."""
    created: list[Logins] = []
    for name, app in team.apps.items():
        used = {
            instance: part for instance, part in storage.instances.items() if set(part.databases) & set(app.databases)
        }
        if used and app.service_account:
            created.append(Logins(name, LoginsArgs(project, app.service_account, used)))
    return created
