"""A datastore: a Cloud SQL for PostgreSQL instance, its databases, and the logins of administrators.

There is no password anywhere: apps and administrators log in by IAM, through a connector, over a private address.
Nothing here is deleted by a mistake: Pulumi protects instance, databases and users, and the provider refuses to delete
them; the API protects the instance; no identity of this layer holds a delete permission, and the project's deny policy
forbids one to everybody. Giving a datastore up takes two reviewed changes and break-glass: DATASTORES.md.

Administrators GRANT an app its rights inside a database; they are the teams with the capability datastore-admin. The
logins of apps are declared with their namespaces (namespaces/logins.py). The settings of every instance are in
postgres.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from platform_layer.database_logins import deletion_policy
from platform_layer.storage import datastore_settings, postgres
from platform_layer.storage.upstream import NetworkContract

# It owns the databases that the API creates, so it may GRANT and install extensions there; it is no superuser.
ADMINISTRATOR_ROLE = "cloudsqlsuperuser"


@dataclass(frozen=True)
class DatastoreArgs:
    """Arguments of Datastore.

    Attributes:
        project: the project's ID.
        region: of the instance.
        settings: its configuration.
        key: resource name of the key that encrypts it.
        administrators: team to the address of its group, for every team that administers datastores.
        network: of its private address.
    """

    project: str
    region: str
    settings: datastore_settings.Datastore
    key: str
    administrators: Mapping[str, str]
    network: NetworkContract


class Datastore(pulumi.ComponentResource):
    """The datastore `name`. `connection_name` and `private_ip` are what a client needs besides its login."""

    def __init__(self, name: str, args: DatastoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # Its former type is part of the names of all that is in it; without the alias they would be replaced.
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_="prodfirst:platform:Database")])
        super().__init__("prodfirst:platform:Datastore", name, None, pulumi.ResourceOptions.merge(former, opts))
        self._name, self._args = name, args
        self._instance = self._create_instance()
        if args.settings.managed:
            for database in sorted(args.settings.databases):
                self._create_database(database)
            for team, group in sorted(args.administrators.items()):
                self._create_administrators(team, group)
        self.connection_name = self._instance.connection_name
        self.private_ip = self._instance.private_ip_address
        self.register_outputs({"connectionName": self.connection_name})

    def _create_instance(self) -> gcp.sql.DatabaseInstance:
        args, retired = self._args, self._retired()
        source = args.settings.source
        return gcp.sql.DatabaseInstance(
            self._name,
            name=self._name,
            project=args.project,
            region=args.region,
            database_version=args.settings.version,
            encryption_key_name=args.key,
            settings=postgres.instance_settings(args.settings, args.region, args.network, deletable=retired),
            clone=_clone(source, args.network) if source else None,
            deletion_protection=not retired,
            deletion_policy=deletion_policy(retired=retired),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=not retired,
                # The provider reads it when it creates, and never again. A changed source must not pass as a plan that
                # does nothing: it is a replacement, which protection refuses. A restore is a new datastore.
                replace_on_changes=["clone"],
            ),
        )

    def _create_database(self, database: str) -> None:
        args, retired = self._args, self._retired("databases", database)
        gcp.sql.Database(
            f"{self._name}-{database}",
            name=database,
            project=args.project,
            instance=self._instance.name,
            deletion_policy=deletion_policy(retired=retired),
            opts=self._options(
                retired,
                f"projects/{args.project}/instances/{self._name}/databases/{database}",
                restored=self._restored("databases", database),
            ),
        )

    def _create_administrators(self, team: str, group: str) -> None:
        args, retired = self._args, self._retired("teams", team)
        gcp.sql.User(
            f"{self._name}-administrators-{team}",
            name=group,
            project=args.project,
            instance=self._instance.name,
            type="CLOUD_IAM_GROUP",
            database_roles=[ADMINISTRATOR_ROLE],
            deletion_policy=deletion_policy(retired=retired),
            opts=self._options(
                retired,
                f"{args.project}/{self._name}/{group}",
                restored=self._restored("teams", team),
                # The API never returns them, so a restored login would seem to differ from what is declared.
                ignore_changes=["databaseRoles"],
            ),
        )

    def _options(
        self, retired: bool, resource_id: str, *, restored: bool, ignore_changes: list[str] | None = None
    ) -> pulumi.ResourceOptions:
        """Options of a part; a part of a restored instance exists, and is imported by its ID instead of created."""
        return pulumi.ResourceOptions(
            parent=self,
            protect=not retired,
            import_=resource_id if restored else None,
            ignore_changes=ignore_changes if restored else None,
        )

    def _retired(self, kind: str = "", name: str = "") -> bool:
        """Return whether a part is retired; without a name, the instance, which retires with all its parts."""
        retirement = self._args.settings.retire
        if retirement is None or retirement.only is None:
            return retirement is not None
        return bool(kind) and name in getattr(retirement.only, kind)

    def _restored(self, kind: str, name: str) -> bool:
        """Return whether a part exists since the restore."""
        source = self._args.settings.source
        return source is not None and source.adopted is not None and name in getattr(source.adopted, kind)


def _clone(source: datastore_settings.Source, network: NetworkContract) -> gcp.sql.DatabaseInstanceCloneArgs:
    return gcp.sql.DatabaseInstanceCloneArgs(
        source_instance_name=source.datastore,
        point_in_time=source.point_in_time,
        source_instance_deletion_time=source.deleted_at,
        allocated_ip_range=network.database_range,
    )
