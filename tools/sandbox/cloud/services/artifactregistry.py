"""Artifact Registry: repositories; their content is not simulated."""

from sandbox.cloud.resources import Call, Collection, now
from sandbox.cloud.services import agents, kms
from sandbox.cloud.store import Json, StoredResource


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
        """Checks that the service's agent may use the key."""
        kms.require_usable(call, body.get("kmsKeyName"), agents.email(call, self.service))

    def generate(self, call: Call) -> Json:
        """Returns name, times, and the addresses for pushing and pulling images."""
        project, location, name = (call.parameters[key] for key in ("project", "location", "repository"))
        return {
            "name": call.name,
            "createTime": now(),
            "updateTime": now(),
            "mode": "STANDARD_REPOSITORY",
            "registryUri": f"{location}-docker.pkg.dev/{project}/{name}",
        }

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the time of the change."""
        del call
        return {**stored.generated, "updateTime": now()}
