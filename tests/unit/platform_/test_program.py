"""Declarations of the platform layer for the sandbox's stacks."""

from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.platform_.deployment import deploy_storage
from unit.pulumi_mocks import Engine, run, stack_configuration


def deploy(identity: dict[str, Any] | None = None) -> Engine:
    engine = Engine(contracts={"contract-identity": identity or contract_documents.identity()})
    return run("platform", "sandbox", stack_configuration("platform", "sandbox"), engine)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


@pytest.mark.parametrize(
    ("stack", "key", "value", "other"),
    [
        ("sandbox", "datastores", {"orders": {}}, "storage-sandbox"),
        ("storage-sandbox", "network", {"nodes": "10.0.0.0/20"}, "sandbox"),
        ("storage-sandbox", "namespaces", {"storefront": {"public": True}}, "sandbox"),
    ],
)
def test_a_key_of_the_environments_other_stack_is_refused_with_its_place(
    stack: str, key: str, value: dict[str, Any], other: str
) -> None:
    configuration = stack_configuration("platform", stack) | {f"platform:{key}": value}

    with pytest.raises(pulumi.RunError, match=rf"platform:{key}: is a key of .* Move it to Pulumi\.{other}\.yaml"):
        run("platform", stack, configuration, Engine())


def test_the_empty_defaults_of_the_other_stacks_keys_are_no_finding() -> None:
    # As the engine merges them from Pulumi.yaml, which declares the keys of both stacks.
    assert stack_configuration("platform", "storage-sandbox")["platform:network"] == {}
    assert deploy_storage().outputs["contract"]


def test_neither_program_declares_what_the_other_one_owns(engine: Engine) -> None:
    datastores = {item.type for item in engine.declared if item.type.startswith("gcp:sql/")}
    others = {item.type.partition("/")[0] for item in deploy_storage().declared if ":" in item.type}

    assert datastores == set()
    assert others == {"gcp:sql", "gcp:secretmanager", "prodfirst:platform:Datastore", "prodfirst:platform:Publication"}


def test_the_cluster_is_protected(engine: Engine) -> None:
    assert all(item.protect for item in engine.of("gcp:container/cluster:Cluster").values())


def test_the_contract_is_published_after_everything_else(engine: Engine) -> None:
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    version = engine.of(kind)["contract-platform-version"]
    others = {
        item.name for item in engine.declared if item.type.startswith(("gcp:", "kubernetes:")) and item.type != kind
    }
    assert others <= version.dependencies
