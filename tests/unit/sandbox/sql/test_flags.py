"""Database flags are accepted as Cloud SQL accepts them: PostgreSQL judges its own, a table the others."""

import pytest

from sandbox.cloud.errors import ApiError
from sandbox.sql import flags


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_statement", "ddl"),
        ("log_connections", "on"),
        ("work_mem", "8192"),
        ("max_connections", "500"),
        ("cloudsql.iam_authentication", "on"),
        ("pgaudit.log", "ddl,role"),
        ("pgaudit.log", "all, -misc"),
    ],
)
def test_a_flag_that_cloud_sql_offers_is_accepted(name: str, value: str) -> None:
    flags.require_accepted({name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("log_statement", "everything", 'invalid value for parameter "log_statement": "everything"'),
        ("max_connections", "0", "outside the valid range"),
        ("work_memory", "8192", "unrecognized configuration parameter"),
        ("cloudsql.iam_authentication", "yes", "not one that the flag takes"),
        ("cloudsql.nonsense", "on", "knows no such flag"),
        ("pgaudit.log", "ddl,everything", "not one that the flag takes"),
        ("data_directory", "/", "not one that Cloud SQL offers"),
        ("hba_file", "/", "not one that Cloud SQL offers"),
        ("listen_addresses", "*", "not one that Cloud SQL offers"),
        ("shared_preload_libraries", "x", "not one that Cloud SQL offers"),
        ("archive_command", "rm", "not one that Cloud SQL offers"),
        ("-c", "x", "not one that Cloud SQL offers"),
    ],
)
def test_a_flag_or_a_value_that_it_refuses_is_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(ApiError, match=message):
        flags.require_accepted({"log_connections": "on", name: value})
