"""Rules at the limits of what they permit: the last value that is permitted, and the first that is not."""

from typing import Any

import pytest

from policy_pack import catalog
from policy_pack.rule import Resource
from policy_pack.rules.datastores import BACKUP_PLAN
from policy_pack.rules.gke import CLUSTER
from policy_pack.rules.sql import INSTANCE

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
JOB = "kubernetes:batch/v1:CronJob"


def messages(name: str, token: str, inputs: dict[str, Any]) -> list[str]:
    """Messages of one rule about a resource."""
    [rule] = [one for one in catalog.RULES if one.name == name]
    assert rule.concerns(token)
    urn = f"urn:pulumi:dev::platform::{token}::one"
    return list(rule.check(Resource(urn, token, "one", inputs, protect=True)))


def _nested(path: str, value: Any) -> dict[str, Any]:
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def plan(schedule: Any = "30 2 * * *", kept: Any = 30, locked: Any = 7) -> dict[str, Any]:
    """A backup plan."""
    return {
        "retentionPolicy": {"backupRetainDays": kept, "backupDeleteLockDays": locked},
        "backupSchedule": {"cronSchedule": schedule},
    }


@pytest.mark.parametrize(
    ("kept", "locked", "words"),
    [
        (30, 7, ""),
        (30, 30, ""),
        (30, None, ""),
        (365, 90, ""),
        (30, 31, "keep backups for a shorter time than it locks them"),
        (30, "a while", "keep backups for a shorter time than it locks them"),
        (None, 7, "keep backups for a shorter time than it locks them"),
        (366, 90, "Google refuses more than 365 and 90"),
        (365, 91, "Google refuses more than 365 and 90"),
    ],
)
def test_backups_are_kept_for_longer_than_they_are_locked(kept: Any, locked: Any, words: str) -> None:
    found = messages("datastore-retention-consistent", BACKUP_PLAN, plan(kept=kept, locked=locked))

    assert len(found) == bool(words)
    assert words in "".join(found)


# Schedules with the days between two backups at most.
GAPS = {
    "30 2 * * *": 1,
    "0,30 */6 * * *": 1,
    "59 23 * * 1-5": 3,
    "0 0 * * 0": 7,
    "0 0 * * 7": 7,
    "0 0 * * 0,7": 7,
    "0 0 * * 1": 7,
    "0 0 * * 1,4": 4,
    "0 0 1 * *": 31,
    "0 0 15 * *": 31,
    "0 0 1-7 * *": 25,
    "0 0 5/10 * *": 11,
    "0 0 */2 * *": 2,
    "0 0 1,15 * 1": 7,
    "0 0 31 * *": 61,
}


@pytest.mark.parametrize(("schedule", "days"), GAPS.items())
def test_a_backup_that_failed_leaves_another_one(schedule: str, days: int) -> None:
    name = "datastore-retention-consistent"

    assert messages(name, BACKUP_PLAN, plan(schedule, 2 * days, None)) == []
    [message] = messages(name, BACKUP_PLAN, plan(schedule, 2 * days - 1, None))
    assert f"leaves {days} days between two backups" in message


@pytest.mark.parametrize(
    "schedule",
    [
        *("", "@daily", "30 2 * *", "30 2 * * * *", "60 2 * * *", "30 24 * * *", "x 2 * * *", "30 x * * *"),
        *("30 2 0 * *", "30 2 32 * *", "30 2 * 0 *", "30 2 * 13 *", "30 2 * JAN *", "30 2 * * 8", "30 2 * * MON"),
        *("30 2 5-1 * *", "30 2 */0 * *", "30 2 1, * *", "30 2 31 2 *", "30 2 30 2 *", None, 5),
    ],
)
def test_a_schedule_that_nobody_can_read_or_that_never_runs_is_refused(schedule: Any) -> None:
    [message] = messages("datastore-retention-consistent", BACKUP_PLAN, plan(schedule))

    assert "nobody can see that a backup is made" in message


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("CREATE TABLE orders (id INT64) PRIMARY KEY (id)", 0),
        ("CREATE TABLE t (at TIMESTAMP), ROW\n DELETION  POLICY (OLDER_THAN(at, INTERVAL 1 DAY))", 1),
        ({"file": "schema.sql"}, 1),
    ],
)
def test_no_row_deletes_itself(statement: Any, number: int) -> None:
    assert len(messages("datastore-not-expiring", "gcp:spanner/database:Database", {"ddls": [statement]})) == number


def instance(**settings: Any) -> dict[str, Any]:
    """A database instance."""
    return {"databaseVersion": "POSTGRES_17", "settings": settings}


