"""What the layers promise each other, what consumers read of it, and that nothing else is shared."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from apps_layer import entry
from apps_layer import settings as apps_settings
from apps_layer import upstream as apps_upstream
from identity_layer import contract as identity_contract
from identity_layer import settings as identity_settings
from platform_layer import contract as platform_contract
from platform_layer import settings as platform_settings
from platform_layer import upstream as platform_upstream
from unit import contract_documents
from unit.pulumi_mocks import ROOT

LAYERS = {"identity": "identity_layer", "platform": "platform_layer", "apps": "apps_layer"}
SETTINGS: dict[str, type[BaseModel]] = {
    "identity": identity_settings.Settings,
    "platform": platform_settings.Settings,
    "apps": apps_settings.Settings,
}
PUBLISHED = {
    "identity/contract.schema.json": (identity_contract.schema(), "identity", "identity_layer.contract"),
    "platform/contract.schema.json": (platform_contract.schema(), "platform", "platform_layer.contract"),
    "apps/entry.schema.json": (entry.schema(), "apps", "apps_layer.entry"),
}


@pytest.mark.parametrize("path", PUBLISHED)
def test_a_published_schema_equals_its_model(path: str) -> None:
    schema, folder, module = PUBLISHED[path]
    remedy = f"cd {folder} && .venv/bin/python -m {module} > {Path(path).name}"
    assert (ROOT / path).read_text() == schema, f"write it again: {remedy}"


def test_the_published_contracts_satisfy_their_schemas() -> None:
    for document, schema in (
        (contract_documents.identity(), identity_contract.schema()),
        (contract_documents.platform(), platform_contract.schema()),
    ):
        jsonschema.validate(document, json.loads(schema))  # pyright: ignore[reportUnknownMemberType] - untyped there


def _paths(schema: dict[str, Any], node: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every field of a JSON schema as a dotted path; "*" stands for any key of a map."""
    for variant in node.get("anyOf", [node]):
        target = schema["$defs"][variant["$ref"].rpartition("/")[2]] if "$ref" in variant else variant
        for name, inner in target.get("properties", {}).items():
            yield f"{prefix}{name}"
            yield from _paths(schema, inner, f"{prefix}{name}.")
        if isinstance(target.get("additionalProperties"), dict):
            yield from _paths(schema, target["additionalProperties"], f"{prefix}*.")


@pytest.mark.parametrize(
    ("consumer", "producer"),
    [
        (platform_upstream.IdentityContract, "identity/contract.schema.json"),
        (apps_upstream.PlatformContract, "platform/contract.schema.json"),
    ],
)
def test_a_consumer_reads_only_what_the_producer_declares(consumer: type[BaseModel], producer: str) -> None:
    reads = consumer.model_json_schema(by_alias=True)
    declares = json.loads((ROOT / producer).read_text())
    assert set(_paths(reads, reads)) <= set(_paths(declares, declares))


@pytest.mark.parametrize("layer", LAYERS)
def test_no_layer_imports_another(layer: str) -> None:
    others = {package for name, package in LAYERS.items() if name != layer} | {"policy_pack", "sandbox"}
    for file in [ROOT / layer / "__main__.py", *(ROOT / layer / LAYERS[layer]).rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not others & {name.partition(".")[0] for name in names}, file


@pytest.mark.parametrize("layer", LAYERS)
def test_no_program_knows_the_sandbox(layer: str) -> None:
    for file in [ROOT / layer / "__main__.py", *(ROOT / layer / LAYERS[layer]).rglob("*.py")]:
        assert "sandbox" not in file.read_text().lower(), file


@pytest.mark.parametrize("layer", LAYERS)
def test_every_config_key_is_declared_with_type_and_description(layer: str) -> None:
    declared = yaml.safe_load((ROOT / layer / "Pulumi.yaml").read_text())["config"]
    aliases = SETTINGS[layer].model_json_schema(by_alias=True)["properties"]
    assert {key.removeprefix(f"{layer}:") for key in declared} == set(aliases) - {"project", "region"}
    assert all(value["type"] and value["description"] for value in declared.values())


@pytest.mark.parametrize("layer", LAYERS)
def test_every_config_key_is_in_the_readme(layer: str) -> None:
    declared = yaml.safe_load((ROOT / layer / "Pulumi.yaml").read_text())["config"]
    documented = set(re.findall(r"^\| `([a-z]+:\w+)` \|", (ROOT / layer / "README.md").read_text(), re.MULTILINE))
    assert documented >= set(declared)


def test_the_loaders_of_the_layers_are_the_same() -> None:
    copies = {(ROOT / layer / package / "configuration.py").read_text() for layer, package in LAYERS.items()}
    assert len(copies) == 1, "the three configuration.py differ: change all of them alike"
