"""Cloud Resource Manager: the hierarchy, its allow policies, and tags.

Organisation, folder and project are seeded; no layer creates them.
"""

from sandbox.cloud import names, tags
from sandbox.cloud.errors import already_exists, not_found
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now
from sandbox.cloud.store import Json, StoredResource


class _Container(Collection):
    """Base of organisations, folders and projects: they are read, and their allow policies are read and set."""

    service = "cloudresourcemanager.googleapis.com"
    has_policy = True

    def methods(self) -> list[Method]:
        """Returns the methods that read the resource and its policy, and set the policy."""
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

    def methods(self) -> list[Method]:
        """Returns the methods of every container, and the search for the caller's projects."""
        return [*super().methods(), Method(f"{self.kind}.list", self, (), self.on_search)]

    def on_search(self, call: Call) -> Json:
        """Returns the projects that the caller may read, wherever they are."""
        permission = f"{self.permission}.get"
        stored = call.cloud.store.find(self.kind, names.PROJECTS)
        visible = [one for one in stored if call.cloud.iam.decide(call.caller.member, permission, one.name).allowed]
        return {"items": [project.body for project in visible]}


class _TagCollection(Collection):
    """Base of tag keys and values: their parent is in the body, not in the name."""

    service = "cloudresourcemanager.googleapis.com"

    def methods(self) -> list[Method]:
        """Returns the standard methods; creation requires its permission on the parent in the body."""
        return [
            Method(f"{self.kind}.create", self, (), self.on_create),
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("patch", self.on_update, f"{self.permission}.update"),
            self._method("delete", self.on_delete, f"{self.permission}.delete"),
        ]

    def on_create(self, call: Call) -> Json:
        """Creates a key or value below a parent on which the caller may; the short name must be free there."""
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
        """Returns the permanent id, and the namespaced name that people and conditions use."""
        parent = str(call.body["parent"])
        holder = call.cloud.store.get(f"{names.PROJECTS}{parent}")
        above = (holder.body.get("namespacedName") if holder else None) or parent.partition("/")[2]
        generated_names = {"name": call.name, "namespacedName": f"{above}/{call.body['shortName']}"}
        return {**generated_names, "createTime": now(), "updateTime": now(), "etag": new_etag()}


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
        """Returns the methods that bind and unbind; both require permissions on the resource and on the value."""
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
        """Unbinds the value."""
        self._authorised(call, "delete")
        return super().on_delete(call)

    def _authorised(self, call: Call, verb: str) -> tuple[str, str]:
        """Returns the resource and the value; raises ApiError unless the caller has the permissions on both."""
        resource, value = tags.bound_resource(call.name), f"tagValues/{call.parameters['value']}"
        stored: StoredResource | None = call.cloud.store.get(resource)
        if stored is None:
            raise not_found(names.split(resource)[1])
        in_hierarchy = resource.startswith(names.PROJECTS)
        kind = "resourcemanager.hierarchyNodes" if in_hierarchy else call.cloud.collection(stored.collection).permission
        call.cloud.iam.require(call.caller.member, f"{kind}.{verb}TagBinding", resource)
        value_permission = f"resourcemanager.tagValueBindings.{verb}"
        call.cloud.iam.require(call.caller.member, value_permission, f"{names.PROJECTS}{value}")
        return resource, value
