"""Google's definitions: the method of a request, and which bodies fit."""

import re
from typing import Any

import pytest

from sandbox.cloud.errors import ApiError
from sandbox.google import definitions, schemas
from sandbox.google.definitions import Api

P, L = "projects/p", "projects/p/locations/europe-west4"


@pytest.mark.parametrize(
    ("host", "method", "path", "expected"),
    [
        ("compute", "POST", "/compute/beta/projects/p/global/networks", "compute.networks.insert"),
        ("compute", "GET", "/compute/v1/projects/p/regions/r/operations/o", "compute.regionOperations.get"),
        ("compute", "POST", f"/compute/beta/{P}/global/addresses/a/setLabels", "compute.globalAddresses.setLabels"),
        ("secretmanager", "GET", f"/v1/{P}/secrets/s:getIamPolicy", "secretmanager.projects.secrets.getIamPolicy"),
        ("secretmanager", "GET", f"/v1/{P}/secrets/s", "secretmanager.projects.secrets.get"),
        ("iam", "POST", "/v2beta/policies/a%2Fprojects%2Fp/denypolicies", "iam.policies.createPolicy"),
        ("logging", "POST", f"/v2/{L}/buckets:createAsync", "logging.projects.locations.buckets.createAsync"),
        ("sqladmin", "DELETE", f"/sql/v1beta4/{P}/instances/i/users", "sql.users.delete"),
        ("storage", "GET", "/storage/v1/b/b/anywhereCaches/", "storage.anywhereCaches.list"),
        ("serviceusage", "GET", "/v1/operations/o", "serviceusage.operations.get"),
        ("cloudresourcemanager", "DELETE", "/v3/tagBindings/r/tagValues/1", "cloudresourcemanager.tagBindings.delete"),
    ],
)
def test_a_request_calls_one_method(host: str, method: str, path: str, expected: str) -> None:
    found = definitions.find(f"{host}.googleapis.com", method, path)
    assert found is not None
    assert found.id == expected


@pytest.mark.parametrize(
    ("host", "method", "path"),
    [
        ("compute", "POST", "/compute/beta/projects/p/global/nothing"),
        ("compute", "GET", "/compute/v77/projects/p/global/networks"),
        ("secretmanager", "GET", f"/v1/{P}/secrets/s:frobnicate"),
        ("secretmanager", "PUT", f"/v1/{P}/secrets/s"),
        ("nothing", "GET", "/v1/projects/p"),
        ("iam", "GET", "/"),
        ("iam", "GET", "/../../etc/passwd"),
    ],
)
def test_what_google_does_not_define_is_no_method(host: str, method: str, path: str) -> None:
    assert definitions.find(f"{host}.googleapis.com", method, path) is None


def api(name: str, version: str) -> Api:
    loaded = definitions.load(name, version)
    assert loaded is not None
    return loaded


KMS, COMPUTE, STORAGE = ("cloudkms", "v1", "CryptoKey"), ("compute", "beta", "Firewall"), ("storage", "v1", "Bucket")


@pytest.mark.parametrize(
    ("schema", "body", "expected"),
    [
        (KMS, {"rotation_period": "7776000s"}, {"rotationPeriod": "7776000s"}),
        (KMS, {"labels": {"a_b": "c"}}, {"labels": {"a_b": "c"}}),
        (KMS, {"createTime": "2026-01-01T00:00:00Z", "purpose": None}, {"purpose": None}),
        (
            STORAGE,
            {"softDeletePolicy": {"retentionDurationSeconds": 7}},
            {"softDeletePolicy": {"retentionDurationSeconds": "7"}},
        ),
        (STORAGE, {"kind": "storage#bucket", "name": "b"}, {"name": "b"}),
        (COMPUTE, {"priority": "1000", "selfLink": "https://…"}, {"priority": 1000}),
        (
            COMPUTE,
            {"allowed": [{"IPProtocol": "tcp", "ports": ["1"]}]},
            {"allowed": [{"IPProtocol": "tcp", "ports": ["1"]}]},
        ),
        (("compute", "beta", "Router"), {"nats": [{"initialNatIps": ["a"]}]}, {"nats": [{"initialNatIps": ["a"]}]}),
    ],
)
def test_a_request_becomes_canonical(
    schema: tuple[str, str, str], body: dict[str, Any], expected: dict[str, Any]
) -> None:
    name, version, reference = schema
    assert schemas.accepted(api(name, version), {"$ref": reference}, body) == expected


@pytest.mark.parametrize(
    ("schema", "body", "message"),
    [
        (KMS, {"purposes": 1}, 'Invalid JSON payload received. Unknown name "purposes": Cannot find field.'),
        (KMS, {"versionTemplate": {"x": 1}}, "Unknown name \"x\" at 'versionTemplate': Cannot find field."),
        (KMS, {"purpose": "FUN"}, "Invalid value at 'purpose' (TYPE_ENUM), \"FUN\""),
        (
            KMS,
            {"rotationPeriod": "90d"},
            "Invalid value at 'rotationPeriod' (Field 'duration', Illegal format), \"90d\"",
        ),
        (KMS, {"nextRotationTime": "soon"}, "'nextRotationTime' (Field 'datetime', Illegal format)"),
        (KMS, {"importOnly": "maybe"}, "Invalid value at 'importOnly' (TYPE_BOOL), \"maybe\""),
        (KMS, {"labels": ["a"]}, "Invalid value at 'labels' (object), ['a']"),
        (KMS, {"purpose": {}}, "cannot start an object on a scalar field"),
        (KMS, {"purpose": []}, "cannot start list"),
        (COMPUTE, {"allowed": {}}, "Invalid value at 'allowed' (repeated), {}"),
        (COMPUTE, {"allowed": [{"protocol": "tcp"}]}, "Unknown name \"protocol\" at 'allowed[0]': Cannot find field."),
        (COMPUTE, {"priority": 3e9}, "Invalid value at 'priority' (TYPE_INT32), 3000000000.0"),
        (COMPUTE, {"priority": True}, "Invalid value at 'priority' (TYPE_INT32), True"),
        (COMPUTE, {"priority": 1.5}, "Invalid value at 'priority' (TYPE_INT32), 1.5"),
        (COMPUTE, {"sourceTags": [3]}, "Invalid value at 'sourceTags[0]' (TYPE_STRING), 3"),
        (
            STORAGE,
            {"retentionPolicy": {"retentionPeriod": "long"}},
            "'retentionPolicy.retentionPeriod' (TYPE_INT64), \"long\"",
        ),
    ],
)
def test_a_request_that_does_not_fit_is_refused_in_googles_words(
    schema: tuple[str, str, str], body: dict[str, Any], message: str
) -> None:
    name, version, reference = schema
    with pytest.raises(ApiError, match=re.escape(message)) as raised:
        schemas.accepted(api(name, version), {"$ref": reference}, body)
    assert raised.value.code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"softDeletePolicy": {"retentionDurationSeconds": 7}},
        {"versioning": {"enabled": "true"}},
        {"name": None},
        {"lifecycle": {"rule": [{"condition": {"withState": "LIVE"}}]}},
    ],
)
def test_an_answer_must_be_canonical(body: dict[str, Any]) -> None:
    assert schemas.misfits(api("storage", "v1"), {"$ref": "Bucket"}, body)


def test_an_answer_may_have_the_fields_that_only_the_api_sets() -> None:
    body = {"kind": "storage#bucket", "timeCreated": "2026-01-01T00:00:00.123456789Z", "projectNumber": "1"}
    assert schemas.misfits(api("storage", "v1"), {"$ref": "Bucket"}, body) == []
