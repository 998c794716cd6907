"""Operations: what a service answers to a change that takes time, and the client polls until it is done.

The change itself takes effect at once. With a time set, its operation says only later that it is done; with an error
set, it ends with that error.
"""

import time
from typing import ClassVar

from sandbox.cloud.errors import CODES
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.store import Json, Store, StoredResource

SETTING = "operations.seconds"  # seconds until an operation is done
ERROR_SETTING = "operations.error"  # the message with which operations fail


class Operations(Collection):
    """Base of the services' operations, which are read alone.

    Attributes:
        reading: the permissions that reading one requires.
    """

    reading: ClassVar[tuple[str, ...]] = ()

    def methods(self) -> list[Method]:
        """Returns the reading method."""
        return [Method(f"{self.kind}.get", self, self.reading, self.on_get)]

    def on_get(self, call: Call) -> Json:
        """Returns the operation as it is now."""
        return self.present(self.stored(call).generated)

    def begin(self, store: Store, name: str, running: Json, done: Json) -> Json:
        """Stores a new operation, and returns it as it is now.

        Args:
            store: the store of the cloud.
            name: its relative name.
            running: its body until it is done.
            done: its body from then on.
        """
        if error := store.setting(ERROR_SETTING):
            done = self.failed(running, error)
        ends = time.time() + float(store.setting(SETTING) or 0)
        content: Json = {"running": running, "done": done, "ends": ends}
        with store.transaction():
            store.put(StoredResource(self.full(name), self.kind, {}, content))
        return self.present(content)

    def failed(self, running: Json, message: str) -> Json:
        """Returns the body of an operation that failed (https://google.aip.dev/151)."""
        return {**running, "done": True, "error": {"code": CODES["INTERNAL"], "message": message}}

    @staticmethod
    def present(content: Json) -> Json:
        """Returns the body of an operation as it is now."""
        return content["done"] if content["ends"] <= time.time() else content["running"]


class ComputeGlobal(Operations):
    """https://cloud.google.com/compute/docs/reference/rest/v1/globalOperations."""

    service = "compute.googleapis.com"
    kind = "compute.globalOperations"
    path = "projects/{project}/global/operations/{operation}"
    reading = ("compute.globalOperations.get",)

    def methods(self) -> list[Method]:
        """Returns the reading method, and the one that waits: it returns the operation as it is now, as Google may."""
        return [*super().methods(), Method(f"{self.kind}.wait", self, self.reading, self.on_get)]

    def failed(self, running: Json, message: str) -> Json:
        """Returns the body of an operation that failed, with the status of the request that it stands for."""
        error = {"errors": [{"code": "INTERNAL_ERROR", "message": message}]}
        status = {"httpErrorStatusCode": 500, "httpErrorMessage": "INTERNAL SERVER ERROR"}
        return {**running, "status": "DONE", "progress": 100, "endTime": running["startTime"], "error": error, **status}


class ComputeRegional(ComputeGlobal):
    """https://cloud.google.com/compute/docs/reference/rest/v1/regionOperations."""

    kind = "compute.regionOperations"
    path = "projects/{project}/regions/{region}/operations/{operation}"
    reading = ("compute.regionOperations.get",)


class Container(Operations):
    """https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.operations."""

    service = "container.googleapis.com"
    kind = "container.projects.locations.operations"
    path = "projects/{project}/locations/{location}/operations/{operation}"
    reading = ("container.operations.get",)

    def failed(self, running: Json, message: str) -> Json:
        """Returns the body of an operation that failed."""
        error = {"code": CODES["INTERNAL"], "message": message}
        return {**running, "status": "DONE", "endTime": running["startTime"], "error": error}


