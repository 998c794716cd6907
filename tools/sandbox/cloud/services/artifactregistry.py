"""Artifact Registry: repositories; what is in them is not simulated."""

from sandbox.cloud.resources import Call, Collection, now
from sandbox.cloud.services import agents, kms
from sandbox.cloud.store import Json, Stored


class Repositories(Collection):
    """https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories."""

    service = "artifactregistry.googleapis.com"
    kind = "artifactregistry.projects.locations.repositories"
    path = "projects/{project}/locations/{location}/repositories/{repository}"
    permission = "artifactregistry.repositories"
    has_policy = True
    also = kms.USE | {
        "artifactregistry.repositories.uploadArtifacts",
        "artifactregistry.repositories.downloadArtifacts",
    }
    immutable = frozenset({"format", "kmsKeyName", "mode"})

    def check(self, call: Call, body: Json) -> None:
        """The key must be usable by the service's agent."""
        kms.require_usable(call, body.get("kmsKeyName"), agents.email(call, self.service))

    def generate(self, call: Call) -> Json:
        """Name, times, and where images are pushed to and pulled from."""
        project, location, name = (call.parameters[key] for key in ("project", "location", "repository"))
        return {
            "name": call.name,
            "createTime": now(),
            "updateTime": now(),
            "mode": "STANDARD_REPOSITORY",
            "registryUri": f"{location}-docker.pkg.dev/{project}/{name}",
        }

    def regenerate(self, call: Call, stored: Stored) -> Json:
        """The time of the change."""
        del call
        return {**stored.generated, "updateTime": now()}
