"""Cloud Storage and Artifact Registry: buckets, repositories, and members of their policies."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp.conversions import INT64, LIVENESS
from sandbox.plugins.gcp.members import MemberType
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties, ProviderError


class _BucketType(ResourceType):
    """A bucket; the provider empties it before its deletion with `forceDestroy`, and otherwise refuses."""

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the URL for `gcloud storage` and the state backend."""
        return {**super().to_outputs(inputs, body), "url": f"gs://{body['name']}"}

    def read_inputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the inputs; the location as declared where Google's differs only in capital letters."""
        present = super().read_inputs(inputs, body)
        if str(inputs.get("location")).upper() == present.get("location"):
            present["location"] = inputs["location"]
        return present

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the bucket; deletes its objects only with `forceDestroy`."""
        self.refuse_if_protected(state)
        name = self.rest_name(state)
        for stored in _objects(session, name):
            if not state.get("forceDestroy"):
                raise ProviderError(
                    f"Error trying to delete bucket {state['name']} containing objects without `forceDestroy` set to"
                    " true."
                )
            session.call("storage.objects.delete", f"{name}/objects/{quote(str(stored['name']), safe='')}")
        if state.get("deletionPolicy") != "ABANDON":
            session.call("storage.buckets.delete", name)


def _objects(session: Session, bucket: str) -> list[Properties]:
    """Returns the objects of a bucket, or none if the caller may not list them: the provider still tries to delete."""
    try:
        return session.call("storage.objects.list", f"{bucket}/objects/-")["items"]
    except ApiError as error:
        if error.status != "PERMISSION_DENIED":
            raise
        return []


class _BucketMemberType(MemberType):
    """A member of a bucket's policy; the bucket is expected in the provider's own project."""

    def policy_of(self, session: Session, inputs: Properties) -> str:
        """Returns the simulation's name of the bucket, which contains the project (see the storage service)."""
        return self.name.format_map({"project": session.defaults["project"], **self.variables(inputs)})

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the bucket without the "b/" of imports."""
        return {**inputs, "bucket": str(inputs["bucket"]).removeprefix("b/")}


class _RepositoryType(ResourceType):
    """A repository; the API has its cleanup policies by their ids."""

    def to_body(self, inputs: Properties) -> Properties:
        """Returns the body, with the cleanup policies by id."""
        body = super().to_body(inputs)
        policies: list[Properties] = body.pop("cleanupPolicies", [])
        by_id = {policy["id"]: policy for policy in policies}
        return {**body, "cleanupPolicies": by_id} if by_id else body

    def from_body(self, body: Properties) -> Properties:
        """Returns the inputs, with the cleanup policies as a list."""
        inputs = super().from_body(body)
        by_id: dict[str, Properties] = inputs.pop("cleanupPolicies", {})
        policies = [{**policy, "id": key} for key, policy in by_id.items()]
        return {**inputs, "cleanupPolicies": policies} if policies else inputs


class _RepositoryMemberType(MemberType):
    """A member of a repository's policy; the program declares the repository by name or id."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with project, location and name of the repository from its id."""
        parts = str(inputs["repository"]).split("/")
        if len(parts) < 6:
            return inputs
        return {**inputs, "project": parts[1], "location": parts[3], "repository": parts[5]}


_BUCKET = _BucketType(
    type="gcp:storage/bucket:Bucket",
    kind="storage.buckets",
    name="projects/{project}/buckets/{name}",
    id="{name}",
    required=("location",),
    replace_on=frozenset({"enableObjectRetention", "hierarchicalNamespace", "location", "name", "project"}),
    fields={
        "uniformBucketLevelAccess": "iamConfiguration.uniformBucketLevelAccess.enabled",
        "publicAccessPrevention": "iamConfiguration.publicAccessPrevention",
        "lifecycleRules": "lifecycle.rule",
        "requesterPays": "billing.requesterPays",
        "cors.*.methods": "cors.*.method",
        "cors.*.origins": "cors.*.origin",
        "cors.*.responseHeaders": "cors.*.responseHeader",
        **{
            f"lifecycle.rule.*.condition.{ours}": f"lifecycle.rule.*.condition.{theirs}"
            for ours, theirs in {
                "matchesPrefixes": "matchesPrefix",
                "matchesStorageClasses": "matchesStorageClass",
                "matchesSuffixes": "matchesSuffix",
                "withState": "isLive",
            }.items()
        },
    },
    conversions={
        "lifecycle.rule.*.condition.isLive": LIVENESS,
        "softDeletePolicy.retentionDurationSeconds": INT64,
    },
    provider_only=frozenset({"forceDestroy"}),
    computed={
        "selfLink": "selfLink",
        "projectNumber": "projectNumber",
        "timeCreated": "timeCreated",
        "updated": "updated",
        "effectiveLabels": "labels",
        "pulumiLabels": "labels",
    },
)
_BUCKET_MEMBER = _BucketMemberType(
    type="gcp:storage/bucketIAMMember:BucketIAMMember",
    kind="storage.buckets",
    name="projects/{project}/buckets/{bucket}",
    id="b/{bucket}/{role}/{member}",
    inherits=(),
    required=("bucket", "member", "role"),
    replace_on=frozenset({"bucket", "condition", "member", "role"}),
)
_REPOSITORY = _RepositoryType(
    type="gcp:artifactregistry/repository:Repository",
    kind="artifactregistry.projects.locations.repositories",
    name="projects/{project}/locations/{location}/repositories/{repositoryId}",
    inherits=("project", "location"),
    required=("format", "repositoryId"),
    replace_on=frozenset(
        {
            "format",
            "kmsKeyName",
            "location",
            "mode",
            "project",
            "remoteRepositoryConfig",
            "repositoryId",
        }
    ),
    provider_only=frozenset({"location", "repositoryId"}),
    computed={
        "name": "name",
        "createTime": "createTime",
        "updateTime": "updateTime",
        "registryUri": "registryUri",
        "effectiveLabels": "labels",
        "pulumiLabels": "labels",
    },
    autoname="",
)
_REPOSITORY_MEMBER = _RepositoryMemberType(
    type="gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    kind="artifactregistry.projects.locations.repositories",
    name="projects/{project}/locations/{location}/repositories/{repository}",
    id="projects/{project}/locations/{location}/repositories/{repository}/{role}/{member}",
    inherits=("project", "location"),
    required=("member", "repository", "role"),
    replace_on=frozenset({"condition", "location", "member", "project", "repository", "role"}),
)

TYPES = (_BUCKET, _BUCKET_MEMBER, _REPOSITORY, _REPOSITORY_MEMBER)
