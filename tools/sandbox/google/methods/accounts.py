"""IAM: service accounts, whose patch has the account and the mask in its body."""

from sandbox.cloud.store import Json
from sandbox.google import answers, requests
from sandbox.google.exchange import Exchange

_ACCOUNTS = "iam.projects.serviceAccounts"


def _patch(asked: Exchange) -> Json:
    """Changes display name or description (https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts/patch)."""
    change = requests.updated(asked, asked.body.get("serviceAccount") or {}, asked.body.get("updateMask") or "")
    name = requests.name_of(asked.cloud.collection(_ACCOUNTS), asked)
    return answers.shaped(asked, name, asked.call(f"{_ACCOUNTS}.patch", name, change=change))


HANDLERS = {f"{_ACCOUNTS}.patch": _patch}
