"""Inputs are checked against the types of the installed SDK."""

from pathlib import Path

import pytest

from sandbox.plugins.gcp import inputs
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.protocol import UNKNOWN, Properties, ProviderError

CLUSTER, ROLE = "gcp:container/cluster:Cluster", "gcp:projects/iAMCustomRole:IAMCustomRole"
BUCKET = "gcp:storage/bucket:Bucket"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
FIREWALL = "gcp:compute/firewall:Firewall"
VALID: Properties = {
    "name": "orders",
    "databaseVersion": "POSTGRES_17",
    "settings": {
        "tier": "db-custom-1-3840",
        "diskSize": 20,
        "databaseFlags": [{"name": "log_connections", "value": "on"}],
        "userLabels": {"team": "shop"},
    },
}


@pytest.mark.parametrize("token", TYPES)
def test_the_installed_sdk_demands_what_the_catalog_demands(token: str) -> None:
    demanded = {name for name, expected in inputs.properties(token).items() if expected.required}
    assert demanded == set(TYPES[token].required)


def test_right_inputs_have_no_problem() -> None:
    assert inputs.problems(INSTANCE, VALID) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"databseVersion": "x"}, "'databseVersion' is not a property. Did you mean 'databaseVersion'?"),
        ({"settings": {"tierr": "x", "tier": "x"}}, "'settings.tierr' is not a property. Did you mean 'tier'?"),
        ({"settings": {}}, "Missing required argument 'settings.tier'."),
        ({"deletionProtection": "yes"}, "'deletionProtection' must be a boolean, not a string."),
        ({"settings": {"tier": "x", "diskSize": "big"}}, "'settings.diskSize' must be a whole number, not a string."),
        ({"settings": {"tier": "x", "diskSize": True}}, "'settings.diskSize' must be a whole number, not a boolean."),
        ({"settings": ["x"]}, "'settings' must be an object, not a list."),
        ({"settings": {"tier": "x", "databaseFlags": {}}}, "'settings.databaseFlags' must be a list, not an object."),
        (
            {"settings": {"tier": "x", "databaseFlags": [{"name": "a", "value": 1}]}},
            "'settings.databaseFlags[0].value' must be a string, not a whole number.",
        ),
        ({"settings": {"tier": "x", "userLabels": {"a": 1}}}, "'settings.userLabels.a' must be a string, not a whole"),
    ],
)
def test_one_fault_is_named_with_its_path_and_what_is_expected(change: Properties, problem: str) -> None:
    found = inputs.problems(INSTANCE, {**VALID, **change})
    assert len(found) == 1
    assert found[0].startswith(f"{INSTANCE}: {problem}")


def test_a_value_outside_an_enumeration_is_refused_with_those_inside() -> None:
    found = inputs.problems(FIREWALL, {"network": "n", "direction": "INWARD"})
    assert found == [f"{FIREWALL}: 'direction' is 'INWARD'; it must be one of INGRESS, EGRESS."]


@pytest.mark.parametrize(
    ("token", "given", "place"),
    [
        (INSTANCE, VALID | {"settings": VALID["settings"] | {"availabilityType": ""}}, "settings.availabilityType"),
        (INSTANCE, VALID | {"settings": VALID["settings"] | {"edition": ""}}, "settings.edition"),
        (CLUSTER, {"binaryAuthorization": {"evaluationMode": ""}}, "binaryAuthorization.evaluationMode"),
        (CLUSTER, {"securityPostureConfig": {"mode": ""}}, "securityPostureConfig.mode"),
        (ROLE, {"stage": ""}, "stage"),
        (f"gcp:organizations/{ROLE.partition('/')[2]}", {"stage": ""}, "stage"),
    ],
)
def test_an_empty_text_is_no_value_of_an_enumeration_where_the_provider_says_so(
    token: str, given: Properties, place: str
) -> None:
    (found,) = [problem for problem in inputs.problems(token, given) if "must be one of" in problem]
    assert found.startswith(f"{token}: '{place}' is ''; it must be one of ")


def test_elsewhere_an_empty_text_means_none() -> None:
    assert inputs.problems(FIREWALL, {"network": "n", "direction": ""}) == []


def test_a_name_that_is_near_to_none_is_answered_with_the_known_ones() -> None:
    (found,) = inputs.problems(BUCKET, {"location": "EU", "versioning": {"enabled": True, "zzz": 1}})
    assert found == f"{BUCKET}: 'versioning.zzz' is not a property. Known are enabled."


@pytest.mark.parametrize("path", ["databaseVersion", "settings", "settings.tier"])
def test_what_a_preview_does_not_know_yet_is_right(path: str) -> None:
    key, _, below = path.partition(".")
    value = {**VALID["settings"], below: UNKNOWN} if below else UNKNOWN
    assert inputs.problems(INSTANCE, {**VALID, key: value}) == []


def test_null_is_as_good_as_absent() -> None:
    assert inputs.problems(INSTANCE, {**VALID, "region": None}) == []


def test_whole_numbers_are_numbers() -> None:
    token = "gcp:compute/subnetwork:Subnetwork"
    assert inputs.problems(token, {"network": "n", "logConfig": {"flowSampling": 1}}) == []


def test_a_type_that_the_sdk_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=r"has no storage/cloud\.py"):
        inputs.properties("gcp:storage/cloud:Cloud")
