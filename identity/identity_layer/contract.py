"""The contract of the identity layer towards the platform layer's stacks: its fields, and their values.

It holds names and addresses only, never a secret. Its JSON schema is published as contract.schema.json
(`make docs` writes it). A consumer ignores fields that it does not know, so adding one keeps the version;
removing or redefining one raises it. How it is published is in kit/producer.py. A team's apps are in its own contract
(team/team_contract.py).
"""

from typing import Literal

from pydantic import Field

from identity_layer import names
from identity_layer.contract_parts import CiPair, ProjectPart
from identity_layer.foundation.data_keys import DATA_KEYS, DATA_RING
from identity_layer.kit.addresses import AccountAddress, GroupAddress, KeyName
from identity_layer.kit.producer import Published
from identity_layer.settings import Settings
from identity_layer.upstream import Project

# Owners of the CI accounts in the contract.
OWNERS = ("identity", "namespaces", "platform", "team")


class TeamPart(Published):
    """A team with a part in the whole project."""

    group: GroupAddress = Field(description="Address of the team's group")
    capabilities: list[str] = Field(description="What the team may do in the whole project, sorted")


class KeysPart(Published):
    """Resource names of the encryption keys for data; the agent of each Google service may already use its key."""

    backups: KeyName = Field(description="Key of the backups of the cluster")
    cluster: KeyName = Field(description="Key of the secrets inside the cluster")
    databases: KeyName = Field(description="Key of the databases")
    registry: KeyName = Field(description="Key of the images")


class IdentityContract(Published):
    """Contract of the identity layer towards the stacks of the platform layer."""

    contract: Literal["identity"] = Field(default="identity", description="Name of the contract")
    version: Literal[2] = Field(default=2, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    node_service_account: AccountAddress = Field(description="Address of the account of the cluster's nodes")
    keys: KeysPart = Field(description="The encryption keys for data")
    layers: dict[str, CiPair] = Field(description="CI accounts by owner")
    teams: dict[str, TeamPart] = Field(description="Teams with a part in the whole project, by name")


def build(settings: Settings, place: Project) -> IdentityContract:
    """The contract for a stack's settings, and for the project as the foundation describes it."""
    project = settings.project
    return IdentityContract(
        project=ProjectPart.of(place),
        node_service_account=names.account_email(project, "gke-nodes"),
        keys=KeysPart(**{name: names.key(project, settings.region, DATA_RING, name) for name in DATA_KEYS}),
        layers={owner: CiPair.of(project, owner) for owner in OWNERS},
        teams={
            name: TeamPart(group=team.group, capabilities=sorted(team.capabilities))
            for name, team in settings.teams.items()
        },
    )
