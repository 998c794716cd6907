"""IAM: service accounts, their keys, and custom roles."""

from typing import ClassVar

from sandbox.cloud import names
from sandbox.cloud.errors import invalid, not_found
from sandbox.cloud.resources import Call, Collection, new_etag, new_number, now
from sandbox.cloud.store import Json, Stored

_UNDELETABLE_FOR = (
    7 * 24 * 3600.0
)  # seconds; https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role


class ServiceAccounts(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts."""

    service = "iam.googleapis.com"
    kind = "iam.projects.serviceAccounts"
    path = "projects/{project}/serviceAccounts/{email}"
    permission = "iam.serviceAccounts"
    has_policy = True

    def check(self, call: Call, body: Json) -> None:
        """Refuses an email that does not belong to the project."""
        del body
        email, project = call.parameters["email"], call.parameters["project"]
        if names.service_account(email) != self.full(call.name):
            raise invalid(f"Service account '{email}' is not a valid account of project {project}.")

    def generate(self, call: Call) -> Json:
        """Name, email and the numeric id that never repeats."""
        number = new_number()
        return {
            "name": call.name,
            "projectId": call.parameters["project"],
            "email": call.parameters["email"],
            "uniqueId": number,
            "oauth2ClientId": number,
            "etag": new_etag(),
        }


class ServiceAccountKeys(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys."""

    service = "iam.googleapis.com"
    kind = "iam.projects.serviceAccounts.keys"
    path = "projects/{project}/serviceAccounts/{email}/keys/{key}"
    permission = "iam.serviceAccountKeys"
    update = ""

    def check(self, call: Call, body: Json) -> None:
        """A key needs its account."""
        del body
        account = f"projects/{call.parameters['project']}/serviceAccounts/{call.parameters['email']}"
        if call.cloud.store.get(self.full(account)) is None:
            raise not_found(account)

    def generate(self, call: Call) -> Json:
        """What a caller sees of a key after it was made; the private part is not simulated."""
        return {"name": call.name, "keyAlgorithm": "KEY_ALG_RSA_2048", "validAfterTime": now()}


class Roles(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles."""

    service = "iam.googleapis.com"
    kind = "iam.projects.roles"
    path = "projects/{project}/roles/{role}"
    permission = "iam.roles"
    reserved_for = _UNDELETABLE_FOR
    immutable: ClassVar[frozenset[str]] = frozenset({"name"})

    def generate(self, call: Call) -> Json:
        """Name and etag."""
        return {"name": call.name, "etag": new_etag()}

    def regenerate(self, call: Call, stored: Stored) -> Json:
        """A new etag."""
        del call
        return {**stored.generated, "etag": new_etag()}
