"""Cloud Billing: a project's billing account, without which most of Google's APIs refuse to work."""

from sandbox.cloud import names
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.store import Json

SETTING = "billing.enabled"
_ACCOUNT = "billingAccounts/000000-AAAAAA-111111"


class Projects(Collection):
    """https://cloud.google.com/billing/docs/reference/rest/v1/projects."""

    service = "cloudbilling.googleapis.com"
    kind = "cloudbilling.projects"
    path = "projects/{project}/billingInfo"

    def methods(self) -> list[Method]:
        """Returns the reading method; the seed of the project links the account."""
        return [Method(f"{self.kind}.getBillingInfo", self, ("resourcemanager.projects.get",), self.on_get)]

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the project itself."""
        del method
        return names.project(names.project_of(name))

    def on_get(self, call: Call) -> Json:
        """Returns the billing account, if there is one."""
        enabled = call.cloud.store.setting(SETTING) != "false"
        account = _ACCOUNT if enabled else ""
        project = call.parameters["project"]
        return {
            "name": call.name,
            "projectId": project,
            "billingAccountName": account,
            "billingEnabled": enabled,
        }
