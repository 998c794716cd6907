"""Conversion of deployed resources into the input of checkov."""

from typing import Any

from engine.states import Resource
from lab.checkov import terraform

STACK = "urn:pulumi:sandbox::platform::"


def resource(kind: str, name: str, inputs: dict[str, Any], **uses: list[str]) -> Resource:
    return Resource.model_validate(
        {"urn": f"{STACK}{kind}::{name}", "type": kind, "inputs": inputs, "propertyDependencies": uses}
    )


def planned(*resources: Resource) -> list[dict[str, Any]]:
    return terraform.plan(resources)["planned_values"]["root_module"]["resources"]


def test_nested_objects_become_blocks_and_labels_stay_a_map() -> None:
    inputs = {"ipConfiguration": {"sslMode": "ENCRYPTED_ONLY"}, "userLabels": {"costCentre": "x"}, "flags": [1]}
    [found] = planned(resource("gcp:sql/databaseInstance:DatabaseInstance", "orders", inputs))
    assert found["values"] == {
        "ip_configuration": [{"ssl_mode": "ENCRYPTED_ONLY"}],
        "user_labels": {"costCentre": "x"},
        "flags": [1],
    }


def test_repeated_blocks_have_terraforms_singular_names() -> None:
    inputs = {"denies": [{"protocol": "all"}], "logConfig": {"metadata": "INCLUDE_ALL_METADATA"}}
    [found] = planned(resource("gcp:compute/firewall:Firewall", "main", inputs))
    assert found["values"]["deny"] == [{"protocol": "all"}]


def test_secrets_and_the_engines_notes_are_left_out() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:…"}
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    [found] = planned(resource(kind, "one", {"secretData": secret, "__defaults": [], "enabled": True}))
    assert found["values"] == {"enabled": True}


def test_kubernetes_objects_are_no_part_of_the_plan() -> None:
    assert not planned(resource("kubernetes:core/v1:Namespace", "storefront", {"kind": "Namespace"}))


def test_a_value_that_comes_from_another_resource_refers_to_it() -> None:
    network = resource("gcp:compute/network:Network", "main", {})
    rule = resource("gcp:compute/firewall:Firewall", "main-deny", {"network": "…"}, network=[network.urn])
    resources = terraform.plan([network, rule])["configuration"]["root_module"]["resources"]
    assert resources[1]["expressions"] == {
        "network": {"references": ["google_compute_network.main.id", "google_compute_network.main"]}
    }
