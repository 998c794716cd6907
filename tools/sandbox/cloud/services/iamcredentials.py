"""IAM Credentials: short-lived tokens of service accounts, which is how one identity acts as another."""

from sandbox.cloud.errors import ApiError, not_found
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.store import Json


class Tokens(Collection):
    """https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts."""

    service = "iamcredentials.googleapis.com"
    kind = "iamcredentials.projects.serviceAccounts"
    path = "projects/{project}/serviceAccounts/{email}"
    permission = "iam.serviceAccounts"

    def methods(self) -> list[Method]:
        """Obtaining an access token."""
        verb = "generateAccessToken"
        return [Method(f"{self.kind}.{verb}", self, ("iam.serviceAccounts.getAccessToken",), self.on_generate)]

    def full(self, name: str) -> str:
        """Accounts belong to the IAM API, and so do the policies on them."""
        return f"//iam.googleapis.com/{name}"

    def on_generate(self, call: Call) -> Json:
        """Confirms that the account can be used; the token itself is issued where it is used, and is in no log."""
        account = call.cloud.store.get(self.full(call.name))
        if account is None:
            raise not_found(call.name)
        if account.body.get("disabled"):
            message = f"Service account {call.parameters['email']} is disabled."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        return {}
