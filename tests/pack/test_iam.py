"""The pack's rules on grants and keys."""

import json

import pytest

from pack.analyzer import UNKNOWN_STRING, Analyzer, Inputs

MEMBER = "gcp:projects/iAMMember:IAMMember"
GRANT: Inputs = {"project": "p", "role": "roles/container.clusterViewer", "member": "group:team@example.com"}


def test_a_predefined_role_is_granted(analyzer: Analyzer) -> None:
    assert analyzer.check(MEMBER, GRANT) == []


@pytest.mark.parametrize("role", ["roles/owner", "roles/editor", "roles/viewer", "roles/admin"])
def test_a_basic_role_is_refused(analyzer: Analyzer, role: str) -> None:
    [finding] = analyzer.check(MEMBER, {**GRANT, "role": role}, name="all-of-it")
    assert finding.policy == "iam-no-basic-roles"
    assert finding.mandatory
    assert f"{MEMBER} 'all-of-it': grants the basic role {role}" in finding.message
    assert "Grant a predefined or custom role" in finding.message


@pytest.mark.parametrize(
    "kind",
    [
        "gcp:projects/iAMBinding:IAMBinding",
        "gcp:folder/iAMMember:IAMMember",
        "gcp:organizations/iAMMember:IAMMember",
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        "gcp:serviceaccount/iAMBinding:IAMBinding",
    ],
)
def test_a_basic_role_is_refused_on_every_kind_of_resource(analyzer: Analyzer, kind: str) -> None:
    assert [finding.policy for finding in analyzer.check(kind, {"role": "roles/editor"})] == ["iam-no-basic-roles"]


def test_a_basic_role_inside_a_whole_policy_is_refused(analyzer: Analyzer) -> None:
    policy = json.dumps(
        {"bindings": [{"role": "roles/browser", "members": []}, {"role": "roles/owner", "members": []}]}
    )
    [finding] = analyzer.check("gcp:projects/iAMPolicy:IAMPolicy", {"project": "p", "policyData": policy})
    assert "roles/owner" in finding.message


@pytest.mark.parametrize(
    ("kind", "key"),
    [(MEMBER, "role"), ("gcp:projects/iAMPolicy:IAMPolicy", "policyData")],
)
def test_a_grant_that_a_preview_cannot_show_is_refused(analyzer: Analyzer, kind: str, key: str) -> None:
    [finding] = analyzer.check(kind, {**GRANT, key: UNKNOWN_STRING})
    assert finding.mandatory
    assert "not known before the update" in finding.message


def test_a_policy_that_is_not_json_is_refused_without_showing_it(analyzer: Analyzer) -> None:
    [finding] = analyzer.check("gcp:projects/iAMPolicy:IAMPolicy", {"policyData": "hunter2"})
    assert finding.mandatory
    assert "could not be checked" in finding.message
    assert "hunter2" not in finding.message


@pytest.mark.parametrize(
    "kind", ["gcp:serviceaccount/key:Key", "gcp:serviceAccount/key:Key", "gcp:storage/hmacKey:HmacKey"]
)
def test_a_long_lived_key_is_refused(analyzer: Analyzer, kind: str) -> None:
    [finding] = analyzer.check(kind, {"serviceAccountId": "a"})
    assert finding.policy == "iam-no-service-account-keys"
    assert finding.mandatory
    assert "let CI impersonate the account" in finding.message