class Sql(Operations):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/operations; who reads instances reads them."""

    service = "sqladmin.googleapis.com"
    kind = "sql.operations"
    path = "projects/{project}/operations/{operation}"
    reading = ("cloudsql.instances.get",)

    def failed(self, running: Json, message: str) -> Json:
        """Returns the body of an operation that failed."""
        error = {"kind": "sql#operationError", "code": "INTERNAL_ERROR", "message": message}
        errors = {"kind": "sql#operationErrors", "errors": [error]}
        return {**running, "status": "DONE", "endTime": running["startTime"], "error": errors}


class Zones(Operations):
    """https://cloud.google.com/dns/docs/reference/rest/v1/managedZoneOperations."""

    service = "dns.googleapis.com"
    kind = "dns.managedZoneOperations"
    path = "projects/{project}/managedZones/{zone}/operations/{operation}"
    reading = ("dns.managedZoneOperations.get",)

    def failed(self, running: Json, message: str) -> Json:
        """Returns the body of a finished operation: Cloud DNS has no errors in it."""
        del message
        return {**running, "status": "done"}


class ServiceUsage(Operations):
    """https://cloud.google.com/service-usage/docs/reference/rest/v1/operations."""

    service = "serviceusage.googleapis.com"
    kind = "serviceusage.operations"
    path = "operations/{operation}"
    reading = ("serviceusage.operations.get",)


class ServiceNetworking(Operations):
    """https://cloud.google.com/service-infrastructure/docs/service-networking/reference/rest/v1/operations."""

    service = "servicenetworking.googleapis.com"
    kind = "servicenetworking.operations"
    path = "operations/{operation}"
    reading = ("servicenetworking.operations.get",)


class ResourceManager(Operations):
    """https://cloud.google.com/resource-manager/reference/rest/v3/operations."""

    service = "cloudresourcemanager.googleapis.com"
    kind = "cloudresourcemanager.operations"
    path = "operations/{operation}"


class Pools(Operations):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.operations."""

    service = "iam.googleapis.com"
    kind = "iam.projects.locations.workloadIdentityPools.operations"
    path = "projects/{project}/locations/{location}/workloadIdentityPools/{pool}/operations/{operation}"
    reading = ("iam.googleapis.com/workloadIdentityPools.get",)


class Providers(Operations):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers.operations."""

    service = "iam.googleapis.com"
    kind = "iam.projects.locations.workloadIdentityPools.providers.operations"
    path = (
        "projects/{project}/locations/{location}/workloadIdentityPools/{pool}/providers/{provider}"
        "/operations/{operation}"
    )
    reading = ("iam.googleapis.com/workloadIdentityPoolProviders.get",)


class DenyPolicies(Operations):
    """https://cloud.google.com/iam/docs/reference/rest/v2/policies.operations; who reads deny policies reads them."""

    service = "iam.googleapis.com"
    kind = "iam.policies.operations"
    path = "policies/{attachment}/denypolicies/{policy}/operations/{operation}"


class ArtifactRegistry(Operations):
    """https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.operations."""

    service = "artifactregistry.googleapis.com"
    kind = "artifactregistry.projects.locations.operations"
    path = "projects/{project}/locations/{location}/operations/{operation}"


class CertificateManager(Operations):
    """https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.operations."""

    service = "certificatemanager.googleapis.com"
    kind = "certificatemanager.projects.locations.operations"
    path = "projects/{project}/locations/{location}/operations/{operation}"
    reading = ("certificatemanager.operations.get",)


class GkeBackup(Operations):
    """https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/reference/rest/v1/projects.locations.operations."""

    service = "gkebackup.googleapis.com"
    kind = "gkebackup.projects.locations.operations"
    path = "projects/{project}/locations/{location}/operations/{operation}"
    reading = ("gkebackup.operations.get",)


class Logging(Operations):
    """https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.locations.operations."""

    service = "logging.googleapis.com"
    kind = "logging.projects.locations.operations"
    path = "projects/{project}/locations/{location}/operations/{operation}"
    reading = ("logging.operations.get",)


ALL = (
    ComputeGlobal,
    ComputeRegional,
    Container,
    Sql,
    Zones,
    ServiceUsage,
    ServiceNetworking,
    ResourceManager,
    Pools,
    Providers,
    DenyPolicies,
    ArtifactRegistry,
    CertificateManager,
    GkeBackup,
    Logging,
)
