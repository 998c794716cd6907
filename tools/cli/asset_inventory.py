"""Allow policies of a real project, from Cloud Asset Inventory, read as the identity layer's preview account.

https://cloud.google.com/asset-inventory/docs/reference/rest/v1/TopLevel/searchAllIamPolicies. One call lists every
resource in the project that has a policy, including resources that no layer declares.
"""

from cli.google import connection
from cli.google.client import Client, Json
from cli.google.errors import Purpose

_PAGE = 500


def policies(project: str, account: str) -> list[Json]:
    """Every policy in a project, as `gcloud asset search-all-iam-policies --format=json` lists them.

    Raises `ToolError` when Google does not return them.
    """
    return search(connection.as_account(account), project)


def search(client: Client, project: str) -> list[Json]:
    """Every policy in a project, read by a client that may search them.

    Raises `GoogleError` when Google does not return them.
    """
    purpose = Purpose(
        f"read the allow policies of {project}",
        "grants that no state declares would stay unseen, and nothing was judged",
        "cloudasset.assets.searchAllIamPolicies on the project, where cloudasset.googleapis.com must be enabled",
    )
    url = f"https://cloudasset.googleapis.com/v1/projects/{project}:searchAllIamPolicies"
    return list(client.listed("GET", url, "results", purpose, parameters={"pageSize": _PAGE}))
