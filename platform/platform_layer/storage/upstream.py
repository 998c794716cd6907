"""The contracts that the datastores read, of the identity layer and of the network: the one place where they enter.

Only the fields in use are declared. Their meanings are the producers': identity/contract.schema.json and
contract-network.schema.json.
"""

from platform_layer.kit.addresses import GroupAddress, KeyName, NetworkName
from platform_layer.kit.consumer import Received, Upstream

_READERS = "storage-preview or storage-deploy"


class Project(Received):
    """The Google Cloud project."""

    id: str
    region: str


class Team(Received):
    """A team: its group, and what it may do beyond its own apps."""

    group: GroupAddress
    capabilities: list[str]


class Keys(Received):
    """Resource name of the encryption key for databases."""

    databases: KeyName


class IdentityContract(Received):
    """The fields of the identity layer's contract that the datastores read."""

    project: Project
    keys: Keys
    teams: dict[str, Team]


class NetworkContract(Received):
    """The fields of the network's contract that the datastores read."""

    project: Project
    network: NetworkName
    database_range: str


IDENTITY = Upstream(IdentityContract, "identity", producer="identity", version=2, readers=_READERS)
NETWORK = Upstream(NetworkContract, "network", producer="platform", version=1, readers=_READERS)
