"""The catalog against the real provider's schema; collected where that schema is at hand (see conftest.py)."""

import gzip
import json
from typing import Any

import pytest

import oracles
from sandbox.plugins.gcp import functions
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.types import ResourceType

SCHEMA: dict[str, Any] = json.loads(gzip.decompress(oracles.SCHEMA.read_bytes()))
RESOURCES: dict[str, Any] = SCHEMA["resources"]
FUNCTIONS: dict[str, Any] = SCHEMA["functions"]


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())
def test_required_inputs_are_the_schemas(kind: ResourceType) -> None:
    assert sorted(kind.required) == sorted(RESOURCES[kind.type].get("requiredInputs") or [])


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())
def test_replacement_rules_are_the_schemas(kind: ResourceType) -> None:
    inputs = RESOURCES[kind.type]["inputProperties"]
    assert kind.replace_on == {key for key, value in inputs.items() if value.get("willReplaceOnChanges")}


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())
def test_every_property_that_is_named_exists(kind: ResourceType) -> None:
    schema = RESOURCES[kind.type]
    inputs, outputs = schema["inputProperties"], schema["properties"]
    # A rename goes on where an earlier one ended (`allows` -> `allowed`, then what is in `allowed`).
    renamed = {path.partition(".")[0] for path in kind.fields} - {
        path.partition(".")[0] for path in kind.fields.values()
    }
    assert renamed | kind.provider_only | kind.defaults.keys() | {*kind.inherits} <= inputs.keys()
    assert kind.computed.keys() <= outputs.keys()


@pytest.mark.parametrize("token", functions.SUPPORTED)
def test_every_function_is_one_of_the_schemas(token: str) -> None:
    assert token in FUNCTIONS
