"""Refusals of a contract that the platform layer cannot use."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from platform_layer.kit.consumer import PLANNED, ContractError
from platform_layer.namespaces.upstream import PLATFORM, TEAM
from platform_layer.upstream import IDENTITY
from unit import contract_documents
from unit.platform_.deployment import deploy_namespaces, deploy_storage, refused_namespaces
from unit.pulumi_mocks import Engine, run, stack_configuration


def refused(contract: Any) -> str:
    with pytest.raises(ContractError) as raised:
        IDENTITY.parse(contract if isinstance(contract, str) else json.dumps(contract))
    return str(raised.value)


def refused_by_program(identity: dict[str, Any]) -> str:
    engine = Engine(contracts={"contract-identity": identity})
    with pytest.raises(pulumi.RunError) as raised:
        run("platform", "sandbox", stack_configuration("platform", "sandbox"), engine)
    assert not [item for item in engine.declared if item.type.startswith("gcp:")]
    return str(raised.value)


def test_fields_of_a_newer_producer_are_ignored() -> None:
    team = contract_documents.team()
    team["apps"]["storefront"]["inventedLater"] = 1
    assert TEAM.parse(json.dumps(team)).apps["storefront"].namespace == "storefront"


def test_a_missing_contract_says_who_must_write_it() -> None:
    engine = Engine(failures={"contract-identity": "Error 404: it was not found"})
    with pytest.raises(pulumi.RunError) as raised:
        run("platform", "sandbox", stack_configuration("platform", "sandbox"), engine)
    message = str(raised.value)
    assert "secret 'contract-identity' in project 'prodfirst-sandbox'" in message
    assert "Error 404: it was not found" in message
    assert "make up LAYER=identity" in message


def test_another_version_is_refused_with_both_versions() -> None:
    message = refused(contract_documents.identity() | {"version": 1})
    assert "has version 1, but this layer reads version 2" in message


@pytest.mark.parametrize(
    ("contract", "words"),
    [
        ("{", "it is not JSON (line 1, column 2)"),
        ("[]", "not a JSON object"),
        ({"contract": "other"}, "contract: is 'other'"),
    ],
)
def test_a_document_that_is_no_contract_is_refused(contract: Any, words: str) -> None:
    assert words in refused(contract)


def test_a_missing_field_is_named_by_its_path() -> None:
    identity = contract_documents.identity()
    del identity["teams"]["platform"]["group"]
    assert "teams.platform.group: is not set. Add it" in refused(identity)


def publish(monkeypatch: pytest.MonkeyPatch, contract: Any) -> None:
    """Have the secret hold a contract."""

    def read(**arguments: Any) -> SimpleNamespace:
        del arguments
        return SimpleNamespace(secret_data=json.dumps(contract))

    monkeypatch.setattr(gcp.secretmanager, "get_secret_version_access", read)


@pytest.mark.parametrize(("preview", "expected"), [(True, "planned-team@example.com"), (False, None)])
def test_a_preview_alone_reads_what_a_plan_before_it_would_publish(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preview: bool, expected: str | None
) -> None:
    published = contract_documents.identity()
    planned = json.loads(json.dumps(published))
    planned["teams"]["platform"]["group"] = "planned-team@example.com"
    (tmp_path / "contract-identity.json").write_text(json.dumps(planned))
    monkeypatch.setenv(PLANNED, str(tmp_path))
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
    publish(monkeypatch, published)

    read = IDENTITY.read("p").teams["platform"].group

    assert read == (expected or published["teams"]["platform"]["group"])


def test_what_a_planned_contract_lacks_is_read_from_the_published_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A server is never taken from a plan: its readers send their token there."""
    published = contract_documents.platform()
    planned = {name: value for name, value in published.items() if name not in ("cluster", "databaseProxyImage")}
    (tmp_path / "contract-platform.json").write_text(json.dumps({**planned, "quota": {**planned["quota"], "pods": 99}}))
    monkeypatch.setenv(PLANNED, str(tmp_path))
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    publish(monkeypatch, published)

    read = PLATFORM.read("p")

    assert read.cluster.server == published["cluster"]["server"]
    assert read.quota.pods == 99


def test_without_a_plan_before_it_a_preview_reads_what_is_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    published = contract_documents.identity()
    monkeypatch.setenv(PLANNED, str(tmp_path))
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    publish(monkeypatch, published)

    assert IDENTITY.read("p").project.id == published["project"]["id"]


def test_an_app_that_uses_nothing_of_google_cloud_has_no_account() -> None:
    team = contract_documents.team()
    team["apps"]["storefront"]["serviceAccount"] = None
    assert TEAM.parse(json.dumps(team)).apps["storefront"].service_account is None


def test_a_database_without_an_account_to_log_in_is_refused() -> None:
    team = contract_documents.team()
    team["apps"]["storefront"]["serviceAccount"] = None
    assert "apps.storefront.serviceAccount: is missing" in refused_namespaces(team=team)


@pytest.mark.parametrize("key", ["id", "region"])
def test_a_network_of_another_place_is_refused(key: str) -> None:
    network = contract_documents.network()
    network["project"][key] = "elsewhere"
    with pytest.raises(pulumi.RunError, match="but 'elsewhere' in the contract 'network'"):
        deploy_storage(network=network)


def test_a_missing_contract_of_the_network_says_who_must_write_it() -> None:
    failing = Engine({"contract-identity": contract_documents.identity()}, {"contract-network": "Error 404"})
    with pytest.raises(pulumi.RunError, match=r"secret 'contract-network' in project [^\0]*make up LAYER=platform"):
        run("platform", "storage-sandbox", stack_configuration("platform", "storage-sandbox"), failing)


@pytest.mark.parametrize("contract", ["team-shop", "platform", "storage"])
def test_a_missing_contract_of_a_teams_stack_says_who_must_write_it(contract: str) -> None:
    found = {
        "contract-team-shop": contract_documents.team(),
        "contract-platform": contract_documents.platform(),
        "contract-storage": contract_documents.storage(),
    }
    stack = "namespaces-shop-sandbox"
    failing = Engine({**found}, {f"contract-{contract}": "Error 404"})
    layer = "identity" if contract == "team-shop" else "platform"
    with pytest.raises(pulumi.RunError, match=rf"secret 'contract-{contract}' in [^\0]*make up LAYER={layer}"):
        run("platform", stack, stack_configuration("platform", stack), failing)


@pytest.mark.parametrize("contract", ["team", "platform", "storage"])
@pytest.mark.parametrize("key", ["id", "region"])
def test_a_contract_of_another_place_is_refused_by_a_teams_stack(contract: str, key: str) -> None:
    document = getattr(contract_documents, contract)()
    document["project"][key] = "elsewhere"
    with pytest.raises(pulumi.RunError, match=f"but 'elsewhere' in the contract '{contract}'"):
        deploy_namespaces(**{contract: document})


def test_a_contract_without_the_accounts_that_need_access_is_refused() -> None:
    identity = contract_documents.identity()
    identity["layers"].clear()
    assert "layers.platform: has no CI accounts" in refused_by_program(identity)


def test_a_malformed_field_is_named_without_its_value() -> None:
    identity = contract_documents.identity() | {"nodeServiceAccount": ["hunter2"]}
    message = refused(identity)
    assert "nodeServiceAccount: must be a text." in message
    assert "hunter2" not in message


@pytest.mark.parametrize("key", ["id", "region"])
def test_a_contract_of_another_place_is_refused(key: str) -> None:
    identity = contract_documents.identity()
    identity["project"][key] = "elsewhere"
    assert "but 'elsewhere' in the contract" in refused_by_program(identity)
