"""Filters and orders of lists, in the language that Google's APIs share."""

from typing import Any

import pytest

from sandbox.cloud.errors import ApiError
from sandbox.google import definitions, filters
from sandbox.google.definitions import Definition

NETWORKS: list[dict[str, Any]] = [
    {
        "name": "main",
        "mtu": 1500,
        "autoCreateSubnetworks": False,
        "creationTimestamp": "2026-01-02T00:00:00Z",
        "routingConfig": {"routingMode": "GLOBAL"},
        "subnetworks": ["regions/europe-west4/nodes", "regions/europe-west1/nodes"],
        "peerings": [{"name": "databases", "state": "ACTIVE"}],
    },
    {"name": "other", "mtu": 900, "autoCreateSubnetworks": True, "creationTimestamp": "2026-01-10T00:00:00.5+01:00"},
    {"name": "Main", "mtu": 8896, "description": 'a "b"'},
]
SECRETS: list[dict[str, Any]] = [
    {"name": "one", "labels": {"env": "prod", "team": "shop"}, "versionDestroyTtl": "86400s"},
    {"name": "two", "labels": {"env": "dev"}, "versionDestroyTtl": "9s", "topics": [{"name": "t1"}, {"name": "t2"}]},
    {"name": "three"},
]
PROJECTS: list[dict[str, Any]] = [
    {"name": "Howl", "projectId": "p-1", "lifecycleState": "ACTIVE", "labels": {"color": "red"}},
    {"name": "Howling", "projectId": "p-2", "lifecycleState": "ACTIVE", "labels": {"size": "big"}},
]


def method(api: str, version: str, method_id: str) -> Definition:
    """One of Google's methods, by its id."""
    found = definitions.load(api, version)
    assert found
    return next(one for one in found.methods() if one.id == method_id)


KINDS: dict[str, tuple[Definition, str, list[dict[str, Any]]]] = {
    "networks": (method("compute", "v1", "compute.networks.list"), "Network", NETWORKS),
    "secrets": (method("secretmanager", "v1", "secretmanager.projects.secrets.list"), "Secret", SECRETS),
    "projects": (method("cloudresourcemanager", "v1", "cloudresourcemanager.projects.list"), "Project", PROJECTS),
}


def names(kind: str, text: str) -> list[str]:
    """The names of the items that a filter selects."""
    definition, schema, items = KINDS[kind]
    return [item["name"] for item in filters.selected(items, text, definition, {"$ref": schema})]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("networks", "", ["main", "other", "Main"]),
        ("networks", "mtu > 1000", ["main", "Main"]),
        ("networks", "mtu<=1500", ["main", "other"]),
        ("networks", "mtu >= 1500 mtu < 8896", ["main"]),
        ("networks", "name = other OR mtu = 8896", ["other", "Main"]),
        ("networks", "name:main AND (mtu=900 OR mtu=1500)", ["main"]),
        ("networks", "mtu=900 OR mtu=1500 AND name=other", ["other"]),
        ("networks", "NOT name=other", ["main", "Main"]),
        ("networks", "-name:main", ["other"]),
        ("networks", "NOT (name=other OR mtu=1500)", ["Main"]),
        ("networks", "autoCreateSubnetworks = true", ["other"]),
        ("networks", "routingConfig.routingMode=GLOBAL", ["main"]),
        ("networks", 'creationTimestamp > "2026-01-05T00:00:00Z"', ["other"]),
        ("networks", "creationTimestamp<2026-01-05", ["main"]),
        ("networks", 'subnetworks:"regions/europe-west1/nodes"', ["main"]),
        ("networks", "subnetworks:nodes", []),
        ("networks", "peerings.state:ACTIVE", ["main"]),
        ("networks", "peerings:*", ["main"]),
        ("networks", "description:*", ["Main"]),
        ("networks", 'description="a \\"b\\""', ["Main"]),
        ("networks", "name eq 'm.*'", ["main"]),
        ("networks", '(name ne "m.*") (name ne Main)', ["other"]),
        ("networks", "name=ma*", ["main", "Main"]),
        ("networks", "mtu:(900 OR 1500)", ["main", "other"]),
        ("secrets", "labels.env:*", ["one", "two"]),
        ("secrets", "labels:team", ["one"]),
        ("secrets", "labels.env=prod", ["one"]),
        ("secrets", "labels.env != prod", ["two", "three"]),
        ("secrets", "labels.env:pro", []),
        ("secrets", "topics.name:t2", ["two"]),
        ("secrets", "name:ON", ["one"]),
        ("secrets", "version_destroy_ttl > 10s", ["one"]),
        ("projects", "name:how*", ["Howl", "Howling"]),
        ("projects", "name:HOWL", ["Howl"]),
        ("projects", "labels.color:red labels.size:big", ["Howl", "Howling"]),
        ("projects", "labels.color:red AND labels.size:big", []),
        ("projects", "id=p-2", ["Howling"]),
    ],
)
def test_a_filter_selects(kind: str, text: str, expected: list[str]) -> None:
    assert names(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [
        ("networks", "nothing = 1", "INVALID_ARGUMENT"),
        ("networks", "routingConfig.nothing = 1", "INVALID_ARGUMENT"),
        ("networks", "name.first = 1", "INVALID_ARGUMENT"),
        ("networks", "name =", "INVALID_ARGUMENT"),
        ("networks", "(name=main", "INVALID_ARGUMENT"),
        ("networks", "name=main)", "INVALID_ARGUMENT"),
        ("networks", "name=main AND", "INVALID_ARGUMENT"),
        ("networks", "()", "INVALID_ARGUMENT"),
        ("networks", '"', "INVALID_ARGUMENT"),
        ("networks", "name eq [", "INVALID_ARGUMENT"),
        ("networks", "(name eq main) (mtu=1500)", "INVALID_ARGUMENT"),
        ("networks", "NOT " * 2000 + "name=main", "INVALID_ARGUMENT"),
        ("secrets", "name eq one", "INVALID_ARGUMENT"),
        ("secrets", "one", "UNIMPLEMENTED"),
        ("secrets", "name=starts_with(one)", "UNIMPLEMENTED"),
        ("secrets", "starts_with(name, one)", "UNIMPLEMENTED"),
    ],
)
def test_what_is_no_filter_is_refused(kind: str, text: str, status: str) -> None:
    with pytest.raises(ApiError) as raised:
        names(kind, text)
    assert raised.value.status == status


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("networks", "creationTimestamp desc", ["other", "main", "Main"]),
        ("networks", "mtu", ["other", "main", "Main"]),
        ("networks", "auto_create_subnetworks desc, mtu desc", ["other", "main", "Main"]),
        ("secrets", "-name", ["two", "three", "one"]),
        ("secrets", "version_destroy_ttl desc", ["three", "one", "two"]),
    ],
)
def test_a_list_is_ordered(kind: str, text: str, expected: list[str]) -> None:
    definition, schema, items = KINDS[kind]
    assert [item["name"] for item in filters.ordered(items, text, definition, {"$ref": schema})] == expected


@pytest.mark.parametrize("text", ["nothing", "name down"])
def test_what_is_no_order_is_refused(text: str) -> None:
    definition, schema, items = KINDS["networks"]
    with pytest.raises(ApiError, match="orderBy"):
        filters.ordered(items, text, definition, {"$ref": schema})
