"""Rows and columns of the table of who may do what; its cells are decided by a sandbox that is up (e2e)."""

from pathlib import Path

import pytest

import example_tenant as example
from sandbox import conformance
from sandbox.cloud import names, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.store import StoredResource

PROJECT = f"projects/{example.PROJECT}"
REPOSITORIES = f"//artifactregistry.googleapis.com/{PROJECT}/locations/us-east1/repositories"
ACCOUNTS = (
    "app-books",
    "app-ledger",
    "apps-finance-deploy",
    "apps-finance-preview",
    "gke-nodes",
    "identity-deploy",
    "identity-preview",
    "images-finance",
    "platform-deploy",
    "platform-preview",
    "storage-deploy",
    "storage-preview",
)


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A cloud in which nothing is deployed."""
    seed.seed(tmp_path, 6443, example.TENANT)
    return Cloud(tmp_path / "cloud.db")


def put(cloud: Cloud, kind: str, *full_names: str) -> None:
    for name in full_names:
        cloud.store.put(StoredResource(name, kind, {}, {}))


def put_accounts(cloud: Cloud, *accounts: str) -> None:
    emails = (f"{name}@{example.PROJECT}.iam.gserviceaccount.com" for name in accounts)
    put(cloud, "iam.projects.serviceAccounts", *map(names.service_account, emails))


def test_the_columns_are_the_accounts_by_layer_and_the_people_by_team(cloud: Cloud) -> None:
    put_accounts(cloud, *ACCOUNTS)
    agent = "service-1@gcp-sa-cloud-sql.iam.gserviceaccount.com"
    put(cloud, "iam.projects.serviceAccounts", f"//iam.googleapis.com/{PROJECT}/serviceAccounts/{agent}")

    columns = conformance.deployed(cloud, {"ledger": "finance"}).columns()

    assert list(columns) == [
        "identity-preview",
        "identity-deploy",
        "platform-preview",
        "platform-deploy",
        "storage-preview",
        "storage-deploy",
        "apps-finance-preview",
        "apps-finance-deploy",
        "app-ledger",
        "images-finance",
        "gke-nodes",
        "operator",
        "shop-developer",
        "database-administrator",
        "platform-engineer",
        "security-reviewer",
    ]
    assert columns["gke-nodes"] == f"serviceAccount:gke-nodes@{example.PROJECT}.iam.gserviceaccount.com"
    assert columns["shop-developer"] == "user:shop-developer@example.com"


def test_the_app_that_logs_in_to_the_first_datastore_stands_for_all(cloud: Cloud) -> None:
    instances = [f"//sqladmin.googleapis.com/{PROJECT}/instances/{name}" for name in ("archive", "books")]
    put(cloud, "sql.instances", *instances)
    put(cloud, "sql.users", f"{instances[0]}/users/app-ledger@{example.PROJECT}.iam")

    there = conformance.deployed(cloud, {"audits": "finance", "ledger": "finance"})

    assert (there.instance, there.app) == (instances[0], "ledger")


def test_without_a_datastore_the_first_app_stands_for_all(cloud: Cloud) -> None:
    assert conformance.deployed(cloud, {"ledger": "finance", "audits": "risk"}).app == "audits"


@pytest.mark.parametrize(
    ("repositories", "other"),
    [(("finance",), "another-team"), (("finance", "risk"), "risk"), (("audit", "finance"), "audit")],
)
def test_the_images_are_those_of_the_apps_team_and_of_another(
    cloud: Cloud, repositories: tuple[str, ...], other: str
) -> None:
    put(cloud, "artifactregistry.projects.locations.repositories", *(f"{REPOSITORIES}/{each}" for each in repositories))

    there = conformance.deployed(cloud, {"ledger": "finance"})

    assert (there.repository, there.other_repository) == (f"{REPOSITORIES}/finance", f"{REPOSITORIES}/{other}")


def test_rows_about_what_is_not_deployed_are_left_out(cloud: Cloud) -> None:
    there = conformance.deployed(cloud, {})
    asked = {operation.permission for operation in conformance.operations(there)}

    assert "cloudsql.instances.create" in asked
    assert asked.isdisjoint(
        {
            "cloudsql.instances.delete",
            "iam.serviceAccounts.actAs",
            "artifactregistry.repositories.uploadArtifacts",
            "logging.views.access",
        }
    )
    assert {request.namespace for request in conformance.requests(there.app)} == {"", "default"}
    assert "ledger" in {request.namespace for request in conformance.requests("ledger")}


def test_without_a_sandbox_the_command_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))

    assert conformance.main() == 1
    assert "Start one with `make up`" in capsys.readouterr().err


def test_without_an_api_server_the_command_says_how_to_start_it(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.store.close()
    monkeypatch.setenv("SANDBOX_DIR", str(tmp_path))

    assert conformance.main() == 1
    error = capsys.readouterr().err
    assert error.startswith("error: the sandbox's API server did not answer, so there is no table")
    assert "Start it with `make up`" in error
