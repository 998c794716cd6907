"""Cloud SQL: instances, databases and users."""

from sandbox.plugins.gcp.special import USER, InstanceType
from sandbox.plugins.gcp.types import ResourceType

_INSTANCE = InstanceType(
    type="gcp:sql/databaseInstance:DatabaseInstance",
    kind="sql.instances",
    name="projects/{project}/instances/{name}",
    id="{name}",
    inherits=("project", "region"),
    required=("databaseVersion",),
    replace_on=frozenset({"encryptionKeyName", "name", "project", "region"}),
    fields={
        "encryptionKeyName": "diskEncryptionConfiguration.kmsKeyName",
        "settings.diskAutoresize": "settings.storageAutoResize",
        "settings.diskType": "settings.dataDiskType",
        "settings.diskSize": "settings.dataDiskSizeGb",
    },
    provider_only=frozenset({"clone", "deletionProtection"}),
    computed={
        "connectionName": "connectionName",
        "selfLink": "selfLink",
        "serviceAccountEmailAddress": "serviceAccountEmailAddress",
        "ipAddresses": "ipAddresses",
    },
)
_DATABASE = ResourceType(
    type="gcp:sql/database:Database",
    kind="sql.databases",
    name="projects/{project}/instances/{instance}/databases/{name}",
    required=("instance",),
    replace_on=frozenset({"instance", "name", "project"}),
    provider_only=frozenset({"deletionPolicy"}),
    computed={"charset": "charset", "collation": "collation", "selfLink": "selfLink"},
)

TYPES = (_INSTANCE, _DATABASE, USER)
