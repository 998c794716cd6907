"""The pack's rules on Cloud SQL."""

from typing import Any

import pytest

from pack.analyzer import (
    INSTANCE,
    REMOVED,
    UNKNOWN_ARRAY,
    UNKNOWN_BOOLEAN,
    UNKNOWN_OBJECT,
    UNKNOWN_STRING,
    Analyzer,
    changed,
    instance,
    secret,
)


def test_a_protected_private_instance_with_backups_is_accepted(analyzer: Analyzer) -> None:
    assert analyzer.check(INSTANCE, instance(), protect=True) == []


@pytest.mark.parametrize("kind", [INSTANCE, "gcp:sql/database:Database", "gcp:sql/user:User"])
def test_an_unprotected_datastore_is_refused(analyzer: Analyzer, kind: str) -> None:
    [finding] = analyzer.check(kind, instance(), protect=False, name="orders")
    assert finding.policy == "sql-protected"
    assert finding.mandatory
    assert "'orders': is not protected in Pulumi" in finding.message
    assert "Set protect=True" in finding.message


RETIRED = {
    "deletionPolicy": "ABANDON",
    "deletionProtection": False,
    "settings.deletionProtectionEnabled": False,
    "settings.userLabels": {"retire-after": "2026-12-31"},
    "settings.finalBackupConfig": {"enabled": True},
}


def retired(**changes: Any) -> dict[str, Any]:
    """An instance in the first step of its retirement; underscores in the paths stand for dots."""
    inputs = instance()
    for path, value in [*RETIRED.items(), *((path.replace("_", "."), value) for path, value in changes.items())]:
        inputs = changed(inputs, path, value)
    return inputs


@pytest.mark.parametrize("kind", ["gcp:sql/database:Database", "gcp:sql/user:User"])
def test_what_is_abandoned_need_not_be_protected(analyzer: Analyzer, kind: str) -> None:
    assert analyzer.check(kind, {"deletionPolicy": "ABANDON"}, protect=False) == []
    [finding] = analyzer.check(kind, {"deletionPolicy": UNKNOWN_STRING}, protect=False)
    assert finding.policy == "sql-protected"


def test_a_declared_retirement_is_accepted(analyzer: Analyzer) -> None:
    assert analyzer.check(INSTANCE, retired(), protect=False) == []


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({"settings_userLabels": REMOVED}, 2),
        ({"settings_userLabels": {"retire-after": "soon"}}, 2),
        ({"settings_userLabels": UNKNOWN_OBJECT}, 2),
        ({"settings_finalBackupConfig": REMOVED}, 2),
        ({"deletionPolicy": REMOVED}, 3),
        ({"deletionPolicy": "PREVENT"}, 3),
        ({"deletionPolicy": UNKNOWN_STRING}, 3),
    ],
)
def test_half_a_retirement_is_refused(analyzer: Analyzer, changes: dict[str, Any], findings: int) -> None:
    found = analyzer.check(INSTANCE, retired(**changes), protect=False)
    assert [finding.policy for finding in found] == ["sql-protected"] * findings
    assert all(finding.mandatory for finding in found)


@pytest.mark.parametrize(
    ("path", "value", "policy", "words"),
    [
        ("deletionProtection", False, "sql-protected", "deletionProtection is false"),
        ("deletionProtection", REMOVED, "sql-protected", "deletionProtection is not set"),
        (
            "settings.deletionProtectionEnabled",
            False,
            "sql-protected",
            "settings.deletionProtectionEnabled is false",
        ),
        (
            "settings.backupConfiguration.enabled",
            False,
            "sql-backed-up",
            "settings.backupConfiguration.enabled is false",
        ),
        (
            "settings.backupConfiguration.pointInTimeRecoveryEnabled",
            REMOVED,
            "sql-backed-up",
            "pointInTimeRecoveryEnabled is not set",
        ),
        ("settings.retainBackupsOnDelete", REMOVED, "sql-backed-up", "retainBackupsOnDelete is not set"),
        (
            "settings.ipConfiguration.ipv4Enabled",
            True,
            "sql-not-public",
            "settings.ipConfiguration.ipv4Enabled is true",
        ),
        (
            "settings.ipConfiguration.sslMode",
            "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
            "sql-not-public",
            "settings.ipConfiguration.sslMode is ALLOW_UNENCRYPTED_AND_ENCRYPTED",
        ),
        ("settings.ipConfiguration.sslMode", REMOVED, "sql-not-public", "sslMode is not set"),
        (
            "settings.ipConfiguration.authorizedNetworks",
            [{"value": "0.0.0.0/0"}],
            "sql-not-public",
            "the authorized network 0.0.0.0/0 lets (nearly) the whole internet in",
        ),
        (
            "settings.ipConfiguration.authorizedNetworks",
            [{"value": "128.0.0.0/1"}],
            "sql-not-public",
            "128.0.0.0/1",
        ),
    ],
)
def test_one_weakness_is_refused_by_its_rule(
    analyzer: Analyzer, path: str, value: Any, policy: str, words: str
) -> None:
    inputs = changed(instance(), path, value)
    [finding] = analyzer.check(INSTANCE, inputs, protect=True)
    assert finding.policy == policy
    assert finding.mandatory
    assert words in finding.message


@pytest.mark.parametrize(
    ("path", "value", "policies"),
    [
        ("deletionProtection", UNKNOWN_BOOLEAN, {"sql-protected"}),
        ("settings", UNKNOWN_OBJECT, {"sql-protected", "sql-backed-up", "sql-not-public"}),
        ("settings.backupConfiguration", UNKNOWN_OBJECT, {"sql-backed-up"}),
        ("settings.ipConfiguration.ipv4Enabled", UNKNOWN_BOOLEAN, {"sql-not-public"}),
        ("settings.ipConfiguration.authorizedNetworks", UNKNOWN_ARRAY, {"sql-not-public"}),
        (
            "settings.ipConfiguration.authorizedNetworks",
            [{"value": UNKNOWN_STRING}],
            {"sql-not-public"},
        ),
    ],
)
def test_what_a_preview_cannot_know_is_refused(analyzer: Analyzer, path: str, value: Any, policies: set[str]) -> None:
    inputs = changed(instance(), path, value)
    findings = analyzer.check(INSTANCE, inputs, protect=True)
    assert {finding.policy for finding in findings} == policies
    assert all(finding.mandatory and "after the update" in finding.message for finding in findings)


def test_unknown_inputs_that_no_rule_asks_for_do_not_matter(analyzer: Analyzer) -> None:
    assert analyzer.check(INSTANCE, {**instance(), "name": UNKNOWN_STRING}, protect=True) == []


def test_a_replica_needs_no_backups_of_its_own(analyzer: Analyzer) -> None:
    inputs = instance()
    inputs["masterInstanceName"] = "orders"
    del inputs["settings"]["backupConfiguration"]
    assert analyzer.check(INSTANCE, inputs, protect=True) == []


def test_no_message_shows_a_secret(analyzer: Analyzer) -> None:
    inputs = {**instance(), "rootPassword": secret("hunter2"), "deletionProtection": secret("hunter2")}
    findings = analyzer.check(INSTANCE, inputs, protect=True)
    assert findings
    assert not any("hunter2" in finding.message for finding in findings)
