"""Cloud Resource Manager: the hierarchy, its allow policies, and tags.

Organisation, folder and project are seeded, not created by a layer.
"""

from sandbox.cloud import names, tags
from sandbox.cloud.errors import already_exists, not_found
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now
from sandbox.cloud.store import Json, Stored


class _Container(Collection):
    """What holds resources: it is read here, and its allow policy is read and set."""

    service = "cloudresourcemanager.googleapis.com"
    has_policy = True

    def methods(self) -> list[Method]:
        """Reading it and its policy, and setting the policy."""
        offered = {f"{self.kind}.{verb}" for verb in ("get", "getIamPolicy", "setIamPolicy")}
        return [method for method in super().methods() if method.id in offered]


class Organizations(_Container):
    """https://cloud.google.com/resource-manager/reference/rest/v3/organizations."""

    kind = "cloudresourcemanager.organizations"
    path = "organizations/{organization}"
    permission = "resourcemanager.organizations"


class Folders(_Container):
    """https://cloud.google.com/resource-manager/reference/rest/v3/folders."""

    kind = "cloudresourcemanager.folders"
    path = "folders/{folder}"
    permission = "resourcemanager.folders"


class Projects(_Container):
    """https://cloud.google.com/resource-manager/reference/rest/v3/projects."""

    kind = "cloudresourcemanager.projects"
    path = "projects/{project}"
    permission = "resourcemanager.projects"


class _TagCollection(Collection):
    """What tag keys and values share: their parent is in the body, not in the name."""

    service = "cloudresourcemanager.googleapis.com"

    def methods(self) -> list[Method]:
        """The standard methods; creation asks on the parent that the body names."""
        return [
            Method(f"{self.kind}.create", self, (), self.on_create),
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("patch", self.on_update, f"{self.permission}.update"),
            self._method("delete", self.on_delete, f"{self.permission}.delete"),
        ]

    def on_create(self, call: Call) -> Json:
        """Creates one below a parent in which the caller may; its short name must be free there."""
        parent = str(call.body["parent"])
        full = f"{names.PROJECTS}{parent}"
        call.cloud.iam.require(call.caller.member, f"{self.permission}.create", full)
        if call.cloud.store.get(full) is None:
            raise not_found(parent)
        for other in call.cloud.store.find(self.kind, names.PROJECTS):
            if (other.body["parent"], other.body["shortName"]) == (parent, call.body["shortName"]):
                raise already_exists(f"{parent}/{call.body['shortName']}")
        return super().on_create(call)

    def generate(self, call: Call) -> Json:
        """The permanent id, and the name that people and conditions use."""
        parent = str(call.body["parent"])
        holder = call.cloud.store.get(f"{names.PROJECTS}{parent}")
        above = (holder.body.get("namespacedName") if holder else None) or parent.partition("/")[2]
        named = {"name": call.name, "namespacedName": f"{above}/{call.body['shortName']}"}
        return {**named, "createTime": now(), "updateTime": now(), "etag": new_etag()}


class TagKeys(_TagCollection):
    """https://cloud.google.com/resource-manager/reference/rest/v3/tagKeys."""

    kind = tags.KEYS
    path = "tagKeys/{key}"
    permission = "resourcemanager.tagKeys"
    also = frozenset({"resourcemanager.tagKeys.create"})


class TagValues(_TagCollection):
    """https://cloud.google.com/resource-manager/reference/rest/v3/tagValues."""

    kind = tags.VALUES
    path = "tagValues/{value}"
    permission = "resourcemanager.tagValues"
    also = frozenset({"resourcemanager.tagValues.create"})


class TagBindings(Collection):
    """https://cloud.google.com/resource-manager/reference/rest/v3/tagBindings; names hold the resource URL-encoded."""

    service = "cloudresourcemanager.googleapis.com"
    kind = tags.BINDINGS
    path = "tagBindings/{resource}/tagValues/{value}"
    also = frozenset(
        f"{resource}.{verb}TagBinding"
        for resource in (
            "artifactregistry.repositories",
            "cloudkms.keyRings",
            "cloudsql.instances",
            "compute.subnetworks",
            "container.clusters",
            "iam.serviceAccounts",
            "resourcemanager.hierarchyNodes",
            "storage.buckets",
        )
        for verb in ("create", "delete")
    ) | {"resourcemanager.tagValueBindings.create", "resourcemanager.tagValueBindings.delete"}

    def methods(self) -> list[Method]:
        """Binding and unbinding; both ask on the resource and on the value."""
        return [
            Method(f"{self.kind}.create", self, (), self.on_create),
            Method(f"{self.kind}.delete", self, (), self.on_delete),
        ]

    def on_create(self, call: Call) -> Json:
        """Binds a value to a resource; both must exist."""
        resource, value = self._authorised(call, "create")
        if call.cloud.store.get(f"{names.PROJECTS}{value}") is None:
            raise not_found(value)
        body = {"name": call.name, "parent": resource, "tagValue": value}
        return super().on_create(Call(call.cloud, call.caller, call.name, body, call.parameters))

    def on_delete(self, call: Call) -> Json:
        """Unbinds it."""
        self._authorised(call, "delete")
        return super().on_delete(call)

    def _authorised(self, call: Call, verb: str) -> tuple[str, str]:
        """The resource and the value, once the caller was found to hold what binding them takes."""
        resource, value = tags.bound_resource(call.name), f"tagValues/{call.parameters['value']}"
        found: Stored | None = call.cloud.store.get(resource)
        if found is None:
            raise not_found(names.split(resource)[1])
        in_hierarchy = resource.startswith(names.PROJECTS)
        kind = "resourcemanager.hierarchyNodes" if in_hierarchy else call.cloud.collection(found.collection).permission
        call.cloud.iam.require(call.caller.member, f"{kind}.{verb}TagBinding", resource)
        value_permission = f"resourcemanager.tagValueBindings.{verb}"
        call.cloud.iam.require(call.caller.member, value_permission, f"{names.PROJECTS}{value}")
        return resource, value
