"""The contract of the datastores towards the apps: its fields, and their values for a stack.

It holds names and addresses only, never a secret. Its JSON schema is contract-storage.schema.json.
"""

from collections.abc import Mapping
from typing import Any, Literal

import pulumi
from pydantic import Field

from platform_layer.contract_parts import ProjectPart
from platform_layer.kit.producer import Published
from platform_layer.storage.datastore import Datastore, iam_user
from platform_layer.storage.storage_settings import StorageSettings
from platform_layer.storage.upstream import App, IdentityContract


class DatabasePart(Published):
    """A database that an app may log into."""

    connection_name: str = Field(description="Connection name of the instance, for the Cloud SQL Auth Proxy")
    private_ip: str = Field(description="Private address of the instance")
    user: str = Field(description="The app's user in the database")


class StorageContract(Published):
    """Contract of the datastores towards the apps."""

    contract: Literal["storage"] = Field(default="storage", description="Name of the contract")
    version: Literal[1] = Field(default=1, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    apps: dict[str, dict[str, DatabasePart]] = Field(
        description="Databases that an app logs into, by app and by name; an app without any is left out"
    )


def build(
    settings: StorageSettings, identity: IdentityContract, datastores: Mapping[str, Datastore]
) -> pulumi.Output[dict[str, Any]]:
    """The contract's JSON object, known once the databases are."""
    # Only datastores that an app uses: if it waited for every new datastore, a plan could not show the next contract.
    used = {settings.instance_of[database] for app in identity.apps.values() for database in app.databases}
    addresses = {
        name: {"connectionName": datastore.connection_name, "privateIp": datastore.private_ip}
        for name, datastore in datastores.items()
        if name in used
    }

    def document(known: Mapping[str, Any]) -> dict[str, Any]:
        return StorageContract(
            project=ProjectPart(id=settings.project, region=settings.region),
            apps={
                name: _databases(settings, app, known["addresses"])
                for name, app in identity.apps.items()
                if app.databases
            },
        ).document()

    return pulumi.Output.all(addresses=addresses).apply(document)


def _databases(
    settings: StorageSettings, app: App, addresses: Mapping[str, Mapping[str, str]]
) -> dict[str, DatabasePart]:
    return {
        database: DatabasePart.model_validate(
            {**addresses[settings.instance_of[database]], "user": iam_user(app.service_account)}
        )
        for database in app.databases
        if app.service_account
    }
