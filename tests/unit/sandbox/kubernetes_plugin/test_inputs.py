"""Refresh and import: only what was stated is compared, only what can be stated is imported."""

import base64
from typing import Any

import pytest

from sandbox.plugins.kubernetes.inputs import imported, refreshed
from sandbox.plugins.protocol import Properties

STATED: Properties = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "nginx"}]}}},
}


def live(**changes: Any) -> Properties:
    """The object as the API server would return it, with defaults and bookkeeping."""
    container = {"name": "c", "image": "nginx", "imagePullPolicy": "Always"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "labels": {"app": "web", "added": "by somebody"},
            "uid": "u",
            "resourceVersion": "7",
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{}],
            "annotations": {"note": "kept"},
        },
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container], "restartPolicy": "Always"}}},
        "status": {"replicas": 2},
        **changes,
    }


def test_defaults_and_bookkeeping_are_no_drift() -> None:
    assert refreshed(STATED, live()) == STATED


def test_a_changed_value_is_drift() -> None:
    found = live()
    found["spec"]["template"]["spec"]["containers"][0]["image"] = "evil"
    assert refreshed(STATED, found)["spec"]["template"]["spec"]["containers"] == [{"name": "c", "image": "evil"}]


def test_a_removed_field_is_drift() -> None:
    found = live()
    del found["metadata"]["labels"]["app"]
    assert refreshed(STATED, found)["metadata"]["labels"] == {}


def test_an_added_list_item_is_drift() -> None:
    found = live()
    containers = found["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "sidecar", "image": "x"})
    assert refreshed(STATED, found)["spec"]["template"]["spec"]["containers"] == containers


@pytest.mark.parametrize(("stated", "stored"), [("1000m", "1"), ("1024Mi", "1Gi"), ("0.5", "500m"), (1, "1")])
def test_one_quantity_in_two_writings_is_no_drift(stated: Any, stored: str) -> None:
    inputs = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {}, "spec": {"hard": {"cpu": stated}}}
    found = {**inputs, "spec": {"hard": {"cpu": stored}}}
    assert refreshed(inputs, found) == inputs


@pytest.mark.parametrize(("stated", "stored"), [("1000m", "2"), ("1Gi", "1G"), ("web", "api"), (True, "1")])
def test_different_values_are_drift(stated: Any, stored: str) -> None:
    assert refreshed({"spec": {"x": stated}}, {"spec": {"x": stored}}) == {"spec": {"x": stored}}


@pytest.mark.parametrize("empty", [{}, [], "", None, False, 0])
def test_an_empty_value_that_the_api_server_drops_is_no_drift(empty: Any) -> None:
    assert refreshed({"spec": {"x": empty}}, {"spec": {}}) == {"spec": {"x": empty}}


def test_a_secret_stated_in_plain_text_is_compared_decoded() -> None:
    inputs = {"kind": "Secret", "stringData": {"a": "one", "b": "two"}}
    stored = {"kind": "Secret", "data": {"a": base64.b64encode(b"one").decode(), "b": base64.b64encode(b"2").decode()}}
    assert refreshed(inputs, stored)["stringData"] == {"a": "one", "b": "2"}


def test_an_import_takes_all_but_what_the_api_server_sets() -> None:
    taken = imported(live())
    assert "status" not in taken
    assert taken["metadata"] == {
        "name": "web",
        "labels": {"app": "web", "added": "by somebody"},
        "annotations": {"note": "kept"},
    }
    assert taken["spec"] == live()["spec"]
