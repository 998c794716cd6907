"""Addresses in contracts have closed forms: in the producer's model, in the published schema, in the consumer."""

import copy
import json
from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from apps_layer.kit.consumer import ContractError
from apps_layer.upstream import NAMESPACES
from identity_layer.upstream import FOUNDATION
from platform_layer.kit.addresses import PrivateAddress
from platform_layer.namespaces.upstream import PLATFORM, TEAM
from platform_layer.storage.upstream import IDENTITY as OF_STORAGE
from platform_layer.storage.upstream import NETWORK
from platform_layer.upstream import IDENTITY
from platform_layer.values import PRIVATE
from toolchain.environments import CHECKOUT
from unit import contract_documents as documents

Json = dict[str, Any]

SERVERS = (
    "http://127.0.0.1:9911",
    "http://gke-1234.europe-west4.gke.goog",
    "https://127.0.0.1:9911",
    "https://gke-1234.europe-west4.gke.goog.evil.io",
    "https://gke-1234.europe-west4.gke.goog@evil.io",
    "https://evil.io/gke-1234.europe-west4.gke.goog",
    "https://gke-1234.europe-west4.gke.goog:8443",
    "https://gke-1234.europe-west4.gke.g\u043e\u043eg",
)
ACCOUNTS = (
    "evil@attacker.io",
    "app-web@acme-dev.iam.gserviceaccount.com.evil.io",
    "user:app-web@acme-dev.iam",
)
BROKEN: list[tuple[str, Callable[[], Json], Any, str, tuple[str, ...]]] = [
    ("platform/contract.schema.json", documents.platform, PLATFORM, "cluster.server", SERVERS),
    ("platform/contract.schema.json", documents.platform, PLATFORM, "registry", ("evil.io/acme-dev", "docker.io")),
    ("platform/contract.schema.json", documents.platform, PLATFORM, "databaseProxyImage", ("docker.io/evil:latest",)),
    ("platform/contract.schema.json", documents.platform, PLATFORM, "googleApis", ("10.0.0.0", "evil.io/32")),
    ("platform/contract.schema.json", documents.platform, PLATFORM, "registryKey", ("projects/x/cryptoKeys/y",)),
    ("platform/contract-namespaces.schema.json", documents.namespaces, NAMESPACES, "cluster.server", SERVERS),
    ("platform/contract-network.schema.json", documents.network, NETWORK, "network", ("default", "projects/a/x")),
    ("identity/contract.schema.json", documents.identity, IDENTITY, "nodeServiceAccount", ACCOUNTS),
    ("identity/contract.schema.json", documents.identity, OF_STORAGE, "keys.databases", ("projects/x/cryptoKeys/y",)),
    ("identity/contract-team.schema.json", documents.team, TEAM, "team.ci.deploy", ACCOUNTS),
    ("identity/contract-team.schema.json", documents.team, TEAM, "team.group", ("evil", "a@b@c.io", "a b@c.io")),
    ("identity/contract-foundation.schema.json", documents.foundation, FOUNDATION, "breakGlassGroup", ("allUsers",)),
]
CASES = [
    pytest.param(schema, document, upstream, path, value, id=f"{schema}-{path}-{number}")
    for schema, document, upstream, path, values in BROKEN
    for number, value in enumerate(values)
]


def _set(document: Json, path: str, value: str) -> Json:
    changed = copy.deepcopy(document)
    *above, last = path.split(".")
    inner = changed
    for key in above:
        inner = inner[key]
    assert last in inner
    inner[last] = value
    return changed


@pytest.mark.parametrize(("schema", "document", "upstream", "path", "value"), CASES)
def test_another_form_is_refused_by_schema_and_consumer(
    schema: str, document: Callable[[], Json], upstream: Any, path: str, value: str
) -> None:
    validator: Any = Draft202012Validator(json.loads((CHECKOUT / schema).read_text("utf-8")))
    right = document()
    assert list(validator.iter_errors(right)) == []
    upstream.parse(json.dumps(right))
    wrong = _set(right, path, value)

    assert [".".join(map(str, error.absolute_path)) for error in validator.iter_errors(wrong)] == [path]
    with pytest.raises(Exception, match=path.rpartition(".")[2]) as refused:
        upstream.parse(json.dumps(wrong))
    assert type(refused.value).__name__ == ContractError.__name__
    assert value not in str(refused.value)


def test_addresses_of_apps_and_databases_are_closed_too() -> None:
    validator: Any = Draft202012Validator(
        json.loads((CHECKOUT / "platform/contract-namespaces.schema.json").read_text("utf-8"))
    )
    document = documents.namespaces()
    app = next(name for name, part in document["apps"].items() if part["databases"])
    database = next(iter(document["apps"][app]["databases"]))
    for path, value in (
        ("serviceAccount", "evil@attacker.io"),
        (f"databases.{database}.privateIp", "6.6.6.6"),
        (f"databases.{database}.connectionName", "evil.io:5432"),
        (f"databases.{database}.user", "postgres"),
    ):
        wrong = _set(document, f"apps.{app}.{path}", value)

        assert len(list(validator.iter_errors(wrong))) >= 1
        with pytest.raises(ContractError, match="must have the form"):
            NAMESPACES.parse(json.dumps(wrong))


@pytest.mark.parametrize("block", PRIVATE, ids=str)
def test_an_instance_has_an_address_of_any_range_that_the_platform_may_give_it(block: IPv4Network) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(PrivateAddress)
    adapter.validate_python(str(block[0]))
    adapter.validate_python(str(block[-1]))
    for outside in (block[0] - 1, block[-1] + 1):
        with pytest.raises(ValidationError):
            adapter.validate_python(str(outside))
