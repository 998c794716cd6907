"""The contract that the layer's other stacks read, of the foundation: the one place where it enters.

Only the fields in use are declared. Their meanings are the producer's: contract-foundation.schema.json.
"""

from identity_layer.kit.addresses import GroupAddress, HostName
from identity_layer.kit.consumer import Received, Upstream


class Project(Received):
    """The Google Cloud project."""

    id: str
    number: str
    region: str
    domain: HostName


class GitHub(Received):
    """The repository whose workflows use the CI accounts."""

    repository: str
    repository_id: str
    branch: str


class FoundationContract(Received):
    """The fields of the foundation's contract that are read."""

    project: Project
    github: GitHub
    owners: dict[str, GroupAddress]
    break_glass_group: GroupAddress
    break_glass_people: list[str]


FOUNDATION = Upstream(
    FoundationContract,
    "foundation",
    producer="identity",
    version=1,
    readers="identity-preview or identity-deploy, or for a team's stack team-preview or team-deploy,",
)
