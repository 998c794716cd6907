"""The keys for data that the platform keeps: one for each kind, for the agent of the Google service that keeps it."""

import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.foundation import encryption_keys
from identity_layer.foundation.base import Base
from identity_layer.foundation.encryption_keys import KeyRing, KeyRingArgs, KeyUser

# Key for data to the API that encrypts with it, and the name of that API's service agent.
DATA_KEYS = {
    "backups": ("gkebackup", "gcp-sa-gkebackup"),
    "cluster": ("container", "container-engine-robot"),
    "databases": ("sqladmin", "gcp-sa-cloud-sql"),
    "registry": ("artifactregistry", "gcp-sa-artifactregistry"),
}
DATA_RING = "data"


def create(base: Base) -> KeyRing:
    """The ring of the keys for data, each usable by its service's agent."""
    keys: dict[str, dict[str, KeyUser]] = {}
    for key, (service, agent) in DATA_KEYS.items():
        identity = gcp.projects.ServiceIdentity(
            f"agent-{service}",
            project=base.settings.project,
            service=f"{service}.googleapis.com",
            opts=base.in_foundation(service),
        )
        member = names.service_agent(base.settings.project_number, agent)
        keys[key] = {"agent": KeyUser(member, encryption_keys.USE, after=[identity])}
    return KeyRing(
        "data",
        KeyRingArgs(base.settings.project, base.settings.region, DATA_RING, keys),
        opts=base.in_foundation("cloudkms"),
    )
