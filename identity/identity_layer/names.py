"""Names that Google derives from others, computed here so that a first preview already shows every member in full.

An address read from a created account would be unknown until the update: neither a reviewer nor a policy could see
who is granted what.
"""


def account_email(project: str, account_id: str) -> str:
    """The address of a service account of the project."""
    return f"{account_id}@{project}.iam.gserviceaccount.com"


def account_member(project: str, account_id: str) -> str:
    """A service account as a member of a policy."""
    return f"serviceAccount:{account_email(project, account_id)}"


def account_path(project: str, account_id: str) -> str:
    """A service account's resource name."""
    return f"projects/{project}/serviceAccounts/{account_email(project, account_id)}"


def workload_member(project: str, namespace: str, kubernetes_service_account: str) -> str:
    """A Kubernetes service account of the project's clusters as a member of a policy (GKE Workload Identity)."""
    return f"serviceAccount:{project}.svc.id.goog[{namespace}/{kubernetes_service_account}]"
