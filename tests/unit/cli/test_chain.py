"""Contracts handed from one preview to the next of the same command."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.chain import VARIABLE, Chain
from cli.layout import POLICIES, Stack
from platform_layer.kit.consumer import PLANNED
from toolchain.environments import python
from unit.policies.plans import Preview

IDENTITY, PLATFORM = Stack("identity", "sandbox"), Stack("platform", "sandbox")
TEAM, NAMESPACES = Stack("identity", "sandbox", "team-shop"), Stack("platform", "sandbox", "namespaces-shop")


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    folder = tmp_path / "chain"
    folder.mkdir()
    return Chain(folder)


def made(folder: Path, name: str, document: Any, *unknown: str) -> Path:
    """A file of the gate."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"document": document, "unknown": unknown}))
    return folder


def test_the_programs_read_what_the_commands_set() -> None:
    assert VARIABLE == PLANNED


def test_a_consumer_is_told_of_the_contract_and_others_are_not(
    chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain.add(IDENTITY, made(tmp_path / "made", "identity", {"version": 2}))

    assert chain.environment(PLATFORM) == {VARIABLE: str(chain.folder)}
    assert "platform: reads what the plans before it would publish: identity" in capsys.readouterr().err
    assert json.loads((chain.folder / "contract-identity.json").read_text()) == {"version": 2}
    assert chain.environment(NAMESPACES) == {}


def test_the_contract_of_a_team_is_for_that_team(chain: Chain, tmp_path: Path) -> None:
    chain.add(TEAM, made(tmp_path / "made", "team", {"version": 1}))

    assert (chain.folder / "contract-team-shop.json").is_file()
    assert chain.environment(NAMESPACES) == {VARIABLE: str(chain.folder)}
    assert chain.environment(Stack("platform", "sandbox", "namespaces-billing")) == {}


def test_what_only_the_update_makes_known_is_reported(
    chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain.add(PLATFORM, made(tmp_path / "made", "platform", None, "gateway.name"))

    assert chain.environment(NAMESPACES) == {}
    told = capsys.readouterr().err
    assert "platform: known in the update only, in the contract platform: gateway.name" in told
    assert "its readers are previewed with the published contract platform" in told
    assert chain.assumed(NAMESPACES) == ["contract platform: gateway.name, which only the update makes known"]


def test_what_a_preview_took_as_published_is_in_its_verdict(tmp_path: Path) -> None:
    """A plan without a change is not one that changes nothing for certain."""
    preview = Preview(tmp_path)
    preview.stack(contract={})
    files = [f"--{name}={file}" for name, file in zip(("plan", "state", "events"), preview.written(), strict=True)]
    line = "contract platform: cluster, which is never taken from a plan"
    command = [str(python("policies")), "-m", "plan_gate", "--title=apps/storefront", *files, f"--assumed={line}"]

    done = subprocess.run(command, cwd=POLICIES, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "taken as published, so this stack may change more once the stacks before it are updated" in done.stdout
    assert line in done.stdout
