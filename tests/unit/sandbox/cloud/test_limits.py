"""What does not fit: into one allow policy, and into one project."""

import json
from collections.abc import Iterable

import pytest

import example_tenant as example
from cli import limits
from sandbox.cloud import policies, seed, settings
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.services import iam
from sandbox.cloud.store import Json

PROJECT = f"projects/{example.PROJECT}"
ADMIN = Caller(seed.ADMIN)


def set_bindings(cloud: Cloud, *added: Json) -> None:
    """Adds bindings to the project's policy."""
    kind = "cloudresourcemanager.projects"
    policy = cloud.call(f"{kind}.getIamPolicy", PROJECT, ADMIN)
    changed = {**policy, "version": 3, "bindings": [*policy["bindings"], *added]}
    cloud.call(f"{kind}.setIamPolicy", PROJECT, ADMIN, {"policy": changed})


def people(number: int) -> list[str]:
    return [f"user:person-{each}@example.com" for each in range(number)]


def used(cloud: Cloud) -> int:
    policy = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    return sum(len(binding["members"]) for binding in policy["bindings"])


def test_the_limits_are_those_that_are_counted_before_a_plan() -> None:
    counted = {name: limit.most for name, limit in limits.limits().items()}
    assert counted == {
        "principals": policies.MOST_MEMBERS,
        "groups": policies.MOST_GROUPS,
        "conditions": policies.MOST_CONDITIONS,
        "accounts": iam.QUOTA,
        "roles": iam.MOST_ROLES,
    }


def test_a_policy_takes_1500_members_with_each_appearance_counted(cloud: Cloud) -> None:
    half = (policies.MOST_MEMBERS - used(cloud)) // 2
    members = people(half)
    set_bindings(cloud, {"role": "roles/viewer", "members": members}, {"role": "roles/browser", "members": members})
    left = people(policies.MOST_MEMBERS - used(cloud) + 1)
    with pytest.raises(ApiError) as refused:
        set_bindings(cloud, {"role": "roles/logging.viewer", "members": left})
    assert refused.value.code == 400
    assert refused.value.message == (
        "The number of members in the policy (1,501) is larger than the maximum allowed size 1,500."
    )
    set_bindings(cloud, {"role": "roles/logging.viewer", "members": left[1:]})


def _groups(cloud: Cloud, number: int) -> list[str]:
    groups = [f"group:team-{each}@example.com" for each in range(number)]
    cloud.store.set_setting("directory.groups", json.dumps(groups))
    return groups


def test_a_policy_takes_250_groups_each_counted_once(cloud: Cloud) -> None:
    groups = _groups(cloud, policies.MOST_GROUPS + 1)
    bindings: Iterable[Json] = [
        {"role": role, "members": groups[:-1]} for role in ("roles/viewer", "roles/logging.viewer")
    ]
    set_bindings(cloud, *bindings)
    with pytest.raises(ApiError, match=r"The number of groups in the policy \(251\)"):
        set_bindings(cloud, {"role": "roles/browser", "members": groups[-1:]})


def test_a_policy_takes_20_conditional_bindings_of_one_role_to_one_principal(cloud: Cloud) -> None:
    def binding(year: int) -> Json:
        expression = f"request.time < timestamp('{year}-01-01T00:00:00Z')"
        condition = {"title": "until", "expression": expression}
        return {"role": "roles/logging.viewer", "members": people(1), "condition": condition}

    set_bindings(cloud, *(binding(2030 + each) for each in range(policies.MOST_CONDITIONS)))
    with pytest.raises(ApiError, match=r"21 conditional bindings of roles/logging\.viewer"):
        set_bindings(cloud, binding(2100))


def _account(cloud: Cloud, name: str) -> None:
    email = f"{name}@{example.PROJECT}.iam.gserviceaccount.com"
    cloud.call("iam.projects.serviceAccounts.create", f"{PROJECT}/serviceAccounts/{email}", ADMIN, {})


def test_a_project_has_as_many_service_accounts_as_its_quota_and_a_raised_one_takes_more(cloud: Cloud) -> None:
    settings.change(cloud.store, iam.QUOTA_SETTING, "2")
    for name in ("app-books", "app-ledger"):
        _account(cloud, name)
    with pytest.raises(ApiError) as refused:
        _account(cloud, "app-third")
    assert refused.value.code == 429
    assert refused.value.message == "Maximum number of service accounts on project reached."
    settings.change(cloud.store, iam.QUOTA_SETTING, "3")
    _account(cloud, "app-third")


def test_a_project_has_300_custom_roles(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iam, "MOST_ROLES", 2)
    for name in ("one", "two"):
        cloud.call("iam.projects.roles.create", f"{PROJECT}/roles/{name}", ADMIN, {"includedPermissions": []})
    with pytest.raises(ApiError, match="Maximum number of roles reached"):
        cloud.call("iam.projects.roles.create", f"{PROJECT}/roles/three", ADMIN, {"includedPermissions": []})
