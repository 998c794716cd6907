"""The functions that read what is there."""

import grpc
import pytest

import example_tenant as example
from sandbox.plugins.protocol import Properties
from unit.sandbox.gcp_plugin.conftest import Plugin
from unit.sandbox.gcp_plugin.lives import ACCOUNT, KEY, NETWORK, RING, SETUP, SUBNETWORK, P, R

EMAIL = ACCOUNT.rpartition("/")[2]

LOOKUPS: list[tuple[str, str, Properties, Properties]] = [
    (
        "account",
        "gcp:serviceaccount/getAccount:getAccount",
        {"accountId": "gke-nodes"},
        {"id": ACCOUNT, "email": EMAIL, "member": f"serviceAccount:{EMAIL}"},
    ),
    (
        "network",
        "gcp:compute/getNetwork:getNetwork",
        {"name": "main"},
        {"id": NETWORK, "project": example.PROJECT},
    ),
    (
        "network subnetwork",
        "gcp:compute/getSubnetwork:getSubnetwork",
        {"name": "nodes"},
        {"id": SUBNETWORK, "ipCidrRange": "10.0.0.0/20", "gatewayAddress": "10.0.0.1", "network": NETWORK},
    ),
    ("ring", "gcp:kms/getKMSKeyRing:getKMSKeyRing", {"name": "state", "location": R}, {"id": RING}),
    (
        "ring key",
        "gcp:kms/getKMSCryptoKey:getKMSCryptoKey",
        {"name": "identity", "keyRing": RING},
        {"id": KEY, "purpose": "ENCRYPT_DECRYPT"},
    ),
    (
        "",
        "gcp:organizations/getProject:getProject",
        {},
        {"projectId": example.PROJECT, "number": example.PROJECT_NUMBER, "id": P},
    ),
    (
        "",
        "gcp:storage/getProjectServiceAccount:getProjectServiceAccount",
        {},
        {"emailAddress": f"service-{example.PROJECT_NUMBER}@gs-project-accounts.iam.gserviceaccount.com"},
    ),
    (
        "",
        "gcp:container/getEngineVersions:getEngineVersions",
        {"versionPrefix": "1.34."},
        {"latestMasterVersion": "1.34.4-gke.1000000", "location": R},
    ),
    (
        "",
        "gcp:organizations/getIAMPolicy:getIAMPolicy",
        {"bindings": [{"role": "roles/viewer", "members": ["user:b@example.com", "user:a@example.com"]}]},
        {"policyData": '{"bindings":[{"members":["user:a@example.com","user:b@example.com"],"role":"roles/viewer"}]}'},
    ),
]


@pytest.mark.parametrize(("needs", "token", "arguments", "expected"), LOOKUPS, ids=[entry[1] for entry in LOOKUPS])
def test_a_function_finds_what_is_there(
    plugin: Plugin, needs: str, token: str, arguments: Properties, expected: Properties
) -> None:
    for service in ("cloudkms", "storage"):
        plugin.create("gcp:projects/service:Service", {"service": f"{service}.googleapis.com"})
    for name in needs.split():
        plugin.create(*SETUP[name])
    found = plugin.invoke(token, arguments)
    assert {key: found[key] for key in expected} == expected


def test_what_is_not_there_is_not_found(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="Error 404"):
        plugin.invoke("gcp:compute/getNetwork:getNetwork", {"name": "none"})


def test_the_clients_token_is_secret_and_stands_for_its_caller(plugin: Plugin) -> None:
    found = plugin.invoke("gcp:organizations/getClientConfig:getClientConfig", {})
    assert (found["project"], found["region"]) == (example.PROJECT, R)
    assert found["accessToken"]["value"].startswith("ya29.")
