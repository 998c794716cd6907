"""The contract of the identity layer, as far as network and cluster read it: the one place where it enters.

Only the fields in use are declared. Their meanings are the producer's: identity/contract.schema.json.
"""

from platform_layer.kit.addresses import AccountAddress, GroupAddress, HostName, KeyName
from platform_layer.kit.consumer import Received, Upstream


class Project(Received):
    """The Google Cloud project."""

    id: str
    region: str
    domain: HostName


class CiPair(Received):
    """The addresses of a preview and a deploy service account."""

    preview: AccountAddress
    deploy: AccountAddress


class Team(Received):
    """A team with capabilities beyond its own apps."""

    group: GroupAddress
    capabilities: list[str]


class Keys(Received):
    """Resource names of the encryption keys for data."""

    backups: KeyName
    cluster: KeyName
    registry: KeyName


class IdentityContract(Received):
    """The contract's fields that this stack reads."""

    project: Project
    node_service_account: AccountAddress
    keys: Keys
    layers: dict[str, CiPair]
    teams: dict[str, Team]


IDENTITY = Upstream(
    IdentityContract, "identity", producer="identity", version=2, readers="platform-preview or platform-deploy"
)
