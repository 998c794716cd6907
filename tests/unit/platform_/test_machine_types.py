"""Machine types and versions of Cloud SQL: the program, the policies and the simulated API agree on what exists.

Each of the three has its own statement. A value that the first two let pass and the third refuses would be found after
the merge, on Google Cloud.
"""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import example_tenant as example
from platform_layer.storage import machine_types
from platform_layer.storage.machine_types import PostgresVersion, Tier
from policy_pack.rule import Resource
from policy_pack.rules import sql_settings
from sandbox.cloud.errors import ApiError
from sandbox.cloud.services import sqlmachines

CONNECTION = f"{example.PROJECT}:orders"
PLUS = "db-perf-optimized-N-"
# As documented: the smallest and the largest of each kind, and what is next to them.
EXIST = [
    *("db-f1-micro", "db-g1-small", "db-custom-1-3840", "db-custom-1-6656", "db-custom-2-3840", "db-custom-2-13312"),
    *("db-custom-4-3840", "db-custom-6-5632", "db-custom-8-7424", "db-custom-40-36864", "db-custom-96-88576"),
    *("db-custom-96-638976", *(f"{PLUS}{cpus}" for cpus in (2, 4, 8, 16, 32, 48, 64, 80, 96, 128))),
]
DO_NOT_EXIST = [
    *("db-large", "db-n1-standard-1", "db-n1-highmem-4", "db-f1-small", "DB-F1-MICRO", "db-custom", "db-custom-2", ""),
    *("db-custom-0-3840", "db-custom-3-7680", "db-custom-98-638976", "db-custom-100-638976", "db-custom-02-7680"),
    *("db-custom-1-3584", "db-custom-1-3841", "db-custom-1-6912", "db-custom-2-13313", "db-custom-2-13568"),
    *("db-custom-8-3840", "db-custom-8-7168", "db-custom-40-36608", "db-custom-96-88320", "db-custom-96-639232"),
    *("db-custom-3-7681", "db-custom-2-7680 ", " db-custom-2-7680", "db-custom-2-7680\n", "db-custom-٢-7680"),
    *(f"{PLUS}{cpus}" for cpus in (0, 1, 3, 6, 12, 24, 127, 129, 256)),
    *("db-perf-optimized-N", "db-perf-optimized-n-2", "db-perf-optimized-C-2", "db-perf-optimized-N-02"),
]


def _program(kind: Any) -> Callable[[str], bool]:
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def takes(value: str) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    return takes


def _inputs(version: str, tier: str, edition: str | None, days: int) -> dict[str, Any]:
    settings = {"tier": tier, "edition": edition, "backupConfiguration": {"transactionLogRetentionDays": days}}
    return {"databaseVersion": version, "settings": {key: value for key, value in settings.items() if value}}


def pack_takes(version: str, tier: str, edition: str | None, days: int = 7) -> bool:
    resource = Resource("urn", sql_settings.INSTANCE, "orders", _inputs(version, tier, edition, days))
    rules = (sql_settings.version_supported, sql_settings.machine_offered)
    return not any(message for rule in rules for message in rule.check(resource))


def cloud_takes(version: str, tier: str, edition: str | None, days: int = 7, connection: str = CONNECTION) -> bool:
    try:
        sqlmachines.require_offered(_inputs(version, tier, edition, days), connection)
    except ApiError:
        return False
    return True


program_takes = _program(Tier)
program_takes_version = _program(PostgresVersion)


def all_take(tier: str) -> set[bool]:
    edition = machine_types.edition(tier)
    answers = (take("POSTGRES_17", tier, edition) for take in (pack_takes, cloud_takes))
    return {program_takes(tier), *answers}


@pytest.mark.parametrize("tier", EXIST)
def test_a_machine_type_that_exists_is_taken_by_all_three(tier: str) -> None:
    assert all_take(tier) == {True}


@pytest.mark.parametrize("tier", DO_NOT_EXIST)
def test_a_machine_type_that_does_not_exist_is_refused_by_all_three(tier: str) -> None:
    assert all_take(tier) == {False}


def test_around_every_limit_of_every_number_of_cpus_all_three_agree() -> None:
    """Each number of CPUs, with the memory around each limit of it."""
    disagreeing = [
        tier
        for cpus in range(131)
        for limit in (3840, int(cpus * 921.6), cpus * 6656)
        for memory in range(limit // 256 * 256 - 256, limit + 513, 128)
        for tier in (f"db-custom-{cpus}-{max(memory, 0)}",)
        if len(all_take(tier)) > 1
    ]
    assert disagreeing == []


@pytest.mark.parametrize(("asked", "nearest"), [("3-7681", "4-7936"), ("8-3840", "8-7424"), ("200-1", "96-88576")])
def test_a_refusal_names_the_nearest_machine_type(asked: str, nearest: str) -> None:
    with pytest.raises(ValidationError, match=f"The nearest is db-custom-{nearest}"):
        TypeAdapter(Tier).validate_python(f"db-custom-{asked}")
    assert all_take(f"db-custom-{nearest}") == {True}


@pytest.mark.parametrize("version", [f"POSTGRES_{major}" for major in (*range(8, 25), "9_6", "17_4", "", 99)])
def test_no_version_passes_program_and_pack_and_fails_in_the_cloud(version: str) -> None:
    tier, edition = "db-custom-2-7680", "ENTERPRISE"
    answers = [program_takes_version(version), pack_takes(version, tier, edition)]
    assert len(set(answers)) == 1
    assert not answers[0] or cloud_takes(version, tier, edition)


@pytest.mark.parametrize("edition", [None, "ENTERPRISE", "ENTERPRISE_PLUS", "STANDARD"])
@pytest.mark.parametrize("version", ["POSTGRES_14", "POSTGRES_15", "POSTGRES_16", "POSTGRES_18"])
@pytest.mark.parametrize("tier", ["db-custom-2-7680", "db-g1-small", f"{PLUS}2"])
def test_the_edition_has_the_machine_type_or_the_policies_and_the_cloud_refuse(
    tier: str, version: str, edition: str | None
) -> None:
    assert pack_takes(version, tier, edition) == cloud_takes(version, tier, edition)


@pytest.mark.parametrize(("tier", "most"), [("db-custom-2-7680", 7), (f"{PLUS}2", 35)])
def test_logs_are_kept_as_long_as_the_edition_allows(tier: str, most: int) -> None:
    edition = machine_types.edition(tier)
    assert machine_types.MOST_LOG_DAYS[edition] == most
    for take in (pack_takes, cloud_takes):
        assert [take("POSTGRES_17", tier, edition, days) for days in (1, most, most + 1)] == [True, True, False]


def test_the_name_of_an_instance_with_its_project_has_98_characters_at_most() -> None:
    taken = [
        cloud_takes("POSTGRES_17", "db-g1-small", "ENTERPRISE", connection=f"{'p' * 30}:{'i' * length}")
        for length in (67, 68)
    ]
    assert taken == [True, False]
