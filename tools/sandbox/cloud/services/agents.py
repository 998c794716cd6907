"""Service agents: the accounts that Google's services act as in a project.

They belong to projects of Google's own and are created late: some when their API is enabled, most on request. Before
that no policy can name them, which is the usual failure of a first run with customer-managed keys.
https://cloud.google.com/iam/docs/service-agents
"""

from sandbox.cloud import names, propagation
from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Call, stable_number
from sandbox.cloud.store import Store, StoredResource

# API -> the part of its agent's email that names the service
_AGENTS = {
    "artifactregistry.googleapis.com": "gcp-sa-artifactregistry",
    "container.googleapis.com": "container-engine-robot",
    "gkebackup.googleapis.com": "gcp-sa-gkebackup",
    "logging.googleapis.com": "gcp-sa-logging",
    "pubsub.googleapis.com": "gcp-sa-pubsub",
    "secretmanager.googleapis.com": "gcp-sa-secretmanager",
    "servicenetworking.googleapis.com": "service-networking",
    "sqladmin.googleapis.com": "gcp-sa-cloud-sql",
    "storage.googleapis.com": "gs-project-accounts",
}
# APIs whose agent exists as soon as the API is enabled.
_AT_ONCE = frozenset({"container.googleapis.com", "gkebackup.googleapis.com", "servicenetworking.googleapis.com"})


def email(call: Call, service: str) -> str:
    """Returns the email of an API's agent in the project of a call.

    Raises:
        ApiError: INVALID_ARGUMENT when the API has none.
    """
    return address(call.cloud.store, service)


def address(store: Store, service: str) -> str:
    """Returns the email that an API's agent has, or would have.

    Raises:
        ApiError: INVALID_ARGUMENT when the API has none.
    """
    if service not in _AGENTS:
        raise invalid(f"Service '{service}' has no service identity.")
    number = store.setting("project.number")
    return f"service-{number}@{_AGENTS[service]}.iam.gserviceaccount.com"


def ensure(call: Call, service: str) -> str:
    """Makes an API's agent if it does not exist yet, and returns its email.

    Raises:
        ApiError: INVALID_ARGUMENT when the API has none.
    """
    own = email(call, service)
    make(call, own)
    return own


def make(call: Call, own: str) -> None:
    """Makes an account of Google's by its email if it does not exist yet, so that policies can name it."""
    name = names.service_account(own)
    if call.cloud.store.get(name) is None:
        account = {"email": own, "uniqueId": stable_number(own, 21), "name": names.split(name)[1]}
        call.cloud.store.put(StoredResource(name, "iam.projects.serviceAccounts", {}, account))
        propagation.begin(call.cloud.store, name)


def on_enabled(call: Call, service: str) -> None:
    """Makes the agent of an API that is being enabled, if Google does so."""
    if service in _AT_ONCE:
        ensure(call, service)
