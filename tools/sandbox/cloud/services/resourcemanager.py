"""Cloud Resource Manager: the hierarchy, its allow policies, and tags.

Organisation, folder and project are seeded; no layer creates them.
"""

from dataclasses import replace

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
    also = frozenset({"resourcemanager.projects.list"})

    def methods(self) -> list[Method]:
        """Returns the methods of every container, the search for the caller's projects, and the way up."""
        return [
            *super().methods(),
            Method(f"{self.kind}.list", self, (), self.on_search),
            self._method("getAncestry", self.on_ancestry, f"{self.permission}.get"),
        ]

    def on_search(self, call: Call) -> Json:
        """Returns the projects that the caller may read: wherever they are, or below the parent in the body."""
        permission = f"{self.permission}.get"
        stored = call.cloud.store.find(self.kind, names.PROJECTS)
        if "parent" in call.body:
            parent = str(call.body["parent"])
            call.cloud.iam.require(call.caller.member, f"{self.permission}.list", f"{names.PROJECTS}{parent}")
            stored = [one for one in stored if one.body.get("parent") == parent]
        visible = [one for one in stored if call.cloud.iam.decide(call.caller.member, permission, one.name).allowed]
        return {"items": [project.body for project in visible]}

    def on_ancestry(self, call: Call) -> Json:
        """Returns the project and what is above it, nearest first."""
        line = [names.split(name)[1].split("/") for name in call.cloud.iam.hierarchy.line(self.full(call.name))]
        return {"ancestor": [{"resourceId": {"type": kind.removesuffix("s"), "id": one}} for kind, one in line]}


class _TagCollection(Collection):
    """Base of tag keys and values: their parent is in the body, not in the name."""

    service = "cloudresourcemanager.googleapis.com"

    def methods(self) -> list[Method]:
        """Returns the standard methods; creation and list require their permission on the parent in the body."""
        return [
            Method(f"{self.kind}.create", self, (), self.on_create),
            Method(f"{self.kind}.list", self, (), self.on_list),
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("patch", self.on_update, f"{self.permission}.update"),
            self._method("delete", self.on_delete, f"{self.permission}.delete"),
        ]

    def on_create(self, call: Call) -> Json:
        """Creates a key or value below a parent on which the caller may; the short name must be free there."""
        parent = self._parent(call, "create")
        short_name = call.body["shortName"]
        if any(tag["shortName"] == short_name for tag in self._below(call, parent)):
            raise already_exists(f"{parent}/{short_name}")
        return super().on_create(replace(call, body={**call.body, "parent": parent}))

    def on_list(self, call: Call) -> Json:
        """Returns the keys or values of the parent in the body."""
        return {"items": self._below(call, self._parent(call, "list"))}

    def _parent(self, call: Call, verb: str) -> str:
        """Returns the parent in the body, on which the caller needs the permission."""
        parent = call.cloud.iam.hierarchy.with_ids(str(call.body["parent"]))
        full = f"{names.PROJECTS}{parent}"
        call.cloud.iam.require(call.caller.member, f"{self.permission}.{verb}", full)
        if call.cloud.store.get(full) is None:
            raise not_found(parent)
        return parent

    def _below(self, call: Call, parent: str) -> list[Json]:
        tags_of_all = call.cloud.store.find(self.kind, names.PROJECTS)
        return [tag.body for tag in tags_of_all if tag.body["parent"] == parent]

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
    also = frozenset({"resourcemanager.tagKeys.create", "resourcemanager.tagKeys.list"})


class TagValues(_TagCollection):
    """https://cloud.google.com/resource-manager/reference/rest/v3/tagValues."""

    kind = tags.VALUES
    path = "tagValues/{value}"
    permission = "resourcemanager.tagValues"
    also = frozenset({"resourcemanager.tagValues.create", "resourcemanager.tagValues.list"})


