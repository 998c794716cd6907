"""Contracts of the layers: producers promise what consumers read, and nothing else is shared."""

import ast
import copy
import json
import re
from collections.abc import Callable, Iterator

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from apps_layer import settings as apps_settings
from apps_layer import upstream as apps_upstream
from cli import contracts
from identity_layer import settings as identity_settings
from identity_layer import upstream as identity_upstream
from identity_layer.contract import IdentityContract
from identity_layer.foundation.foundation_contract import FoundationContract
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit import producer as identity_producer
from identity_layer.team.team_contract import TeamContract
from identity_layer.team.team_settings import TeamSettings as IdentityTeamSettings
from platform_layer import settings as platform_settings
from platform_layer import upstream as platform_upstream
from platform_layer.contract import PlatformContract
from platform_layer.kit import producer as platform_producer
from platform_layer.namespaces import upstream as namespaces_upstream
from platform_layer.namespaces.namespaces_contract import NamespacesContract
from platform_layer.namespaces.team_settings import TeamSettings as PlatformTeamSettings
from platform_layer.network.network_contract import NetworkContract
from platform_layer.storage import upstream as storage_upstream
from platform_layer.storage.storage_contract import StorageContract
from platform_layer.storage.storage_settings import StorageSettings
from unit import contract_documents
from unit.contracts import compatibility
from unit.contracts.compatibility import Schema
from unit.identity.declared import committed
from unit.pulumi_mocks import ROOT

FOUNDATION_SCHEMA = identity_producer.schema(FoundationContract)
IDENTITY_SCHEMA = identity_producer.schema(IdentityContract)
PLATFORM_SCHEMA = platform_producer.schema(PlatformContract)
NETWORK_SCHEMA = platform_producer.schema(NetworkContract)
STORAGE_SCHEMA = platform_producer.schema(StorageContract)
TEAM_SCHEMA = identity_producer.schema(TeamContract)
NAMESPACES_SCHEMA = platform_producer.schema(NamespacesContract)
NUMBER = {"type": "number"}  # no field is one: counts are integers

LAYERS = {"identity": "identity_layer", "platform": "platform_layer", "apps": "apps_layer"}
SETTINGS: dict[str, list[type[BaseModel]]] = {
    "identity": [FoundationSettings, identity_settings.Settings, IdentityTeamSettings],
    "platform": [platform_settings.Settings, StorageSettings, PlatformTeamSettings],
    "apps": [apps_settings.Settings],
}


def test_the_published_contracts_satisfy_their_schemas() -> None:
    for document, schema in (
        (contract_documents.foundation(), FOUNDATION_SCHEMA),
        (contract_documents.identity(), IDENTITY_SCHEMA),
        (contract_documents.platform(), PLATFORM_SCHEMA),
        (contract_documents.network(), NETWORK_SCHEMA),
        (contract_documents.storage(), STORAGE_SCHEMA),
        (contract_documents.team(), TEAM_SCHEMA),
        (contract_documents.namespaces(), NAMESPACES_SCHEMA),
    ):
        jsonschema.validate(document, json.loads(schema))  # pyright: ignore[reportUnknownMemberType] - untyped there


CONSUMERS: dict[str, tuple[type[BaseModel], str]] = {
    "identity reads foundation": (identity_upstream.FoundationContract, FOUNDATION_SCHEMA),
    "platform reads identity": (platform_upstream.IdentityContract, IDENTITY_SCHEMA),
    "datastores read identity": (storage_upstream.IdentityContract, IDENTITY_SCHEMA),
    "datastores read network": (storage_upstream.NetworkContract, NETWORK_SCHEMA),
    "namespaces read team": (namespaces_upstream.TeamContract, TEAM_SCHEMA),
    "namespaces read platform": (namespaces_upstream.PlatformContract, PLATFORM_SCHEMA),
    "namespaces read datastores": (namespaces_upstream.StorageContract, STORAGE_SCHEMA),
    "apps read namespaces": (apps_upstream.NamespacesContract, NAMESPACES_SCHEMA),
}
Schemas = tuple[Schema, Schema]


@pytest.fixture(params=CONSUMERS)
def schemas(request: pytest.FixtureRequest) -> Schemas:
    """Schemas of a consumer and of its producer."""
    consumer, producer = CONSUMERS[request.param]
    return consumer.model_json_schema(by_alias=True), json.loads(producer)


def test_a_consumer_can_read_whatever_its_producer_may_write(schemas: Schemas) -> None:
    assert compatibility.problems(*schemas) == []


def _broken(schemas: Schemas, change: Callable[[Schema, str], None]) -> Iterator[tuple[str, list[str]]]:
    """The problems after one field that is read was changed in the producer's schema, for every such field."""
    reads, declares = schemas
    for number, (path, _, name) in enumerate(compatibility.fields_read(reads, declares)):
        changed = copy.deepcopy(declares)
        change(compatibility.fields_read(reads, changed)[number][1], name)
        yield path, compatibility.problems(reads, changed)


def test_a_producer_that_removes_a_field_which_is_read_is_told(schemas: Schemas) -> None:
    for path, problems in _broken(schemas, lambda declaring, name: declaring["properties"].pop(name)):
        assert any(problem.endswith("is read, and not declared") for problem in problems), path


