"""Rules on registries, users and flags of databases: each permitted value, and one beside it."""

from typing import Any

import pytest

from engine.inputs import UNKNOWN, Secret
from policy_pack.rules.registry import POLICY, REPOSITORY
from policy_pack.rules.secrets import credentials
from policy_pack.rules.sql import INSTANCE, USER
from policy_pack.rules.sql_settings import FLAGS
from policy_pack.rules.storage import HARMLESS_ACTIONS, NONCURRENT_DAYS
from unit.policies.test_rules_at_limits import messages

DAY = 86400
DIGEST = f"gcr.io/proxy/proxy@sha256:{'a' * 64}"
_KEEP: dict[str, Any] = {"action": "KEEP", "mostRecentVersions": {"keepCount": 10}}


def deletion(days: Any = 14, tag: Any = "UNTAGGED") -> dict[str, Any]:
    """A policy that deletes versions of an age."""
    age = f"{days * DAY}s" if isinstance(days, int) else days
    return {"action": "DELETE", "condition": {"tagState": tag, "olderThan": age}}


_CLEANUPS: list[tuple[list[dict[str, Any]], int]] = [
    ([], 0),
    ([_KEEP], 0),
    ([_KEEP, deletion()], 0),
    ([_KEEP, deletion(13)], 1),
    ([_KEEP, {"action": "DELETE", "condition": {"tagState": "UNTAGGED", "olderThan": f"{14 * DAY - 1}s"}}], 1),
    ([_KEEP, deletion("a while")], 1),
    ([_KEEP, deletion(None)], 1),
    ([_KEEP, deletion(tag="TAGGED")], 1),
    ([_KEEP, deletion(tag=None)], 1),
    ([deletion()], 1),
    ([{"action": "KEEP", "mostRecentVersions": {"keepCount": 9}}, deletion()], 1),
    ([{"action": "KEEP", "mostRecentVersions": {"keepCount": 10, "packageNamePrefixes": ["a"]}}, deletion()], 1),
    ([{"action": "KEEP"}, _KEEP, deletion()], 0),
    ([{"action": "OTHER", **{key: value for key, value in _KEEP.items() if key != "action"}}], 3),
]


@pytest.mark.parametrize(("policies", "number"), _CLEANUPS)
def test_clean_up_deletes_what_cannot_run(policies: list[dict[str, Any]], number: int) -> None:
    assert len(messages("registry-cleanup-keeps", REPOSITORY, {"cleanupPolicies": policies})) == number


@pytest.mark.parametrize(
    ("inputs", "number"),
    [
        ({"format": "DOCKER", "dockerConfig": {"immutableTags": True}}, 0),
        ({"format": "DOCKER"}, 1),
        ({"format": "DOCKER", "mode": "STANDARD_REPOSITORY"}, 1),
        ({"format": "DOCKER", "mode": "REMOTE_REPOSITORY"}, 0),
        ({"format": "MAVEN"}, 0),
    ],
)
def test_tags_of_a_repository_of_images_are_immutable(inputs: dict[str, Any], number: int) -> None:
    assert len(messages("registry-tags-immutable", REPOSITORY, inputs)) == number


_REFUSES = {"evaluationMode": "ALWAYS_DENY", "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG"}


@pytest.mark.parametrize(
    ("inputs", "starts"),
    [
        ({"defaultAdmissionRule": _REFUSES}, []),
        ({"defaultAdmissionRule": _REFUSES | {"evaluationMode": "REQUIRE_ATTESTATION"}}, []),
        ({"defaultAdmissionRule": _REFUSES | {"evaluationMode": "ALWAYS_ALLOW"}}, ["defaultAdmissionRule.evaluation"]),
        (
            {"defaultAdmissionRule": _REFUSES | {"enforcementMode": "DRYRUN_AUDIT_LOG_ONLY"}},
            ["defaultAdmissionRule.enforcement"],
        ),
        (
            {"defaultAdmissionRule": _REFUSES, "clusterAdmissionRules": [_REFUSES, {}]},
            ["clusterAdmissionRules[1].evaluation", "clusterAdmissionRules[1].enforcement"],
        ),
        ({"defaultAdmissionRule": _REFUSES, "admissionWhitelistPatterns": [{"namePattern": DIGEST}]}, []),
        (
            {"defaultAdmissionRule": _REFUSES, "admissionWhitelistPatterns": [{"namePattern": "gcr.io/a/b"}]},
            ["admits "],
        ),
        (
            {
                "project": "own",
                "defaultAdmissionRule": _REFUSES,
                "admissionWhitelistPatterns": [
                    {"namePattern": f"europe-docker.pkg.dev/{project}/**"} for project in ("own", "other")
                ],
            },
            ["admits "],
        ),
        (
            {
                "defaultAdmissionRule": _REFUSES,
                "admissionWhitelistPatterns": [
                    {"namePattern": name} for name in ("", "europe-docker.pkg.dev/None/**", "europe-docker.pkg.dev//**")
                ],
            },
            ["admits ", "admits ", "admits "],
        ),
    ],
)
def test_images_are_admitted_by_repository_or_digest(inputs: dict[str, Any], starts: list[str]) -> None:
    found = messages("registry-images-admitted-by-name", POLICY, inputs)

    assert len(found) == len(starts)
    assert all(message.startswith(start) for message, start in zip(found, starts, strict=True))


