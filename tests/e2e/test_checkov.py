"""What an independent judge says of everything that the sandbox deployed."""

import pytest

from e2e.documents import Published
from e2e.harness import Sandbox
from judge import document, verdicts
from judge.verdicts import Verdict


@pytest.fixture(scope="module")
def found(shared: Sandbox) -> list[Verdict]:
    return verdicts.judge(shared.directory)


def test_every_check_that_applies_is_passed(found: list[Verdict]) -> None:
    assert not verdicts.unexplained(found, verdicts.exceptions()), "correct it, or write down why it does not apply"


def test_every_exception_is_needed(found: list[Verdict]) -> None:
    assert not verdicts.unused(found, verdicts.exceptions())


@pytest.mark.parametrize(
    "kind",
    [
        "google_artifact_registry_repository",
        "google_compute_firewall",
        "google_compute_network",
        "google_compute_subnetwork",
        "google_container_cluster",
        "google_kms_crypto_key",
        "google_project_iam_member",
        "google_sql_database_instance",
        "google_storage_bucket",
        "Deployment",
        "Role",
    ],
)
def test_what_matters_is_judged(found: list[Verdict], kind: str) -> None:
    assert any(verdict.resource.startswith(f"{kind}.") for verdict in found)


def test_the_published_verdicts_are_these(found: list[Verdict], published: Published) -> None:
    published.check("platform/CHECKOV.md", document.text(found, verdicts.exceptions()))