def test_a_producer_that_changes_the_type_of_a_field_which_is_read_is_told(schemas: Schemas) -> None:
    for path, problems in _broken(schemas, lambda declaring, name: declaring["properties"].update({name: NUMBER})):
        assert any(problem.endswith("may be written as number") for problem in problems), path


def test_a_producer_that_may_leave_out_a_field_which_is_read_is_told(schemas: Schemas) -> None:
    for path, problems in _broken(schemas, lambda declaring, name: declaring["required"].remove(name)):
        assert any(problem.endswith("is read always, and may be left out") for problem in problems), path


def test_a_producer_that_writes_null_where_a_consumer_expects_a_value_is_told(schemas: Schemas) -> None:
    def nullable(declaring: Schema, name: str) -> None:
        was = declaring["properties"][name]
        declaring["properties"][name] = {"anyOf": [*was.get("anyOf", [was]), {"type": "null"}]}

    reported = {path for path, problems in _broken(schemas, nullable) if problems}
    reads, declares = schemas
    accepting = {
        path
        for path, declaring, name in compatibility.fields_read(reads, declares)
        if "anyOf" in declaring["properties"][name]
    }
    assert reported
    assert reported.isdisjoint(accepting)
    assert reported | accepting == {path for path, _, _ in compatibility.fields_read(reads, declares)}


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
    aliases = {alias for model in SETTINGS[layer] for alias in model.model_json_schema(by_alias=True)["properties"]}
    assert {key.removeprefix(f"{layer}:") for key in declared} == aliases - {"project", "region"}
    assert all(value["type"] and value["description"] for value in declared.values())


@pytest.mark.parametrize("layer", LAYERS)
def test_every_config_key_is_in_the_readme(layer: str) -> None:
    declared = yaml.safe_load((ROOT / layer / "Pulumi.yaml").read_text())["config"]
    documented = set(re.findall(r"^\| `([a-z]+:\w+)` \|", (ROOT / layer / "README.md").read_text(), re.MULTILINE))
    assert documented >= set(declared)


def test_the_consumers_read_the_version_that_their_producers_write() -> None:
    for upstream, contract in (
        (identity_upstream.FOUNDATION, FoundationContract),
        (platform_upstream.IDENTITY, IdentityContract),
        (storage_upstream.IDENTITY, IdentityContract),
        (storage_upstream.NETWORK, NetworkContract),
        (namespaces_upstream.TEAM, TeamContract),
        (namespaces_upstream.PLATFORM, PlatformContract),
        (namespaces_upstream.STORAGE, StorageContract),
        (apps_upstream.NAMESPACES, NamespacesContract),
    ):
        written = contract.model_fields
        assert (upstream.name, upstream.version) == (written["contract"].default, written["version"].default)


def test_programs_read_the_contracts_that_security_lists_for_them_and_no_others() -> None:
    read = {
        "identity/foundation": set[str](),
        "identity": {identity_upstream.FOUNDATION.name},
        "identity/team": {identity_upstream.FOUNDATION.name},
        "platform": {platform_upstream.IDENTITY.name},
        "platform/storage": {storage_upstream.IDENTITY.name, storage_upstream.NETWORK.name},
        "platform/namespaces": {
            namespaces_upstream.TEAM.name,
            namespaces_upstream.PLATFORM.name,
            namespaces_upstream.STORAGE.name,
        },
        "apps": {apps_upstream.NAMESPACES.name},
    }
    listed = contracts.listed()

    assert read == {
        program: {name for name, contract in listed.items() if program in contract.consumers} for program in read
    }


def test_the_identity_layer_makes_the_secrets_of_the_contracts_that_security_lists() -> None:
    grants = [item.inputs for item in committed().of("gcp:secretmanager/secretIamMember:SecretIamMember").values()]
    # The foundation is previewed by identity-preview, and written by administrators.
    owners = {"identity/foundation": "identity", "identity": "identity", "platform": "platform"}
    owners |= {"platform/storage": "storage", "apps": "apps-shop"}
    owners |= {"identity/team": "team", "platform/namespaces": "namespaces"}

    for name, contract in contracts.listed().items():
        secret = f"contract-{name}-shop" if contract.each else f"contract-{name}"
        on_secret = [grant for grant in grants if grant["secretId"] == secret]
        by_role = {
            role: {
                grant["member"].partition("@")[0].removeprefix("serviceAccount:")
                for grant in on_secret
                if grant["role"].rpartition("/")[2] == role
            }
            for role in ("contractPublisher", "contractReviewer", "secretmanager.secretAccessor")
        }
        producer = owners[contract.producer]
        by_ci = not contracts.is_administrators(contract.producer)
        assert by_role["contractPublisher"] == ({f"{producer}-deploy"} if by_ci else set())
        # It reads too, and what a plan shows of the version beside.
        assert by_role["contractReviewer"] == {f"{producer}-preview"}
        assert (
            by_role["secretmanager.secretAccessor"]
            == {f"{owners[consumer]}-{kind}" for consumer in contract.consumers for kind in ("preview", "deploy")}
            - by_role["contractReviewer"]
        )
