"""Decisions per second of the simulated IAM.

Each case is one question on a cloud as large as a platform's: 50 accounts, 200 bindings on the project, 20 secrets
with policies of their own and two deny policies. Calls are whole API calls with their transaction and log entry.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import example_tenant as example
from lab.bench.tables import Table
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json

PROJECT = f"projects/{example.PROJECT}"
ADMIN = Caller(seed.ADMIN)
SECOND = 1.0  # each case runs this long
CONDITION = f'resource.name.startsWith("projects/{example.PROJECT_NUMBER}/secrets/contract-")'


def prepare(directory: Path) -> Cloud:
    """A cloud with as many policies as a platform has."""
    seed.seed(directory, 6443, example.TENANT)
    cloud = Cloud(directory / "cloud.db")
    for service in ("iam", "secretmanager"):
        cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
    roles = sorted(role for role in _ROLES)
    emails = [f"account-{number:02}@{example.PROJECT}.iam.gserviceaccount.com" for number in range(50)]
    for email in emails:
        cloud.call("iam.projects.serviceAccounts.create", f"{PROJECT}/serviceAccounts/{email}", ADMIN, {})
    current = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    added: list[Json] = [{"role": role, "members": [f"serviceAccount:{email}"]} for email in emails for role in roles]
    condition = {"title": "contracts", "expression": CONDITION}
    member = f"serviceAccount:{emails[0]}"
    added.append({"role": "roles/secretmanager.viewer", "members": [member], "condition": condition})
    policy = {**current, "version": 3, "bindings": [*current["bindings"], *added]}
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": policy})
    for number in range(20):
        name = f"{PROJECT}/secrets/contract-{number}"
        cloud.call("secretmanager.projects.secrets.create", name, ADMIN, {"replication": {"automatic": {}}})
        binding = {"role": "roles/secretmanager.secretAccessor", "members": [f"serviceAccount:{emails[number]}"]}
        cloud.call("secretmanager.projects.secrets.setIamPolicy", name, ADMIN, {"policy": {"bindings": [binding]}})
    for on in (PROJECT, f"organizations/{example.ORGANIZATION}"):
        rule = {
            "deniedPrincipals": ["principalSet://goog/public:all"],
            "deniedPermissions": ["cloudsql.googleapis.com/instances.delete"],
        }
        name = f"policies/{quote(f'cloudresourcemanager.googleapis.com/{on}', safe='')}/denypolicies/protect"
        cloud.call("iam.policies.createPolicy", name, ADMIN, {"rules": [{"denyRule": rule}]})
    return cloud


_ROLES = ("roles/compute.viewer", "roles/container.viewer", "roles/cloudsql.viewer", "roles/logging.viewer")


def rate(action: Callable[[], object]) -> float:
    """Number of runs of an action in a second."""
    action()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECOND:
        action()
        count += 1
    return count / (time.perf_counter() - start)


def measured() -> Table:
    """The table of rates."""
    with tempfile.TemporaryDirectory() as directory:
        cloud = prepare(Path(directory))
        member = f"serviceAccount:account-00@{example.PROJECT}.iam.gserviceaccount.com"
        secret = f"//secretmanager.googleapis.com/{PROJECT}/secrets/contract-0"

        def ask(permission: str) -> Callable[[], object]:
            return lambda: cloud.iam.decide(member, permission, secret)

        def denied_call() -> None:
            try:
                cloud.call("secretmanager.projects.secrets.delete", f"{PROJECT}/secrets/contract-0", Caller(member))
            except ApiError as error:
                if error.code != 403:
                    raise

        cases: dict[str, Callable[[], object]] = {
            "decision: granted on the resource": ask("secretmanager.versions.access"),
            "decision: granted on the project under a condition": ask("secretmanager.secrets.get"),
            "decision: denied by a deny rule": ask("cloudsql.instances.delete"),
            "decision: granted by nothing": ask("secretmanager.secrets.delete"),
            "call: allowed": lambda: cloud.call(
                "secretmanager.projects.secrets.get", secret.partition(".com/")[2], ADMIN
            ),
            "call: denied": denied_call,
        }
        rows = [[name, f"{rate(action):,.0f}"] for name, action in cases.items()]
        cloud.store.close()
    return Table("iam", ("simulated IAM", "a second"), rows)