@pytest.mark.parametrize(
    ("tier", "edition", "is_offered"),
    [
        ("db-custom-1-3840", "ENTERPRISE", True),
        ("db-custom-1-6656", "ENTERPRISE", True),
        ("db-custom-2-3840", "ENTERPRISE", True),
        ("db-custom-4-3840", "ENTERPRISE", True),
        ("db-custom-96-638976", "ENTERPRISE", True),
        ("db-custom-10-9216", "ENTERPRISE", True),
        ("db-custom-10-8960", "ENTERPRISE", False),
        ("db-f1-micro", "ENTERPRISE", True),
        ("db-perf-optimized-N-8", "ENTERPRISE_PLUS", True),
        ("db-perf-optimized-N-8", None, True),
        ("db-custom-1-3584", "ENTERPRISE", False),
        ("db-custom-1-3841", "ENTERPRISE", False),
        ("db-custom-1-6912", "ENTERPRISE", False),
        ("db-custom-3-3840", "ENTERPRISE", False),
        ("db-custom-6-5376", "ENTERPRISE", False),
        ("db-custom-98-131072", "ENTERPRISE", False),
        ("db-custom-4-3840", None, False),
        ("db-custom-4-3840", "ENTERPRISE_PLUS", False),
        ("db-custom-4-3840", "OTHER", False),
        ("db-custom-4-3840", 1, False),
        (None, "ENTERPRISE", False),
    ],
)
def test_machine_types_are_those_of_the_edition(tier: Any, edition: Any, *, is_offered: bool) -> None:
    settings = {"tier": tier} | ({} if edition is None else {"edition": edition})

    assert (messages("sql-machine-offered", INSTANCE, instance(**settings)) == []) == is_offered


def test_older_versions_have_enterprise_as_their_default() -> None:
    for version, is_offered in (("POSTGRES_15", True), ("POSTGRES_16", False), ("MYSQL_8_0", True)):
        inputs = {"databaseVersion": version, "settings": {"tier": "db-custom-4-3840"}}
        assert (messages("sql-machine-offered", INSTANCE, inputs) == []) == is_offered


@pytest.mark.parametrize(
    ("edition", "tier", "days", "is_offered"),
    [
        ("ENTERPRISE", "db-custom-4-3840", 1, True),
        ("ENTERPRISE", "db-custom-4-3840", 7, True),
        ("ENTERPRISE", "db-custom-4-3840", 8, False),
        ("ENTERPRISE", "db-custom-4-3840", 0, False),
        ("ENTERPRISE", "db-custom-4-3840", "week", False),
        ("ENTERPRISE_PLUS", "db-perf-optimized-N-8", 35, True),
        ("ENTERPRISE_PLUS", "db-perf-optimized-N-8", 36, False),
    ],
)
def test_logs_are_kept_as_long_as_the_edition_allows(edition: str, tier: str, days: Any, *, is_offered: bool) -> None:
    backups = {"transactionLogRetentionDays": days}
    inputs = instance(edition=edition, tier=tier, backupConfiguration=backups)

    assert (messages("sql-machine-offered", INSTANCE, inputs) == []) == is_offered


@pytest.mark.parametrize(
    ("start", "end", "is_short"),
    [
        ("2026-01-01", "2026-01-02", True),
        ("2026-01-01", "2026-04-01", True),
        ("2026-01-01", "2026-04-02", False),
        ("2026-01-01", "2026-01-01", False),
        ("2026-01-02", "2026-01-01", False),
        ("12-01", "01-10", True),
        ("12-02", "03-01", True),
        ("12-01", "03-01", False),
        ("01-01", "01-02", True),
        ("12-01", "12-01", False),
        ("2026-12-01", "01-10", False),
        ("12-01", "2024-01-10", False),
        ("02-29", "03-10", False),
        (None, "01-10", False),
        ("12-01", None, False),
        ("12-1", "12-10", False),
    ],
)
def test_maintenance_is_denied_for_a_day_to_ninety(start: Any, end: Any, *, is_short: bool) -> None:
    kept = {"maintenanceWindow": {"day": 7, "hour": 3}, "insightsConfig": {"queryInsightsEnabled": True}}
    inputs = instance(denyMaintenancePeriod={"startDate": start, "endDate": end}, **kept)

    assert (messages("sql-maintained", INSTANCE, inputs) == []) == is_short


