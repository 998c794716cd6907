"""Cloud Identity: whether a group exists."""

from sandbox.cloud import directory
from sandbox.cloud.errors import ApiError
from sandbox.cloud.resources import Call, Collection, Method, stable_number
from sandbox.cloud.store import Json


class Groups(Collection):
    """https://cloud.google.com/identity/docs/reference/rest/v1/groups; they are made in the directory (`tenant.py`)."""

    service = "cloudidentity.googleapis.com"
    kind = "cloudidentity.groups"
    path = "groups/{group}"

    def methods(self) -> list[Method]:
        """Returns the look-up, for which the directory, not IAM, decides who may; here everybody may."""
        return [Method(f"{self.kind}.lookup", self, (), self.on_lookup)]

    def on_lookup(self, call: Call) -> Json:
        """Returns the name of the group with the address in the body; 404 when there is none."""
        address = str(call.body["groupKey"]["id"])
        if not directory.has_group(call.cloud.store, address):
            raise ApiError("NOT_FOUND", f"Error(2001): Group {address} not found.", "notFound")
        return {"name": f"groups/{stable_number(address.lower())}"}
