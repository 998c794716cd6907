"""Order of the programs, from who reads whose contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import contracts
from engine import contracts as of_policies
from toolchain.errors import ToolError

LISTED = {
    name: contracts.Contract(producer=a, consumers=b)
    for name, (a, b) in {
        "one": ("first", ["second", "second/part"]),
        "two": ("second", ["second/part"]),
    }.items()
}


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other contracts than the committed ones."""
    monkeypatch.setattr(contracts, "listed", lambda: LISTED)
    contracts.waves.cache_clear()


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Empty caches: a test gets nothing that another one computed."""
    yield
    contracts.waves.cache_clear()


def test_a_producer_comes_before_its_consumers_and_what_is_apart_may_go_together() -> None:
    assert contracts.waves() == (
        ("identity/foundation",),
        ("identity", "identity/team"),
        ("platform",),
        ("platform/storage",),
        ("platform/namespaces",),
        ("apps",),
    )


def test_what_follows_from_a_teams_contract_is_the_teams() -> None:
    assert contracts.after("identity/team", "shop") == {("platform/namespaces", "shop"), ("apps", "shop")}
    assert contracts.after("platform/storage", "") == {("platform/namespaces", ""), ("apps", "")}
    assert contracts.each("identity/team")
    assert not contracts.each("platform/storage")


def test_what_administrators_deploy_is_in_no_wave_of_the_workflow() -> None:
    assert contracts.deployed() == contracts.waves()[1:]
    assert contracts.is_administrators("identity/foundation")
    assert not contracts.is_administrators("identity")
    assert contracts.depends("apps", "identity/foundation")


def test_the_order_follows_from_the_file_and_not_from_names(other: None) -> None:
    assert contracts.waves() == (("first",), ("second",), ("second/part",))
    assert contracts.depends("second/part", "first")
    assert not contracts.depends("second", "second/part")


def test_programs_that_read_each_other_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    around = {
        "a": contracts.Contract(producer="x", consumers=["y"]),
        "b": contracts.Contract(producer="y", consumers=["x"]),
    }
    monkeypatch.setattr(contracts, "listed", lambda: around)
    contracts.waves.cache_clear()

    with pytest.raises(ToolError, match="none of them could be the first"):
        contracts.waves()


def test_a_program_that_no_contract_names_has_no_place() -> None:
    with pytest.raises(ToolError, match="it does not name network"):
        contracts.wave("network")


@pytest.mark.parametrize(
    ("project", "stack", "program"),
    [
        ("platform", "prod", "platform"),
        ("platform", "storage-prod", "platform/storage"),
        ("platform", "my-storage-prod", "platform"),
        ("apps", "storage-prod", "apps"),
        ("identity", "storage-prod", "identity"),
        ("identity", "foundation-prod", "identity/foundation"),
        ("platform", "foundation-prod", "platform"),
    ],
)
def test_the_policies_know_the_program_of_a_stack_by_its_name(project: str, stack: str, program: str) -> None:
    assert of_policies.contracts().program(project, stack) == program


def test_a_stack_may_publish_several_contracts() -> None:
    outputs = {
        "contract": {"contract": "platform"},
        "contract-network": {"contract": "network"},
        "url": {"contract": "x"},
    }

    assert [name for name, _ in of_policies.published(outputs, "platform")] == ["platform", "network"]
    assert [name for name, _ in of_policies.published({"contract": {}}, "platform/storage")] == ["storage"]


@pytest.mark.parametrize("name", of_policies.contracts().contracts)
def test_every_contract_has_its_schema(name: str) -> None:
    contract = of_policies.contracts().contracts[name]
    file = Path(of_policies.FILE).parents[1] / of_policies.schema(name, contract.producer)

    assert f'"const": "{name}"' in file.read_text()