@pytest.mark.parametrize(
    ("day", "hour", "number"), [(1, 0, 0), (7, 23, 0), (0, 0, 1), (8, 23, 1), (1, 24, 1), (1, -1, 1), (None, None, 2)]
)
def test_a_maintenance_window_is_an_hour_of_a_day(day: Any, hour: Any, number: int) -> None:
    window = {"day": day, "hour": hour}
    inputs = instance(maintenanceWindow=window, insightsConfig={"queryInsightsEnabled": True})

    assert len(messages("sql-maintained", INSTANCE, inputs)) == number


@pytest.mark.parametrize(
    ("version", "is_supported"),
    [
        ("POSTGRES_14", True),
        ("POSTGRES_18", True),
        ("POSTGRES_13", False),
        ("POSTGRES_19", False),
        ("POSTGRES_", False),
        ("POSTGRES", False),
        ("POSTGRES_9_6", False),
        ("MYSQL_8_0", True),
        (None, False),
    ],
)
def test_a_version_is_offered_and_gets_fixes(version: Any, *, is_supported: bool) -> None:
    inputs = {} if version is None else {"databaseVersion": version}

    assert (messages("sql-version-supported", INSTANCE, inputs) == []) == is_supported


def window(begin: str, end: str, recurrence: Any) -> dict[str, Any]:
    """A recurring maintenance window."""
    moments = {"startTime": f"2026-01-01T{begin}:00Z", "endTime": f"2026-01-01T{end}:00Z"}
    return {"maintenancePolicy": {"recurringWindow": {**moments, "recurrence": recurrence}}}


@pytest.mark.parametrize(
    ("policy", "number"),
    [
        (window("00:00", "04:00", "FREQ=DAILY"), 0),
        (window("00:00", "03:59", "FREQ=DAILY"), 1),
        (window("00:00", "12:00", "FREQ=WEEKLY;BYDAY=SA"), 0),
        (window("00:00", "11:59", "FREQ=WEEKLY;BYDAY=SA"), 1),
        (window("00:00", "06:00", "FREQ=WEEKLY;BYDAY=SA,SU"), 0),
        (window("00:00", "06:00", "FREQ=WEEKLY;BYDAY=SA,SA"), 1),
        (window("00:00", "12:00", "FREQ=WEEKLY"), 0),
        (window("00:00", "04:00", "FREQ=MONTHLY"), 1),
        (window("00:00", "04:00", None), 1),
        (window("00:00", "04:0x", "FREQ=DAILY"), 1),
        ({"maintenancePolicy": {"dailyMaintenanceWindow": {"startTime": "03:00"}}}, 0),
        ({"maintenancePolicy": {"dailyMaintenanceWindow": "03:00"}}, 1),
        ({}, 1),
    ],
)
def test_a_window_leaves_time_for_maintenance(policy: dict[str, Any], number: int) -> None:
    assert len(messages("gke-maintenance-possible", CLUSTER, policy)) == number


def exclusions(*spans: tuple[str, str, Any]) -> dict[str, Any]:
    """A policy with a window and exclusions: first day, last day, scope."""
    listed = [
        {
            "startTime": f"2026-{begin}T00:00:00Z",
            "endTime": f"2026-{end}T00:00:00Z",
            "exclusionOptions": {"scope": scope},
        }
        for begin, end, scope in spans
    ]
    daily = {"dailyMaintenanceWindow": {"startTime": "03:00"}}
    return {"maintenancePolicy": {**daily, "maintenanceExclusions": listed}}


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([("01-01", "01-31", "NO_UPGRADES")], ""),
        ([("01-01", "02-01", "NO_UPGRADES")], "for longer than 30 days"),
        ([("01-01", "02-01", None)], "for longer than 30 days"),
        ([("01-01", "01-31", "OTHER")], ""),
        ([("01-01", "01-31", {"a": 1})], ""),
        ([("01-01", "06-30", "NO_MINOR_UPGRADES")], ""),
        ([("01-01", "07-01", "NO_MINOR_UPGRADES")], "for longer than 180 days"),
        ([("01-02", "01-01", "NO_UPGRADES")], "for longer than 30 days"),
        ([("01-01", "01-01", "NO_UPGRADES")], "for longer than 30 days"),
        ([("01-01", "01-xx", "NO_UPGRADES")], "for longer than 30 days"),
        ([("01-01", "01-21", "NO_UPGRADES"), ("01-22", "01-31", "NO_UPGRADES")], ""),
        ([("01-01", "01-21", "NO_UPGRADES"), ("01-22", "02-05", "NO_UPGRADES")], "from 2026-01-01 to 2026-02-05"),
        ([("01-22", "02-05", "NO_UPGRADES"), ("01-01", "01-21", "NO_UPGRADES")], "from 2026-01-01 to 2026-02-05"),
        ([("01-01", "01-21", "NO_UPGRADES"), ("01-23", "02-05", "NO_UPGRADES")], ""),
        ([("01-01", "01-21", "NO_UPGRADES"), ("01-22", "02-05", "NO_MINOR_UPGRADES")], ""),
        ([(f"0{month}-01", f"0{month}-02", "NO_UPGRADES") for month in (1, 3, 5)], ""),
        ([(f"0{month}-01", f"0{month}-02", "NO_UPGRADES") for month in (1, 3, 5, 7)], "has 4 exclusions"),
    ],
)
def test_exclusions_keep_maintenance_away_for_a_limited_time(spans: list[tuple[str, str, Any]], words: str) -> None:
    found = messages("gke-maintenance-possible", CLUSTER, exclusions(*spans))

    assert len(found) == bool(words)
    assert words in "".join(found)


