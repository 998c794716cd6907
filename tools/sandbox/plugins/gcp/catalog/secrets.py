"""Secret Manager: secrets, members of their policies, and versions."""

from sandbox.plugins.gcp.members import SECRET_MEMBER
from sandbox.plugins.gcp.special import SECRET_VERSION
from sandbox.plugins.gcp.types import ResourceType

_SECRET = ResourceType(
    type="gcp:secretmanager/secret:Secret",
    kind="secretmanager.projects.secrets",
    name="projects/{project}/secrets/{secretId}",
    required=("replication",),
    replace_on=frozenset({"project", "replication", "secretId", "tags"}),
    fields={"replication.auto": "replication.automatic"},
    provider_only=frozenset({"secretId", "deletionProtection"}),
    computed={"name": "name", "createTime": "createTime", "effectiveLabels": "labels"},
    autoname="secretId",
)

TYPES = (_SECRET, SECRET_MEMBER, SECRET_VERSION)
