"""What the platform layer declares for the sandbox's stack."""

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


def test_every_part_of_a_datastore_and_the_cluster_are_protected(engine: Engine) -> None:
    kinds = ["databaseInstance:DatabaseInstance", "database:Database", "user:User"]
    for kind in [*(f"gcp:sql/{kind}" for kind in kinds), "gcp:container/cluster:Cluster"]:
        assert engine.of(kind)
        assert all(item.protect for item in engine.of(kind).values())


def test_the_database_is_private_encrypted_backed_up_and_cannot_be_deleted(engine: Engine) -> None:
    inputs = engine.of("gcp:sql/databaseInstance:DatabaseInstance")["orders"].inputs
    settings = inputs["settings"]
    assert inputs["deletionProtection"] is True
    assert settings["deletionProtectionEnabled"] is True
    assert settings["retainBackupsOnDelete"] is True
    assert settings["finalBackupConfig"]["enabled"] is True
    assert settings["backupConfiguration"]["pointInTimeRecoveryEnabled"] is True
    assert settings["ipConfiguration"]["ipv4Enabled"] is False
    assert settings["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY"
    assert {"name": "cloudsql.iam_authentication", "value": "on"} in settings["databaseFlags"]


def test_an_app_that_asked_for_a_database_logs_in_by_iam_without_a_password(engine: Engine) -> None:
    [user] = engine.of("gcp:sql/user:User").values()
    assert user.inputs["name"] == "app-storefront@prodfirst-sandbox.iam"
    assert user.inputs["type"] == "CLOUD_IAM_SERVICE_ACCOUNT"
    assert "password" not in user.inputs


def test_an_app_that_asked_for_none_has_no_user() -> None:
    identity = contract_documents.identity()
    identity["apps"]["storefront"]["databases"] = []
    assert not deploy(identity).of("gcp:sql/user:User")


def test_the_database_waits_for_its_private_network(engine: Engine) -> None:
    database = engine.of("gcp:sql/databaseInstance:DatabaseInstance")["orders"]
    assert "main-private-services" in database.dependencies


def test_the_contract_is_published_after_everything_else(engine: Engine) -> None:
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    [version] = engine.of(kind).values()
    others = {
        item.name for item in engine.declared if item.type.startswith(("gcp:", "kubernetes:")) and item.type != kind
    }
    assert others <= version.dependencies
