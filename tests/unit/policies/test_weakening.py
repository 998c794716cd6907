"""Updates that weaken: found by type and path, first in the verdict, and refused where data or guard rails are."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from plan_gate import summary, weakening
from policy_pack.layers import LAYERS
from unit.policies.plans import INSTANCE, UNKNOWN, Preview, refused, urn

KNOWN = weakening.settings()
ORDERS = urn(INSTANCE, "orders")
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_BEFORE: dict[str, Any] = {
    "databaseVersion": "POSTGRES_17",
    "deletionProtection": True,
    "settings": {
        "activationPolicy": "ALWAYS",
        "backupConfiguration": {"enabled": True, "transactionLogRetentionDays": 7},
        "databaseFlags": [{"name": "log_connections", "value": "on"}, {"name": "max_connections", "value": "100"}],
        "ipConfiguration": {"pscConfigs": [{"pscEnabled": True, "allowedConsumerProjects": ["acme-dev"]}]},
    },
}


def updated(folder: Path, changes: dict[str, Any], token: str = INSTANCE, before: dict[str, Any] = _BEFORE) -> Preview:
    """A preview in which an input below `settings`, or beside it, changes."""
    preview = Preview(folder)
    preview.stack(contract={"version": 1})
    old = json.loads(json.dumps(before))
    held = preview.held(token, "orders", inputs=old, protect=True)
    new = json.loads(json.dumps(before))
    for path, value in changes.items():
        *above, last = path.split(".")
        inner = new
        for key in above:
            inner = inner[key]
        if value is None:
            inner.pop(last)
        else:
            inner[last] = value
    adds = {key: new[key] for key in new.keys() - old.keys()}
    updates = {key: new[key] for key in new.keys() & old.keys() if new[key] != old[key]}
    difference = {"adds": adds, "updates": updates, "deletes": sorted(old.keys() - new.keys())}
    preview.planned(held, "update", protect=True, inputDiff=difference)
    return preview


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("settings.backupConfiguration.enabled", False, "weakens"),
        ("settings.backupConfiguration.enabled", "false", "weakens"),
        ("settings.backupConfiguration.enabled", None, "weakens"),
        ("settings.backupConfiguration.enabled", UNKNOWN, "weakens"),
        ("settings.backupConfiguration", None, "weakens"),
        ("settings.backupConfiguration.transactionLogRetentionDays", 1, "weakens"),
        ("settings.activationPolicy", "NEVER", "stops"),
        ("settings.databaseFlags", [{"name": "max_connections", "value": "100"}], "weakens"),
        ("settings.ipConfiguration.pscConfigs", [{"pscEnabled": True, "allowedConsumerProjects": ["x"]}], "opens"),
        ("settings.ipConfiguration.ipv4Enabled", True, "opens"),
        ("databaseVersion", "POSTGRES_16", "downgrades"),
        ("masterInstanceName", "", "weakens"),
        ("restoreBackupContext", {"backupRunId": 1}, "weakens"),
    ],
)
def test_an_update_that_weakens_a_database_is_refused_and_comes_first(
    tmp_path: Path, path: str, value: Any, kind: str
) -> None:
    verdict = updated(tmp_path, {path: value}).judged()
    first = summary.sections(verdict)[0]

    assert refused(verdict) == {("plan-not-weakened", ORDERS)}
    assert first.title == "weakens, opens, stops"
    assert all(line.startswith(f"{kind} {INSTANCE} 'orders', ") for line in first.lines)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("settings.backupConfiguration.transactionLogRetentionDays", 14),
        ("settings.databaseFlags", [*_BEFORE["settings"]["databaseFlags"], {"name": "log_lock_waits", "value": "on"}]),
        (
            "settings.databaseFlags",
            [_BEFORE["settings"]["databaseFlags"][0], {"name": "max_connections", "value": "9"}],
        ),
        ("settings.ipConfiguration.pscConfigs", []),
        ("settings.tier", "db-custom-4-15360"),
    ],
)
def test_an_update_that_strengthens_or_changes_something_else_passes(tmp_path: Path, path: str, value: Any) -> None:
    assert updated(tmp_path, {path: value}).judged().passed


def test_a_new_major_version_is_said_to_be_final_and_passes(tmp_path: Path) -> None:
    verdict = updated(tmp_path, {"databaseVersion": "POSTGRES_18"}).judged()

    assert verdict.passed
    [line] = verdict.reach.irreversible
    assert line.startswith(f"update {INSTANCE} 'orders', databaseVersion: a major version cannot be taken back")


def test_an_exception_names_the_path_and_lifts_no_other(tmp_path: Path) -> None:
    preview = updated(tmp_path, {"settings.backupConfiguration.enabled": False, "settings.activationPolicy": "NEVER"})
    preview.accept(ORDERS, "weaken settings.activationPolicy")

    [refusal] = preview.judged().refusals

    assert refusal.operation == "weaken settings.backupConfiguration.enabled"
    [asked] = [each.lines for each in summary.sections(preview.judged()) if each.title.startswith("what plan_exc")]
    entry = yaml.safe_load(asked[0])[0]
    preview.accept(entry["resource"], entry["operation"])
    assert preview.judged().passed


def test_the_exception_to_unprotect_covers_the_apis_own_protection(tmp_path: Path) -> None:
    preview = updated(tmp_path, {"deletionProtection": False, "deletionPolicy": "ABANDON"})
    preview.plans[ORDERS]["goal"]["protect"] = False
    verdict = preview.judged()
    [asked] = [each.lines for each in summary.sections(verdict) if each.title.startswith("what plan_exc")]

    assert refused(verdict) == {("plan-not-weakened", ORDERS), ("plan-protection-kept", ORDERS)}
    assert len(asked) == 1
    preview.accept(ORDERS, "unprotect")
    assert preview.judged().passed


def test_a_resource_that_is_adopted_is_not_compared_with_nothing(tmp_path: Path) -> None:
    preview = Preview(tmp_path)
    preview.stack()
    adds = {"settings": {"ipConfiguration": {"ipv4Enabled": True}}}
    preview.planned(ORDERS, "update", shown=("import", "update"), protect=True, inputDiff={"adds": adds})
    verdict = preview.judged()

    assert verdict.reach.weakened == ()
    assert verdict.passed


def test_daily_work_that_opens_is_reported_and_passes(tmp_path: Path) -> None:
    before: dict[str, Any] = {"spec": {"egress": [{"to": [_A]}], "policyTypes": ["Egress"]}}
    verdict = updated(tmp_path, {"spec.egress": [{"to": [_A]}, {}]}, POLICY, before).judged()

    assert verdict.passed
    assert verdict.reach.weakened == (f"opens {POLICY} 'orders', spec.egress: more may go out",)


def test_a_replacement_is_compared_like_an_update(tmp_path: Path) -> None:
    alert = "gcp:monitoring/alertPolicy:AlertPolicy"
    preview = Preview(tmp_path)
    preview.stack(contract={"version": 1})
    held = preview.held(alert, "grants", inputs={"enabled": True})
    steps = ("create-replacement", "replace", "delete-replaced")
    preview.planned(held, *steps, inputDiff={"updates": {"enabled": False}})

    assert ("plan-not-weakened", held) in refused(preview.judged())


def test_every_type_that_a_layer_may_declare_is_listed() -> None:
    declarable = {token for layer in LAYERS.layers.values() for token in layer.types if "*" not in token}

    assert declarable - KNOWN.types.keys() - KNOWN.harmless.keys() == set()
    assert KNOWN.types.keys() & KNOWN.harmless.keys() == set()
    assert KNOWN.harmless.keys() - declarable == set()


FIREWALL = "gcp:compute/firewall:Firewall"
PARTNER = {
    "direction": "EGRESS",
    "destinationRanges": ["203.0.113.0/24"],
    "allows": [{"protocol": "tcp", "ports": ["443"]}],
}


@pytest.mark.parametrize(
    ("before", "changes", "is_refused"),
    [
        (PARTNER, {"allows": [{"protocol": "tcp", "ports": ["443", "8443"]}]}, False),
        (PARTNER, {"destinationRanges": ["198.51.100.0/25"]}, False),
        (PARTNER, {"destinationRanges": ["0.0.0.0/0"]}, True),
        (PARTNER, {"destinationRanges": ["198.51.100.0/25", "10.0.0.0/20"]}, True),
        (PARTNER, {"destinationRanges": None}, True),
        (PARTNER, {"destinationRanges": ["198.51.100.7/24"]}, True),
        (PARTNER, {"destinationRanges": ["2001:db8::/64"]}, True),
        (PARTNER, {"disabled": True}, True),
        (PARTNER, {"destinationRanges": ["198.51.100.0/25"], "direction": "INGRESS"}, True),
        ({**PARTNER, "destinationRanges": ["10.64.0.0/20"]}, {"allows": [{"protocol": "all"}]}, True),
        ({**PARTNER, "direction": "INGRESS"}, {"allows": [{"protocol": "all"}]}, True),
        ({**PARTNER, "denies": [{"protocol": "all"}]}, {"destinationRanges": ["198.51.100.0/25"]}, True),
    ],
)
def test_another_destination_outside_needs_no_exception(
    tmp_path: Path, before: dict[str, Any], changes: dict[str, Any], *, is_refused: bool
) -> None:
    """A new rule for egress to named public addresses needs none either; what opens the inside still does."""
    verdict = updated(tmp_path, changes, FIREWALL, before).judged()

    assert verdict.reach.weakened
    assert verdict.passed != is_refused


@pytest.mark.parametrize(
    ("after", "is_refused"),
    [
        ("gcr.io/proxy/proxy@sha256:2", False),
        ("gcr.io/proxy/proxy", True),
        ("gcr.io/proxy/*", True),
        ("gcr.io/other/proxy@sha256:1", True),
        (UNKNOWN, True),
    ],
)
def test_another_version_of_an_admitted_image_needs_no_exception(
    tmp_path: Path, after: str, *, is_refused: bool
) -> None:
    before = {"admissionWhitelistPatterns": [{"namePattern": "gcr.io/proxy/proxy@sha256:1"}]}
    changes = {"admissionWhitelistPatterns": [{"namePattern": after}]}

    verdict = updated(tmp_path, changes, "gcp:binaryauthorization/policy:Policy", before).judged()

    assert verdict.passed != is_refused


@pytest.mark.parametrize(("annotation", "is_refused"), [("prodfirst/owner", False), ("example.com/guard", True)])
def test_another_owner_of_a_namespace_needs_no_exception(tmp_path: Path, annotation: str, *, is_refused: bool) -> None:
    before = {"metadata": {"annotations": {"prodfirst/owner": "a@example.com", "example.com/guard": "on"}}}
    changes = {"metadata": {"annotations": {**before["metadata"]["annotations"], annotation: "other"}}}

    assert updated(tmp_path, changes, "kubernetes:core/v1:Namespace", before).judged().passed != is_refused


@pytest.mark.parametrize(
    ("hard", "is_reported"),
    [
        ({"pods": "40", "memory": "8Gi"}, False),
        ({"pods": "20", "memory": "9000Mi"}, False),
        ({"pods": "20", "memory": "8000Mi"}, True),
        ({"pods": "20"}, True),
    ],
)
def test_a_quota_that_grows_stops_nothing(tmp_path: Path, hard: dict[str, str], *, is_reported: bool) -> None:
    before = {"spec": {"hard": {"pods": "20", "memory": "8Gi"}}}

    verdict = updated(tmp_path, {"spec.hard": hard}, "kubernetes:core/v1:ResourceQuota", before).judged()

    assert bool(verdict.reach.weakened) == is_reported


_A: dict[str, Any] = {"podSelector": {"matchLabels": {"app": "a"}}}
_B: dict[str, Any] = {"podSelector": {"matchLabels": {"app": "b"}}}
_WEB: dict[str, Any] = {"port": 80}
_METRICS: dict[str, Any] = {"port": 90}
_EVERYBODY: list[dict[str, Any]] = [{}]


@pytest.mark.parametrize(
    ("rules", "is_reported"),
    [
        ([{"from": [_A], "ports": [_WEB]}], False),
        ([{"from": [_A], "ports": [_WEB]}, {"from": [_B], "ports": [_WEB]}], False),
        ([{"from": [_A, _B], "ports": [_WEB, _METRICS]}], True),
        ([{"from": [], "ports": [_WEB]}], True),
        ([{"from": [_A]}], True),
        (_EVERYBODY, True),
        (UNKNOWN, True),
    ],
)
def test_a_network_policy_opens_by_what_it_admits(tmp_path: Path, rules: Any, *, is_reported: bool) -> None:
    before = {"spec": {"ingress": [{"from": [_A, _B], "ports": [_WEB]}]}}

    assert bool(updated(tmp_path, {"spec.ingress": rules}, POLICY, before).judged().reach.weakened) == is_reported
