"""The contract of the identity layer, as far as network and cluster read it: the one place where it enters.

Only the fields in use are declared. Their meanings are the producer's: identity/contract.schema.json.
"""

from platform_layer.kit.consumer import Received, Upstream


class Project(Received):
    """The Google Cloud project."""

    id: str
    region: str
    domain: str


class CiPair(Received):
    """The addresses of a preview and a deploy service account."""

    preview: str
    deploy: str


class Team(Received):
    """A team; `ci` is None while it owns no app, `images` while nothing builds its images."""

    group: str
    capabilities: list[str]
    ci: CiPair | None
    images: str | None


class App(Received):
    """An app; `service_account` is None for an app that uses nothing of Google Cloud."""

    team: str
    namespace: str
    kubernetes_service_account: str
    service_account: str | None
    secrets: list[str]


class Keys(Received):
    """Resource names of the encryption keys for data."""

    backups: str
    cluster: str
    registry: str


class IdentityContract(Received):
    """The contract's fields that this layer reads."""

    project: Project
    node_service_account: str
    keys: Keys
    layers: dict[str, CiPair]
    teams: dict[str, Team]
    apps: dict[str, App]


IDENTITY = Upstream(
    IdentityContract, "identity", producer="identity", version=1, readers="platform-preview or platform-deploy"
)
