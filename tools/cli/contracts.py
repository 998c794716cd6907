"""Order of the programs, from who reads whose contract: `policies/contracts.yaml`.

The plan gate reads the same file by itself (policies/engine/contracts.py).
"""

from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from pydantic import BaseModel, ConfigDict

from cli import yaml_file
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

FILE = "policies/contracts.yaml"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Contract(_Document):
    """A contract: the program that publishes it, and the programs that read it; `each` for one of each team."""

    producer: str
    consumers: list[str]
    each: Literal["team"] | None = None
    directs: bool = False
    keeps: list[str] = []


class _File(_Document):
    contracts: dict[str, Contract]
    administrators: list[str] = []


@cache
def _file() -> _File:
    return yaml_file.load(CHECKOUT / FILE, _File.model_validate, "nobody knows in which order stacks are deployed")


def listed() -> dict[str, Contract]:
    """Contracts by name.

    Raises `ToolError` when the file is invalid.
    """
    return _file().contracts


def is_administrators(program: str) -> bool:
    """Return whether administrators alone deploy a program: no account of CI may."""
    return program in _file().administrators


def each(program: str) -> bool:
    """Return whether each team has a stack of a program: its contracts are one for each team."""
    return any(contract.each for contract in listed().values() if contract.producer == program)


def producers(program: str) -> set[str]:
    """Programs whose contracts a program reads."""
    return {contract.producer for contract in listed().values() if program in contract.consumers}


@cache
def waves() -> tuple[tuple[str, ...], ...]:
    """Programs in the order of deployment; the programs of a wave read no contract of one another.

    Raises `ToolError` when programs read each other's contracts.
    """
    programs = {name for contract in listed().values() for name in (contract.producer, *contract.consumers)}
    sorter = TopologicalSorter({program: producers(program) for program in programs})
    ordered: list[tuple[str, ...]] = []
    try:
        sorter.prepare()
    except CycleError as error:
        raise _unusable(f"{' reads '.join(error.args[1])}: none of them could be the first") from error
    while sorter.is_active():
        ready = sorter.get_ready()
        ordered.append(tuple(sorted(ready)))
        sorter.done(*ready)
    return tuple(ordered)


def deployed() -> tuple[tuple[str, ...], ...]:
    """Waves of the programs that CI deploys."""
    without = (tuple(program for program in wave if not is_administrators(program)) for wave in waves())
    return tuple(wave for wave in without if wave)


def wave(program: str) -> int:
    """Index of a program's wave.

    Raises `ToolError` when no contract names the program.
    """
    for index, programs in enumerate(waves()):
        if program in programs:
            return index
    raise _unusable(f"it does not name {program}")


def depends(program: str, other: str) -> bool:
    """Return whether a program reads a contract of another one, or of a program that does."""
    before = producers(program)
    return other in before or any(depends(producer, other) for producer in before)


@cache
def after(program: str, team: str) -> frozenset[tuple[str, str]]:
    """Programs that read what follows from a program's contracts, each with the team whose stack it is.

    Args:
        program: the first producer.
        team: whose stack it runs in; empty for a program that an environment has one stack of. A contract of one team
            reaches that team alone, and any other contract all teams, for which the team is empty.
    """
    reached: set[tuple[str, str]] = set()
    left = [(program, team)]
    while left:
        producer, of = left.pop()
        for contract in listed().values():
            if contract.producer != producer:
                continue
            follows = {(consumer, of if contract.each else "") for consumer in contract.consumers} - reached
            reached |= follows
            left += follows
    return frozenset(reached)


def _unusable(problem: str) -> ToolError:
    return ToolError(
        f"{FILE} cannot be used, so nobody knows which stack comes before which. Nothing was started. Correct it: "
        f"{problem}."
    )
