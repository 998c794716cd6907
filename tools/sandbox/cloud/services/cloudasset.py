"""Cloud Asset Inventory: the search of all allow policies of a project."""

from sandbox.cloud import names
from sandbox.cloud.iam import DENY_PREFIX
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.store import Json


class Policies(Collection):
    """https://cloud.google.com/asset-inventory/docs/reference/rest/v1/TopLevel/searchAllIamPolicies."""

    service = "cloudasset.googleapis.com"
    kind = "cloudasset"
    path = "projects/{project}"

    def methods(self) -> list[Method]:
        """Returns the search, which has a single page, since a sandbox is small."""
        permissions = ("cloudasset.assets.searchAllIamPolicies",)
        return [Method(f"{self.kind}.searchAllIamPolicies", self, permissions, self.on_search)]

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the project itself."""
        del method
        return names.project(names.project_of(name))

    def on_search(self, call: Call) -> Json:
        """Returns the policies of the project and its resources; policies above it belong to another scope."""
        project = call.parameters["project"]
        results = [
            {"resource": resource, "policy": policy}
            for resource, policy in call.cloud.store.policies()
            if not resource.startswith(DENY_PREFIX) and self._is_in(call, resource, project)
        ]
        return {"results": results}

    def _is_in(self, call: Call, resource: str, project: str) -> bool:
        above = names.split(resource)[1].partition("/")[0]
        return above not in ("organizations", "folders") and call.cloud.iam.hierarchy.project_of(resource) == project