class TagBindings(Collection):
    """https://cloud.google.com/resource-manager/reference/rest/v3/tagBindings; names hold the resource URL-encoded."""

    service = "cloudresourcemanager.googleapis.com"
    kind = tags.BINDINGS
    path = "tagBindings/{resource}/tagValues/{value}"
    also = frozenset(
        f"{resource}.{verb}"
        for resource in (
            "artifactregistry.repositories",
            "cloudkms.keyRings",
            "cloudsql.instances",
            "compute.subnetworks",
            "container.clusters",
            "iam.serviceAccounts",
            "resourcemanager.hierarchyNodes",
            "secretmanager.secrets",
            "storage.buckets",
        )
        for verb in ("createTagBinding", "deleteTagBinding", "listTagBindings", "listEffectiveTags")
    ) | {"resourcemanager.tagValueBindings.create", "resourcemanager.tagValueBindings.delete"}

    def methods(self) -> list[Method]:
        """Returns the methods that bind, unbind and list; the first two require permissions on the value as well."""
        return [
            Method(f"{self.kind}.list", self, (), self.on_list),
            Method(f"{self.kind}.create", self, (), self.on_create),
            Method(f"{self.kind}.delete", self, (), self.on_delete),
        ]

    def on_create(self, call: Call) -> Json:
        """Binds a value to a resource; both must exist."""
        resource, value = self._authorised(call, "create")
        if call.cloud.store.get(f"{names.PROJECTS}{value}") is None:
            raise not_found(value)
        body = {"name": call.name, "parent": call.cloud.iam.hierarchy.with_number(resource), "tagValue": value}
        return super().on_create(Call(call.cloud, call.caller, call.name, body, call.parameters))

    def on_delete(self, call: Call) -> Json:
        """Unbinds the value."""
        self._authorised(call, "delete")
        return super().on_delete(call)

    def on_list(self, call: Call) -> Json:
        """Returns the bindings of a resource."""
        self._resource(call, "listTagBindings")
        bindings = call.cloud.store.find(self.kind, self.full(call.name).removesuffix("-"))
        return {"items": [binding.body for binding in bindings]}

    def _authorised(self, call: Call, verb: str) -> tuple[str, str]:
        """Returns the resource and the value; raises ApiError unless the caller has the permissions on both."""
        resource, value = self._resource(call, f"{verb}TagBinding"), f"tagValues/{call.parameters['value']}"
        value_permission = f"resourcemanager.tagValueBindings.{verb}"
        call.cloud.iam.require(call.caller.member, value_permission, f"{names.PROJECTS}{value}")
        return resource, value

    def _resource(self, call: Call, verb: str) -> str:
        """Returns the resource; raises ApiError unless it exists and the caller has the permission on it."""
        resource = tags.bound_resource(call.name)
        stored: StoredResource | None = call.cloud.store.get(resource)
        if stored is None:
            raise not_found(names.split(resource)[1])
        in_hierarchy = resource.startswith(names.PROJECTS)
        kind = "resourcemanager.hierarchyNodes" if in_hierarchy else call.cloud.collection(stored.collection).permission
        call.cloud.iam.require(call.caller.member, f"{kind}.{verb}", resource)
        return resource


class EffectiveTags(TagBindings):
    """https://cloud.google.com/resource-manager/reference/rest/v3/effectiveTags: own and inherited tags."""

    kind = tags.EFFECTIVE
    path = "effectiveTags/{resource}/tagValues/{value}"

    def methods(self) -> list[Method]:
        """Returns the list."""
        return [Method(f"{self.kind}.list", self, (), self.on_list)]

    def on_list(self, call: Call) -> Json:
        """Returns the tags that a resource has or inherits."""
        resource = self._resource(call, "listEffectiveTags")
        store, line = call.cloud.store, call.cloud.iam.hierarchy.line(resource)
        own = {value for _, value in tags.effective(store, (resource,))[1].items()}
        items: list[Json] = []
        for key_name, value_name in tags.effective(store, line)[1].items():
            key, value = (store.get(f"{names.PROJECTS}{name}") for name in (key_name, value_name))
            if key and value:
                tag = {"tagKey": key_name, "namespacedTagKey": key.body["namespacedName"], "tagValue": value_name}
                tag |= {"namespacedTagValue": value.body["namespacedName"], "tagKeyParentName": key.body["parent"]}
                items.append({**tag, "inherited": value_name not in own})
        return {"items": items}
