"""Checks of checkov over everything that the sandbox deployed."""

import pytest

from e2e.documents import Published
from e2e.harness import Sandbox
from lab.checkov import document, verdicts
from lab.checkov.verdicts import Verdict


@pytest.fixture(scope="module")
def checked(shared: Sandbox) -> list[Verdict]:
    return verdicts.check(shared.directory)


def test_every_check_that_applies_is_passed(checked: list[Verdict]) -> None:
    assert not verdicts.unexplained(checked, verdicts.exceptions()), "correct it, or write down why it does not apply"


def test_every_exception_is_needed(checked: list[Verdict]) -> None:
    assert not verdicts.unused(checked, verdicts.exceptions())


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
def test_the_important_kinds_are_checked(checked: list[Verdict], kind: str) -> None:
    assert any(verdict.resource.startswith(f"{kind}.") for verdict in checked)


def test_the_published_verdicts_are_these(checked: list[Verdict], published: Published) -> None:
    published.check("platform/CHECKOV.md", document.text(checked, verdicts.exceptions()))