@pytest.mark.parametrize(
    ("spec", "number"),
    [
        ({"maxUnavailable": 1}, 0),
        ({"maxUnavailable": "1%"}, 0),
        ({"maxUnavailable": "100%"}, 0),
        ({"maxUnavailable": 0}, 1),
        ({"maxUnavailable": "0%"}, 1),
        ({"maxUnavailable": -1}, 1),
        ({"maxUnavailable": 0.5}, 1),
        ({"maxUnavailable": "101%"}, 1),
        ({"maxUnavailable": "some"}, 1),
        ({"minAvailable": 0}, 0),
        ({"minAvailable": 100}, 0),
        ({"minAvailable": "99%"}, 0),
        ({"minAvailable": "100%"}, 1),
        ({"minAvailable": -1}, 1),
        ({"minAvailable": "all"}, 1),
        ({}, 1),
        ({"maxUnavailable": 1, "minAvailable": 1}, 1),
    ],
)
def test_a_budget_lets_one_pod_be_moved(spec: dict[str, Any], number: int) -> None:
    inputs = {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow", **spec}}

    assert len(messages("workload-disruption-allowed", BUDGET, inputs)) == number


@pytest.mark.parametrize(
    ("token", "path", "least"),
    [
        (JOB, "spec.jobTemplate.spec.ttlSecondsAfterFinished", 86400),
        (JOB, "spec.failedJobsHistoryLimit", 1),
        (DEPLOYMENT, "spec.revisionHistoryLimit", 1),
    ],
)
def test_history_is_kept_for_as_long_as_it_takes_to_look(token: str, path: str, least: int) -> None:
    name = "workload-history-kept"

    assert messages(name, token, _nested(path, least)) == []
    for value in (least - 1, "long"):
        [message] = messages(name, token, _nested(path, value))
        assert message.startswith(f"{path} is ")
    [message] = messages(name, f"{token}List", {"items": [_nested(path, least), _nested(path, least - 1)]})
    assert message.startswith(f"items[1].{path} is ")


@pytest.mark.parametrize(("seconds", "number"), [(3600, 0), (3601, 1), ("long", 1), (None, 0)])
def test_a_pod_ends_within_an_hour(seconds: Any, number: int) -> None:
    pod: dict[str, Any] = {"containers": [{"name": "a"}]}
    if seconds is not None:
        pod["terminationGracePeriodSeconds"] = seconds

    assert len(messages("workload-movable", DEPLOYMENT, _nested("spec.template.spec", pod))) == number


@pytest.mark.parametrize(
    ("annotations", "number"),
    [
        ({"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}, 1),
        ({"cluster-autoscaler.kubernetes.io/safe-to-evict": False}, 1),
        ({"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}, 0),
        ({"karpenter.sh/do-not-disrupt": "true"}, 1),
        ({"karpenter.sh/do-not-disrupt": "false"}, 0),
        ({"example.com/other": "false"}, 0),
    ],
)
def test_no_annotation_holds_a_node(annotations: dict[str, Any], number: int) -> None:
    pod = {"spec": {"containers": [{"name": "a"}]}, "metadata": {"annotations": annotations}}

    found = messages("workload-movable", DEPLOYMENT, {"spec": {"template": pod}})
    assert len(found) == number
    assert all(message.startswith("spec.template.metadata.annotations[") for message in found)


@pytest.mark.parametrize(
    ("cidr", "number"), [("203.0.113.7/28", 0), ("203.0.0.0/16", 0), ("203.0.0.0/15", 1), ("0.0.0.0/0", 1), (None, 1)]
)
def test_a_control_plane_is_reached_from_narrow_networks(cidr: Any, number: int) -> None:
    inputs = {"masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": cidr}]}}

    assert len(messages("gke-control-plane-closed", CLUSTER, inputs)) == number
