"""Planned contracts that other jobs have left: text of proposed programs, which is checked before it is read."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.chain import Chain, PlannedContract, is_of_job
from cli.layout import Stack
from unit import contract_documents

PLATFORM, NAMESPACES = Stack("platform", "sandbox"), Stack("platform", "sandbox", "namespaces-shop")


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path / "chain")


def left(given: Path, job: str, secret: str, content: str | dict[str, Any]) -> Path:
    """A file that a job has left."""
    folder = given / f"contracts-{job}"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{secret}.planned.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def planned(document: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {"document": document, **more}


def test_a_contract_of_the_job_before_is_read(chain: Chain, tmp_path: Path) -> None:
    document = contract_documents.identity()
    document["teams"]["platform"]["group"] = "planned-team@example.com"
    left(tmp_path, "identity-sandbox", "contract-identity", planned(document, unknown=["keys.registry"]))

    chain.take_over(PLATFORM, tmp_path)

    assert json.loads((chain.folder / "contract-identity.json").read_text()) == document
    assert chain.environment(PLATFORM) != {}
    assert chain.assumed(PLATFORM) == ["contract identity: keys.registry, which only the update makes known"]


def test_without_a_job_before_the_published_contract_is_read(chain: Chain, tmp_path: Path) -> None:
    chain.take_over(PLATFORM, tmp_path / "absent")

    assert (chain.environment(PLATFORM), chain.assumed(PLATFORM)) == ({}, [])


def test_a_server_of_another_job_is_never_read(chain: Chain, tmp_path: Path) -> None:
    """Its readers send their token there."""
    document = contract_documents.platform()
    document["cluster"]["server"] = "https://elsewhere.example.com"
    left(tmp_path, "platform-sandbox", "contract-platform", planned(document, kept=["cluster"]))

    chain.take_over(NAMESPACES, tmp_path)

    read = json.loads((chain.folder / "contract-platform.json").read_text())
    assert {"cluster", "databaseProxyImage"}.isdisjoint(read)
    assert read["quota"] == document["quota"]
    assert chain.assumed(NAMESPACES) == ["contract platform: cluster, which is never taken from a plan"]


@pytest.mark.parametrize("job", ["team-sandbox", "identity-dev", "identity-sandbox-x", "identity"])
def test_a_contract_that_is_not_its_producers_job_is_left_alone(chain: Chain, tmp_path: Path, job: str) -> None:
    left(tmp_path, job, "contract-identity", planned(contract_documents.identity()))

    chain.take_over(PLATFORM, tmp_path)

    assert chain.environment(PLATFORM) == {}


def test_a_contract_that_the_stack_does_not_read_is_left_alone(chain: Chain, tmp_path: Path) -> None:
    left(tmp_path, "platform-sandbox", "contract-platform", planned(contract_documents.platform()))

    chain.take_over(PLATFORM, tmp_path)

    assert not chain.folder.exists()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        planned(contract_documents.identity(), more=1),
        planned(contract_documents.identity(), unknown=["x" * 501]),
        {"document": []},
        planned({**contract_documents.identity(), "version": "2"}),
        planned({**contract_documents.identity(), "nodeServiceAccount": "evil"}),
        planned({"contract": "identity"}),
        planned({"x": "x" * 5_000_000}),
    ],
    ids=["no JSON", "a field more", "a long path", "a list", "another type", "another form", "a part", "too large"],
)
def test_text_that_does_not_fit_the_schema_is_not_read_and_this_is_said(
    chain: Chain, tmp_path: Path, content: str | dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    left(tmp_path, "identity-sandbox", "contract-identity", content)

    chain.take_over(PLATFORM, tmp_path)

    assert chain.environment(PLATFORM) == {}
    assert chain.assumed(PLATFORM) == ["contract identity: all of it, which only the update makes known"]
    assert "the planned contract identity is not used, and the published one is: " in capsys.readouterr().err


def test_a_link_is_not_followed(chain: Chain, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps(planned(contract_documents.identity())))
    file = left(tmp_path, "identity-sandbox", "contract-identity", "{}")
    file.unlink()
    file.symlink_to(elsewhere)

    chain.take_over(PLATFORM, tmp_path)

    assert chain.environment(PLATFORM) == {}


def test_what_a_job_leaves_is_what_the_next_one_takes_over(chain: Chain, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    document = contract_documents.identity()
    (made / "identity.json").write_text(PlannedContract(document=document).model_dump_json())
    before = Chain(tmp_path / "given" / "contracts-identity-sandbox")
    before.add(Stack("identity", "sandbox"), made)

    chain.take_over(PLATFORM, tmp_path / "given")

    assert json.loads((chain.folder / "contract-identity.json").read_text()) == document


@pytest.mark.parametrize(
    ("job", "expected"), [("namespaces-sandbox", True), ("namespaces-sandbox-2", True), ("namespaces-sandbox-a", False)]
)
def test_a_job_of_many_stacks_has_a_number(job: str, expected: bool) -> None:
    assert is_of_job(job, NAMESPACES) is expected
