"""Use of Google's limits on a project, counted from states."""

import json
from pathlib import Path
from typing import Any

import pytest

import example_tenant as example
from cli import limits
from cli.finding import BAD, GOOD, SHORT

Json = dict[str, Any]

ON_PROJECT = "gcp:projects/iAMMember:IAMMember"
_YEARS = [(year, f"{year}-01-01T00:00:00Z") for year in (2030, 2031, 2032)]


def _resource(kind: str, name: str, **fields: Any) -> Json:
    urn = f"urn:pulumi:sandbox::identity::{kind}::{name}"
    fields = {"project": example.PROJECT, **fields}
    return {"urn": urn, "type": kind, "custom": True, "id": name, "inputs": fields, "outputs": fields}


def _grant(number: int, member: str, condition: str = "") -> Json:
    conditional = {"condition": {"title": "t", "expression": condition}} if condition else {}
    return _resource(ON_PROJECT, f"grant-{number}", role="roles/viewer", member=member, **conditional)


def _counted(folder: Path, *resources: Json) -> dict[str, limits.Usage]:
    file = folder / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return {usage.name: usage for usage in limits.usages([file])}


def test_each_appearance_of_a_principal_counts_and_a_group_counts_once(tmp_path: Path) -> None:
    group = "group:shop-team@example.com"
    other = _resource(ON_PROJECT, "other", role="roles/browser", member=group)
    secret = _resource(
        "gcp:secretmanager/secretIamMember:SecretIamMember", "one", secretId="one", role="roles/viewer", member=group
    )

    counted = _counted(tmp_path, _grant(1, group), other, _grant(2, "user:a@example.com"), secret)

    assert (counted["principals"].used, counted["principals"].where) == (3, "project")
    assert counted["groups"].used == 1


@pytest.mark.parametrize(("number", "verdict"), [(1199, GOOD), (1200, SHORT), (1500, SHORT), (1501, BAD)])
def test_a_policy_that_fills_up_is_told_before_it_is_full(tmp_path: Path, number: int, verdict: str) -> None:
    grants = [_grant(each, f"user:person-{each}@example.com") for each in range(number)]

    usage = _counted(tmp_path, *grants)["principals"]

    assert (usage.used, usage.left, usage.verdict) == (number, 1500 - number, verdict)
    assert usage.finding.remedy == "grant the role to a group, or divide the apps over two projects"


def test_conditions_are_counted_for_one_role_and_principal(tmp_path: Path) -> None:
    same = [_grant(each, "user:a@example.com", f"request.time < timestamp('{year}')") for each, year in _YEARS]

    assert _counted(tmp_path, *same, _grant(9, "user:b@example.com", "true"))["conditions"].used == 3


def test_accounts_and_custom_roles_are_counted(tmp_path: Path) -> None:
    account = _resource("gcp:serviceaccount/account:Account", "a", accountId="app-a")
    role = _resource("gcp:projects/iAMCustomRole:IAMCustomRole", "r", roleId="r", title="R", permissions=[])

    counted = _counted(tmp_path, account, role)

    assert (counted["accounts"].used, counted["roles"].used, counted["principals"].used) == (1, 1, 0)