@pytest.mark.parametrize("path", ["password", "passwordWo", "rootPassword", "rootPasswordWo"])
def test_no_user_has_a_password(path: str) -> None:
    for token, kept in ((USER, {"type": "CLOUD_IAM_GROUP"}), (INSTANCE, {})):
        assert messages("sql-users-by-iam", token, kept) == []
        [message] = messages("sql-users-by-iam", token, {**kept, path: Secret("x")})
        assert message.startswith(f"{path} is set")


def flags(engine: str, **changed: Any) -> dict[str, Any]:
    """An instance with the flags that its engine needs, but for some."""
    needed = {name: accepted[0] for name, accepted in FLAGS[engine].items() if accepted} | changed
    listed = [{"name": name, "value": value} for name, value in needed.items() if value is not None]
    return {"databaseVersion": f"{engine}_17", "settings": {"databaseFlags": listed}}


def test_each_engine_has_its_flags() -> None:
    for engine in FLAGS:
        assert messages("sql-flags", INSTANCE, flags(engine)) == []
        for name, accepted in FLAGS[engine].items():
            value = "on" if accepted is None else "other"
            [message] = messages("sql-flags", INSTANCE, flags(engine, **{name: value}))
            assert name in message
            if accepted:
                assert all(
                    messages("sql-flags", INSTANCE, flags(engine, **{name: one.upper()})) == [] for one in accepted
                )
                assert len(messages("sql-flags", INSTANCE, flags(engine, **{name: None}))) == 1


@pytest.mark.parametrize("flag", [UNKNOWN, {"name": UNKNOWN, "value": "on"}, {"name": Secret("a"), "value": "on"}])
def test_flags_that_nobody_can_read_are_refused(flag: Any) -> None:
    inputs = flags("POSTGRES")
    inputs["settings"]["databaseFlags"].append(flag)

    [message] = messages("sql-flags", INSTANCE, inputs)
    assert message.startswith("settings.databaseFlags is not known before the update")


def test_flags_of_an_unknown_engine_cannot_be_judged() -> None:
    [message] = messages("sql-flags", INSTANCE, {"databaseVersion": "ORACLE_23"})

    assert message.startswith("databaseVersion is ORACLE_23, so its flags cannot be judged")


def test_a_credential_is_named_with_its_place() -> None:
    document = {"a": {"password": "x"}, "b": [{"token": Secret("y")}], "c": "fine"}

    assert list(credentials(document)) == ["a.password is named like a credential", "b[0].token is marked as secret"]


@pytest.mark.parametrize(
    ("edition", "days", "kept", "number"),
    [
        ("ENTERPRISE", 7, 7, 0),
        ("ENTERPRISE", 8, 7, 1),
        ("ENTERPRISE", None, 7, 0),
        ("ENTERPRISE_PLUS", None, 14, 0),
        ("ENTERPRISE_PLUS", None, 13, 1),
        (None, None, 13, 1),
        ("ENTERPRISE", None, 6, 0),
        ("ENTERPRISE", None, None, 0),
        ("ENTERPRISE", 7, None, 1),
        ("ENTERPRISE", "week", 7, 1),
    ],
)
def test_backups_are_as_many_as_days_of_logs(edition: str | None, days: Any, kept: Any, number: int) -> None:
    backups = {"transactionLogRetentionDays": days, "backupRetentionSettings": {"retainedBackups": kept}}
    inputs = {"databaseVersion": "POSTGRES_17", "settings": {"edition": edition, "backupConfiguration": backups}}

    assert len(messages("sql-retention-consistent", INSTANCE, inputs)) == number


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        ({"diskSize": 10}, 1),
        ({"diskSize": 10, "diskAutoresize": True}, 1),
        ({"diskSize": 10, "diskAutoresize": False}, 0),
        ({"diskAutoresize": True}, 0),
    ],
)
def test_one_owner_decides_the_size_of_a_disk(settings: dict[str, Any], number: int) -> None:
    assert len(messages("sql-retention-consistent", INSTANCE, {"settings": settings})) == number


@pytest.mark.parametrize(("policy", "number"), [("ALWAYS", 0), (None, 0), ("NEVER", 1), (UNKNOWN, 1)])
def test_an_instance_is_never_stopped(policy: Any, number: int) -> None:
    kept = {"maintenanceWindow": {"day": 7, "hour": 3}, "insightsConfig": {"queryInsightsEnabled": True}}

    assert len(messages("sql-maintained", INSTANCE, {"settings": {**kept, "activationPolicy": policy}})) == number


BUCKET = "gcp:storage/bucket:Bucket"


@pytest.mark.parametrize(
    ("days", "retained", "number"),
    [
        (NONCURRENT_DAYS, None, 0),
        (NONCURRENT_DAYS - 1, None, 1),
        (None, None, 1),
        (NONCURRENT_DAYS, NONCURRENT_DAYS * DAY, 0),
        (NONCURRENT_DAYS, NONCURRENT_DAYS * DAY + 1, 1),
        (NONCURRENT_DAYS, "a while", 1),
        (NONCURRENT_DAYS, UNKNOWN, 1),
    ],
)
def test_a_lifecycle_deletes_old_versions_alone(days: Any, retained: Any, number: int) -> None:
    rule = {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": days}}
    inputs = {"lifecycleRules": [rule], "retentionPolicy": {"retentionPeriod": retained}}

    assert len(messages("bucket-lifecycle-keeps", BUCKET, inputs)) == number


def test_a_lifecycle_that_deletes_nothing_needs_no_age() -> None:
    for action in HARMLESS_ACTIONS:
        assert messages("bucket-lifecycle-keeps", BUCKET, {"lifecycleRules": [{"action": {"type": action}}]}) == []
