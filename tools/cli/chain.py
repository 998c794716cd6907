"""Chained previews: a consumer's preview reads the contract that its producer's plan would publish.

The text goes from one preview to the next of the same command; no preview takes another stack's identity. Each consumer
still reads the published contract first, with its own identity, and checks the planned one like any other.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import contracts
from cli.layout import Stack
from toolchain.progress import say

# Folder of planned contracts, for the program (kit/consumer.py); an update never has it.
VARIABLE = "PULUMI_PLANNED_CONTRACTS"


@dataclass(frozen=True)
class Chain:
    """Contracts that the previews of one command would publish, in a folder, each in a file named like its secret."""

    folder: Path

    def environment(self, stack: Stack) -> Mapping[str, str]:
        """Return the variables for the preview of a stack, and report what it reads of the plans before it."""
        read = [name for name, secret in _read_by(stack) if (self.folder / f"{secret}.json").exists()]
        if not read:
            return {}
        say(f"{stack.title}: reads what the plans before it would publish: {', '.join(read)}")
        return {VARIABLE: str(self.folder)}

    def add(self, stack: Stack, made: Path) -> None:
        """Add the contracts of a stack's plan, from the gate's files."""
        for file in sorted(made.glob("*.json")):
            planned = json.loads(file.read_bytes())
            if unknown := planned["unknown"]:
                say(f"{stack.title}: known in the update only, in the contract {file.stem}: {', '.join(unknown)}")
            self._publish(stack, file.stem, planned["document"])

    def _publish(self, stack: Stack, name: str, document: Mapping[str, Any] | None) -> None:
        if document is None:
            say(f"{stack.title}: its readers are previewed with the published contract {name}")
            return
        secret = _secret(name, stack.of_team())
        (self.folder / f"{secret}.json").write_text(json.dumps(document), encoding="utf-8")


def _secret(name: str, team: str) -> str:
    return f"contract-{name}-{team}" if contracts.listed()[name].each else f"contract-{name}"


def _read_by(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the contracts that a stack reads, each with its secret."""
    team = stack.of_team()
    for name, contract in contracts.listed().items():
        if stack.program in contract.consumers:
            yield name, _secret(name, team)
