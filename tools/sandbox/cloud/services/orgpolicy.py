"""Organisation policies of a project: constraints that the simulated services enforce."""

from collections.abc import Mapping
from typing import ClassVar

from sandbox.cloud import constraints
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.resources import Call, Collection, new_etag
from sandbox.cloud.store import Json, StoredResource


class Policies(Collection):
    """https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest/v2/projects.policies."""

    service = "orgpolicy.googleapis.com"
    kind = "orgpolicy.projects.policies"
    path = "projects/{project}/policies/{constraint}"
    permission = "orgpolicy.policies"
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {"get": ("orgpolicy.policy.get",)}

    def check(self, call: Call, body: Json) -> None:
        """Refuses an empty policy."""
        del call
        if not body.get("spec") and not body.get("dryRunSpec"):
            raise invalid("The policy must have a spec or a dryRunSpec.")

    def generate(self, call: Call) -> Json:
        """Returns name, with the project's number, and etag."""
        return {"name": call.cloud.iam.hierarchy.with_number(call.name), "etag": new_etag()}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns a new etag."""
        return {**stored.generated, **self.generate(call)}


def enforced(call: Call, constraint: str) -> bool:
    """Returns whether a boolean constraint, such as "sql.restrictPublicIp", is enforced in the project of a call."""
    return constraints.is_enforced(call.cloud.store, call.parameters["project"], constraint)


def violated(constraint: str, project: str) -> ApiError:
    """Returns the error of a request that a constraint forbids."""
    message = (
        f"Organization Policy check failure: the request violates the constraint 'constraints/{constraint}' enforced at"
        f" 'projects/{project}'."
    )
    return ApiError("FAILED_PRECONDITION", message, "conditionNotMet", {"constraint": constraint})
