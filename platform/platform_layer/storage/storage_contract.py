"""The contract of the datastores towards the teams' namespaces: its fields, and their values for a stack.

It holds names and addresses only, never a secret. It names an app only while the app's login is given up or taken over,
so it does not grow with the number of apps. Its JSON schema is contract-storage.schema.json.
"""

from collections.abc import Mapping
from typing import Any, Literal

import pulumi
from pydantic import Field

from platform_layer.contract_parts import ProjectPart
from platform_layer.kit.addresses import ConnectionName, PrivateAddress
from platform_layer.kit.producer import Published
from platform_layer.storage.datastore import Datastore
from platform_layer.storage.datastore_settings import Datastore as DatastoreSettings
from platform_layer.storage.datastore_settings import Parts
from platform_layer.storage.storage_settings import StorageSettings


class DatabasePart(Published):
    """A database, and the instance that serves it."""

    instance: str = Field(description="Name of the instance")
    connection_name: ConnectionName = Field(description="Connection name of the instance, for the Cloud SQL Auth Proxy")
    private_ip: PrivateAddress = Field(description="Private address of the instance")


class InstancePart(Published):
    """An instance that apps log into, on standby or not."""

    databases: list[str] = Field(description="Its databases, sorted; an app that uses one of them has a login")
    adopted_apps: list[str] = Field(description="Apps whose login came with a restore and is taken over, sorted")
    retired: bool = Field(description="Whether the instance is given up, and with it every login")
    retired_apps: list[str] = Field(description="Apps whose login is given up, sorted")


class VersionPart(Published):
    """The data of one time, in an instance of their own that apps read by its name."""

    databases: list[str] = Field(description="Its databases, sorted")
    connection_name: ConnectionName = Field(description="Connection name of the instance, for the Cloud SQL Auth Proxy")
    private_ip: PrivateAddress = Field(description="Private address of the instance")
    point_in_time: str = Field(description="The time whose data it holds, in UTC")


class StorageContract(Published):
    """Contract of the datastores towards the teams' namespaces."""

    contract: Literal["storage"] = Field(default="storage", description="Name of the contract")
    version: Literal[2] = Field(default=2, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    databases: dict[str, DatabasePart] = Field(description="Databases that an app can use, by name")
    instances: dict[str, InstancePart] = Field(description="Instances that apps log into, by name")
    versions: dict[str, VersionPart] = Field(description="Instances with the data of one time, read only, by name")


def build(settings: StorageSettings, datastores: Mapping[str, Datastore]) -> pulumi.Output[dict[str, Any]]:
    """The contract's JSON object, known once the instances that apps are sent to are."""
    addresses = {
        name: {"connectionName": datastore.connection_name, "privateIp": datastore.private_ip}
        for name, datastore in datastores.items()
        if settings.datastores[name].serves or settings.datastores[name].is_version
    }

    def document(known: Mapping[str, Any]) -> dict[str, Any]:
        return StorageContract(
            project=ProjectPart(id=settings.project, region=settings.region),
            databases={
                database: DatabasePart.model_validate({"instance": instance, **known["addresses"][instance]})
                for database, instance in settings.instance_of.items()
            },
            instances={name: _instance(part) for name, part in settings.datastores.items() if part.managed},
            versions={
                name: VersionPart.model_validate(
                    {
                        "databases": sorted(part.databases),
                        "pointInTime": part.source.point_in_time,
                        **known["addresses"][name],
                    }
                )
                for name, part in settings.datastores.items()
                if part.is_version and part.source
            },
        ).document()

    return pulumi.Output.all(addresses=addresses).apply(document)


def _instance(datastore: DatastoreSettings) -> InstancePart:
    retire, source = datastore.retire, datastore.source
    adopted = source.adopted if source and source.adopted else Parts()
    retired = retire.only if retire and retire.only else Parts()
    return InstancePart(
        databases=sorted(datastore.databases),
        adopted_apps=sorted(adopted.apps),
        retired=retire is not None and retire.only is None,
        retired_apps=sorted(retired.apps),
    )
