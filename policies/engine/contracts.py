"""Contracts between programs (contracts.yaml), and the program that a stack runs.

A program is named like its project, or for a part of a project that is a stack of its own, or one for each team,
`<project>/<part>`.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from engine import data, urns

FILE = Path(__file__).resolve().parents[1] / "contracts.yaml"
# The stack's output with its contract; a stack with several has the others as contract-<name>.
_OUTPUT = "contract"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Contract(_Document):
    """A contract: the program that publishes it, and the programs that read it.

    `each` if every team has one; `directs` if it has an address to which its consumers send their token; `keeps` lists
    the fields that a preview of a consumer never takes from a plan.
    """

    producer: str
    consumers: tuple[str, ...]
    each: Literal["team"] | None = None
    directs: bool = False
    keeps: tuple[str, ...] = ()

    def is_in(self, name: str, secret: str) -> bool:
        """Return whether a secret, by its ID, has this contract."""
        own = f"contract-{name}"
        return secret.startswith(f"{own}-") if self.each else secret == own


class Contracts(_Document):
    """All contracts by name, and the programs that administrators alone deploy."""

    contracts: dict[str, Contract]
    administrators: frozenset[str] = frozenset()

    def program(self, project: str, stack: str) -> str:
        """Return the program that a stack runs: that of a part if the stack's name begins with one."""
        named = {contract.producer for contract in self.contracts.values()}
        named |= {consumer for contract in self.contracts.values() for consumer in contract.consumers}
        for name in sorted(named):
            of, _, part = name.partition("/")
            if of == project and part and stack.startswith(f"{part}-"):
                return name
        return project


@cache
def contracts(file: Path = FILE) -> Contracts:
    """Return the contracts.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Contracts)


def program_of(urn: str) -> str:
    """Return the program that declares a resource."""
    parts = urns.parse(urn)
    return contracts().program(parts.project, parts.stack)


def published(outputs: Mapping[str, Any], program: str) -> Iterator[tuple[str, Any]]:
    """Yield the contracts among the outputs of a program by name."""
    for key, document in outputs.items():
        if key == _OUTPUT:
            yield _main(program), document
        elif key.startswith(f"{_OUTPUT}-"):
            yield key.removeprefix(f"{_OUTPUT}-"), document


def output(name: str, program: str) -> str:
    """Return the name of the output with a contract: a contract named like its program is the main one."""
    return _OUTPUT if name == _main(program) else f"{_OUTPUT}-{name}"


def _main(program: str) -> str:
    """Name of a program's main contract."""
    return program.rpartition("/")[2]


def schema(name: str, program: str) -> str:
    """Return the path of a contract's schema in the repository."""
    project = program.partition("/")[0]
    return f"{project}/contract.schema.json" if name == project else f"{project}/contract-{name}.schema.json"
