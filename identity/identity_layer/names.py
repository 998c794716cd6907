"""Names that Google derives from others, computed here so that a first preview already shows every member in full.

An address read from a created account would be unknown until the update: neither a reviewer nor a policy could see
who is granted what.
"""

POOL = "github"
BUILD_POOL = "builds"
FOUNDATION = "foundation"  # its state
STATES = (FOUNDATION, "identity", "team", "platform", "namespaces", "storage", "apps")


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


def service_agent(project_number: str, service: str) -> str:
    """The account as which one of Google's services acts in the project, as a member of a policy.

    Args:
        project_number: the project's.
        service: the part of the address that names the service, such as "gcp-sa-cloud-sql"; see
            https://cloud.google.com/iam/docs/service-agents.
    """
    return f"serviceAccount:service-{project_number}@{service}.iam.gserviceaccount.com"


def federated_member(project_number: str, job: str) -> str:
    """The runs of one job of a workflow (see federation.py) as a member of a policy."""
    return _with_attribute(project_number, POOL, f"job/{job}")


def build_member(project_number: str, repository_id: str, branch: str) -> str:
    """The runs on a branch of a repository with an app's source (see federation.py) as a member of a policy."""
    return _with_attribute(project_number, BUILD_POOL, f"build/{repository_id}:refs/heads/{branch}")


def _with_attribute(project_number: str, pool: str, attribute: str) -> str:
    path = f"projects/{project_number}/locations/global/workloadIdentityPools/{pool}"
    return f"principalSet://iam.googleapis.com/{path}/attribute.{attribute}"


def state_bucket(project: str, layer: str) -> str:
    """The bucket with the state of a layer; bucket names are unique in the world, and so are project IDs."""
    return f"{project}-state-{layer}"


def key(project: str, region: str, ring: str, name: str) -> str:
    """A key's resource name."""
    return f"projects/{project}/locations/{region}/keyRings/{ring}/cryptoKeys/{name}"


def app_account(app: str) -> str:
    """The ID of the account that an app has."""
    return f"app-{app}"


def image_account(team: str) -> str:
    """The ID of the account as which a team's builds push images."""
    return f"images-{team}"


def organization_role(role: str, project: str) -> str:
    """The ID of a custom role of the organisation, of which each project with this layer has one."""
    return f"{role}.{project.replace('-', '_')}"


def app_secret(app: str, name: str) -> str:
    """The ID of a secret of an app."""
    return f"app-{app}-{name}"
