"""Terraform's names of types and fields."""

import pytest

from lab import spelling


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("gcp:container/cluster:Cluster", "google_container_cluster"),
        ("gcp:sql/databaseInstance:DatabaseInstance", "google_sql_database_instance"),
        ("gcp:projects/iAMMember:IAMMember", "google_project_iam_member"),
        ("gcp:storage/bucketIAMMember:BucketIAMMember", "google_storage_bucket_iam_member"),
        ("gcp:compute/sSLPolicy:SSLPolicy", "google_compute_ssl_policy"),
        ("gcp:serviceaccount/account:Account", "google_service_account"),
        ("gcp:serviceaccount/iAMMember:IAMMember", "google_service_account_iam_member"),
        ("gcp:gkebackup/backupPlan:BackupPlan", "google_gke_backup_backup_plan"),
    ],
)
def test_a_type_has_terraforms_name(token: str, expected: str) -> None:
    assert spelling.type_of(token) == expected
