"""IAM Credentials: short-lived tokens of service accounts, for impersonation."""

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
        """Returns the method that obtains an access token."""
        verb = "generateAccessToken"
        return [Method(f"{self.kind}.{verb}", self, ("iam.serviceAccounts.getAccessToken",), self.on_generate)]

    def full(self, name: str) -> str:
        """Returns the account's name in the IAM API, to which accounts and their policies belong."""
        return f"//iam.googleapis.com/{name}"

    def on_generate(self, call: Call) -> Json:
        """Confirms that the account can be used; the user of the token issues it, so that it is in no log."""
        account = call.cloud.store.get(self.full(call.name))
        if account is None:
            raise not_found(call.name)
        if account.body.get("disabled"):
            message = f"Service account {call.parameters['email']} is disabled."
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")
        return {}
