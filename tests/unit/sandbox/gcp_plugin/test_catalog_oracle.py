"""The catalog and the facts against the real provider's schema; collected where that is at hand (see conftest.py)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

import oracles
from sandbox.plugins.gcp import facts, functions
from sandbox.plugins.gcp import inputs as sdk
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.types import ResourceType

SCHEMA: dict[str, Any] = oracles.read(oracles.SCHEMA)
RESOURCES: dict[str, Any] = SCHEMA["resources"]
FUNCTIONS: dict[str, Any] = SCHEMA["functions"]

every_type = pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())


@every_type
def test_required_inputs_are_the_schemas(kind: ResourceType) -> None:
    assert sorted(kind.required) == sorted(RESOURCES[kind.type].get("requiredInputs") or [])


@every_type
def test_replacement_rules_are_the_schemas(kind: ResourceType) -> None:
    inputs = RESOURCES[kind.type]["inputProperties"]
    assert kind.replace_on == {key for key, value in inputs.items() if value.get("willReplaceOnChanges")}


# The provider does these by code; its schema does not have them.
REPLACED_BY_CODE = {"masterInstanceName"}
KEPT_BY_CODE = {"spec.rules", "dryRunSpec.rules", "website.mainPageSuffix", "website.notFoundPage"}


@every_type
def test_nested_replacement_rules_are_the_schemas(kind: ResourceType) -> None:
    known = facts.of(kind.type)
    listed = {path for path, schema, _ in nested(kind) if schema.get("willReplaceOnChanges")}
    stated = {path for path, _, _ in nested(kind) if known.forces_replacement(path)}
    stated |= {path for path, condition in known.replacedIf.items() if condition == "changed"}
    assert outside(stated, known.computed) == outside(listed, known.computed) | (stated & REPLACED_BY_CODE)


@every_type
def test_what_google_fills_in_is_what_the_schema_says(kind: ResourceType) -> None:
    """A nested property that always has an output, required inputs apart, is one that Google fills in."""
    known = facts.of(kind.type)
    always = {path for path, _, always in nested(kind) if always}
    stated = {path for path, _, _ in nested(kind) if path in (*known.kept, *known.computed)}
    # No item of a set is the successor of another, so that nothing in them stays.
    blocks = (*known.sets, *known.computed)
    assert outside(stated - KEPT_BY_CODE, blocks) | set(known.computed) == outside(always, blocks) | set(known.computed)


def outside(paths: set[str], blocks: Iterable[str]) -> set[str]:
    """Returns the paths that are in none of the blocks; a block itself is in none of the two."""
    return {path for path in paths if not any(f"{path}.".startswith(f"{block}.") for block in blocks)}


@every_type
def test_the_sdk_states_which_inputs_google_fills_in(kind: ResourceType) -> None:
    schema = RESOURCES[kind.type]
    optional = schema["inputProperties"].keys() - set(schema.get("requiredInputs") or [])
    assert sdk.filled_in_by_google(kind.type) & optional == optional & set(schema["required"])


@every_type
def test_every_property_that_is_named_exists(kind: ResourceType) -> None:
    schema = RESOURCES[kind.type]
    inputs, outputs = schema["inputProperties"], schema["properties"]
    # A rename goes on where an earlier one ended (`allows` -> `allowed`, then what is in `allowed`).
    renamed = {path.partition(".")[0] for path in kind.fields} - {
        path.partition(".")[0] for path in kind.fields.values()
    }
    assert renamed | kind.provider_only | {*kind.inherits} <= inputs.keys()
    assert kind.computed.keys() <= outputs.keys()


@pytest.mark.parametrize("token", functions.SUPPORTED)
def test_every_function_is_one_of_the_schemas(token: str) -> None:
    assert token in FUNCTIONS


def nested(kind: ResourceType) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Yields the path and schema of every nested input of a type, and whether it always has an output."""
    for key, schema in RESOURCES[kind.type]["inputProperties"].items():
        yield from _below(schema, key)


def _below(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    while "items" in schema:
        schema = schema["items"]
    of = SCHEMA["types"].get(schema.get("$ref", "").removeprefix("#/types/"), {})
    outputs: list[str] = of.get("language", {}).get("nodejs", {}).get("requiredOutputs") or []
    for key, property_ in of.get("properties", {}).items():
        below = f"{path}.{key}"
        yield below, property_, key in outputs and key not in (of.get("required") or [])
        yield from _below(property_, below)
