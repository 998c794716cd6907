"""Predicted permissions against the requests of the vendor's provider: methods beside create, update and delete."""

import re
from collections.abc import Iterator

import pytest

import example_tenant as example
import oracles
from iam import needs
from iam.needs import Operation
from unit.sandbox.gcp_plugin.lives import LIVES
from unit.sandbox.gcp_plugin.more_lives import MORE_LIVES

# Methods of policies: grants need no row.
_POLICIES = {"getIamPolicy", "setIamPolicy"}
_VERB = re.compile(r":(?P<colon>[a-zA-Z]+)$|/(?P<slash>set[A-Z]\w+)$")
# Each method that the provider calls beside the usual ones: the operations that it is a part of, and what it requires.
_PARTS: dict[tuple[str, str], list[tuple[str, Operation, str]]] = {
    ("cloudkms", "destroy"): [("gcp:kms/cryptoKey:CryptoKey", "delete", "cloudkms.cryptoKeyVersions.destroy")],
    ("compute", "setLabels"): [
        ("gcp:compute/globalAddress:GlobalAddress", "create", "compute.globalAddresses.setLabels"),
        ("gcp:compute/address:Address", "create", "compute.addresses.setLabels"),
    ],
    ("logging", "createAsync"): [
        ("gcp:logging/projectBucketConfig:ProjectBucketConfig", "create", "logging.buckets.create")
    ],
    ("secretmanager", "addVersion"): [
        ("gcp:secretmanager/secretVersion:SecretVersion", "create", "secretmanager.versions.add")
    ],
    ("secretmanager", "enable"): [
        ("gcp:secretmanager/secretVersion:SecretVersion", "create", "secretmanager.versions.enable")
    ],
    ("serviceusage", "batchEnable"): [("gcp:projects/service:Service", "create", "serviceusage.services.enable")],
    ("serviceusage", "generateServiceIdentity"): [
        ("gcp:projects/serviceIdentity:ServiceIdentity", "create", "serviceusage.services.enable")
    ],
}
_LIVES = {life.token: life for life in (*LIVES, *MORE_LIVES)}


def called() -> Iterator[tuple[str, str]]:
    """Yield the API and the method of each request that changes something by a method of its own."""
    for request in oracles.lines(oracles.CALLS):
        found = _VERB.search(request["path"])
        if found and request["method"] == "POST":
            verb = found["colon"] or found["slash"]
            if verb not in _POLICIES:
                yield str(request["host"]).partition(".")[0], verb


def test_every_method_that_the_provider_calls_is_a_part_of_a_known_operation() -> None:
    assert set(called()) == set(_PARTS)


@pytest.mark.parametrize(
    ("token", "operation", "permission"), [part for parts in _PARTS.values() for part in parts], ids=str
)
def test_the_permission_of_such_a_method_is_predicted(token: str, operation: Operation, permission: str) -> None:
    inputs = _LIVES[token].inputs
    before, after = (None, inputs) if operation == "create" else (inputs, None)

    predicted = {need.permission for need in needs.needs(token, operation, before, after, example.PROJECT)}

    assert permission in predicted
