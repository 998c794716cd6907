"""IAM v2: deny policies and their attachment points."""

from urllib.parse import unquote

from sandbox.cloud import deny, directory, names
from sandbox.cloud.errors import invalid, not_found
from sandbox.cloud.iam import deny_key
from sandbox.cloud.resources import Call, Collection, Method, new_etag, new_number, now
from sandbox.cloud.store import Json, StoredResource, merge


class DenyPolicies(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v2/policies; the attachment point is a URL-encoded full name."""

    service = "iam.googleapis.com"
    kind = "iam.policies"
    path = "policies/{attachment}/denypolicies/{policy}"
    permission = "iam.denypolicies"
    create = "createPolicy"
    update = "update"

    def methods(self) -> list[Method]:
        """Returns the standard methods; the listing method is called listPolicies."""
        renamed = self._method("listPolicies", self.on_list, "iam.denypolicies.list", on_parent=True)
        return [renamed if method.id == f"{self.kind}.list" else method for method in super().methods()]

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the resource to which the policy is or will be attached."""
        del method
        return attachment_point(self.parameters(name)["attachment"])

    def check(self, call: Call, body: Json) -> None:
        """Checks that the attachment point exists and the rules are valid."""
        point = attachment_point(call.parameters["attachment"])
        if call.cloud.store.get(point) is None:
            raise not_found(names.split(point)[1])
        deny.check(body)
        for group in deny.groups(body):
            directory.check_group(call.cloud.store, group)

    def generate(self, call: Call) -> Json:
        """Returns name, ids and times."""
        return {"name": call.name, "uid": new_number(), "kind": "DenyPolicy", "createTime": now(), **_changed()}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns a new etag."""
        del call
        return merge(stored.generated, _changed())

    def on_create(self, call: Call) -> Json:
        """Creates the policy, which takes effect at once."""
        created = super().on_create(call)
        _attach(call)
        return created

    def on_update(self, call: Call) -> Json:
        """Changes the policy; 409 when the caller's etag is not the current one."""
        updated = super().on_update(call)
        _attach(call)
        return updated

    def on_delete(self, call: Call) -> Json:
        """Deletes the policy, which loses its effect at once."""
        super().on_delete(call)
        _attach(call)
        return {}


def _changed() -> Json:
    return {"etag": new_etag(), "updateTime": now()}


def attachment_point(encoded: str) -> str:
    """Returns the full name in an attachment point (such as `cloudresourcemanager.googleapis.com%2Fprojects%2Fp`).

    Raises:
        ApiError: INVALID_ARGUMENT for anything but a project, a folder or an organisation.
    """
    full = f"//{unquote(encoded)}"
    parts = full.removeprefix(names.PROJECTS).split("/")
    if (
        not full.startswith(names.PROJECTS)
        or len(parts) != 2
        or parts[0] not in ("projects", "folders", "organizations")
    ):
        raise invalid(f"Invalid attachment point: '{encoded}' is no URL-encoded project, folder or organization.")
    return full


def _attach(call: Call) -> None:
    """Stores the policies of an attachment point where IAM's decisions read them."""
    encoded = call.parameters["attachment"]
    stored = call.cloud.store.find(DenyPolicies.kind, f"//{DenyPolicies.service}/policies/{encoded}/")
    attached = {names.split(policy.name)[1]: {"rules": policy.body.get("rules", [])} for policy in stored}
    call.cloud.store.set_policy(deny_key(attachment_point(encoded)), attached)
