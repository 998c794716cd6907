"""Declarations of the platform layer for the sandbox's stack."""

from typing import Any

import pytest

from unit import contract_documents
from unit.pulumi_mocks import Engine, run, stack_configuration


def deploy(identity: dict[str, Any] | None = None) -> Engine:
    engine = Engine(contracts={"contract-identity": identity or contract_documents.identity()})
    return run("platform", "sandbox", stack_configuration("platform", "sandbox"), engine)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


def test_the_cluster_is_protected(engine: Engine) -> None:
    assert all(item.protect for item in engine.of("gcp:container/cluster:Cluster").values())


def test_the_contract_is_published_after_everything_else(engine: Engine) -> None:
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    [version] = engine.of(kind).values()
    others = {
        item.name for item in engine.declared if item.type.startswith(("gcp:", "kubernetes:")) and item.type != kind
    }
    assert others <= version.dependencies
