"""Policies with conditions have version 3, and are not overwritten by accident by policies of version 1."""

import pytest

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.store import Json
from unit.sandbox.cloud.cases import ADMIN, PROJECT, bind, policy

CONDITION = {"title": "until", "expression": 'request.time < timestamp("2100-01-01T00:00:00Z")'}
CONDITIONAL = {"role": "roles/browser", "members": ["group:security-team@example.com"], "condition": CONDITION}


def write(cloud: Cloud, changed: Json) -> Json:
    return cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, {"policy": changed})


def test_a_condition_needs_version_3(cloud: Cloud) -> None:
    read = policy(cloud, PROJECT)
    with pytest.raises(ApiError, match="must have version 3"):
        write(cloud, {**read, "bindings": [*read["bindings"], CONDITIONAL]})


@pytest.mark.parametrize("version", [2, 4, "3"])
def test_there_are_no_other_versions(cloud: Cloud, version: object) -> None:
    with pytest.raises(ApiError, match="Invalid policy version"):
        write(cloud, {**policy(cloud, PROJECT), "version": version})


def test_the_version_that_is_read_tells_whether_there_are_conditions(cloud: Cloud) -> None:
    assert write(cloud, {**policy(cloud, PROJECT), "version": 3})["version"] == 1
    bind(cloud, "roles/browser", "group:security-team@example.com", condition=CONDITION["expression"])
    assert policy(cloud, PROJECT)["version"] == 3


def test_version_1_does_not_overwrite_conditions(cloud: Cloud) -> None:
    bind(cloud, "roles/browser", "group:security-team@example.com", condition=CONDITION["expression"])
    read = policy(cloud, PROJECT)
    plain = [binding for binding in read["bindings"] if "condition" not in binding]
    with pytest.raises(ApiError, match=r"Specified policy version \(1\) cannot be less than"):
        write(cloud, {**read, "version": 1, "bindings": plain})


def test_without_an_etag_version_1_overwrites_them_blindly(cloud: Cloud) -> None:
    bind(cloud, "roles/browser", "group:security-team@example.com", condition=CONDITION["expression"])
    plain = [binding for binding in policy(cloud, PROJECT)["bindings"] if "condition" not in binding]
    assert write(cloud, {"bindings": plain})["version"] == 1
