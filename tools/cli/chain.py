"""Chained previews: a consumer's preview reads the contract that its producer's plan would publish.

The text goes from one preview to the next, of the same command or of another job; no preview takes another stack's
identity. Each consumer still reads the published contract first, with its own identity, takes from it what a contract
`keeps`, and checks the planned one like any other.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli import contracts
from cli.contracts import Contract
from cli.layout import Stack
from toolchain.environments import CHECKOUT
from toolchain.progress import say

# Folder of planned contracts, for the program (kit/consumer.py); an update never has it.
VARIABLE = "PULUMI_PLANNED_CONTRACTS"
# A contract is a secret of 64 KiB, compressed by then.
_BYTES = 4 * 1024 * 1024
_ENDING = ".planned.json"

_Path = Annotated[str, Field(max_length=500)]


class PlannedContract(BaseModel):
    """Contract that a plan would publish (plan_gate/chained.py).

    Attributes:
        document: without the fields that the contract keeps; None where its readers take the published one.
        unknown: paths of values that only the update makes known.
        kept: fields that the plan changes, and that readers take from the published contract all the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: dict[str, Any] | None
    unknown: Annotated[tuple[_Path, ...], Field(max_length=1000)] = ()
    kept: Annotated[tuple[_Path, ...], Field(max_length=1000)] = ()


@dataclass(frozen=True)
class Chain:
    """Contracts that previews would publish, in a folder: each as a program reads it, and as the gate wrote it."""

    folder: Path

    def environment(self, stack: Stack) -> Mapping[str, str]:
        """Return the variables for the preview of a stack, and report what it reads of the plans before it."""
        read = [name for name, secret in _read_by(stack) if (self.folder / f"{secret}.json").exists()]
        if not read:
            return {}
        say(f"{stack.title}: reads what the plans before it would publish: {', '.join(read)}")
        return {VARIABLE: str(self.folder)}

    def assumed(self, stack: Stack) -> list[str]:
        """Return what a stack's preview takes as published although a plan before it changes it, a line each."""
        lines: list[str] = []
        for name, secret in _read_by(stack):
            file = self.folder / f"{secret}{_ENDING}"
            if not file.is_file():
                continue
            planned = PlannedContract.model_validate_json(file.read_bytes())
            lines += [f"contract {name}: {path}, which only the update makes known" for path in planned.unknown]
            lines += [f"contract {name}: {field}, which is never taken from a plan" for field in planned.kept]
        return lines

    def add(self, stack: Stack, made: Path) -> None:
        """Add the contracts of a stack's plan, from the gate's files."""
        for file in sorted(made.glob("*.json")):
            planned = PlannedContract.model_validate_json(file.read_bytes())
            if planned.unknown:
                unknown = ", ".join(planned.unknown)
                say(f"{stack.title}: known in the update only, in the contract {file.stem}: {unknown}")
            if planned.document is None:
                say(f"{stack.title}: its readers are previewed with the published contract {file.stem}")
            self._write(_secret(file.stem, stack.of_team()), planned)

    def take_over(self, stack: Stack, given: Path) -> None:
        """Take the contracts that a stack reads from what other jobs have left, and leave out the rest.

        The jobs ran proposed programs: what they left is text that is checked, and never has a field that a contract
        keeps.

        Args:
            stack: the reader.
            given: has a folder `contracts-<job>` of each job before, with the planned contracts of its stacks.
        """
        for name, secret in _read_by(stack):
            contract = contracts.listed()[name]
            producer = _producer(stack, contract)
            for folder in sorted(given.glob("contracts-*")):
                file = folder / f"{secret}{_ENDING}"
                if not is_of_job(folder.name.removeprefix("contracts-"), producer) or not _is_plain(file):
                    continue
                planned = _checked(name, contract, file)
                if isinstance(planned, str):
                    say(f"{stack.title}: the planned contract {name} is not used, and the published one is: {planned}")
                    planned = PlannedContract(document=None, unknown=("all of it",))
                self._write(secret, planned)

    def _write(self, secret: str, planned: PlannedContract) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{secret}{_ENDING}").write_text(planned.model_dump_json(), encoding="utf-8")
        if planned.document is not None:
            (self.folder / f"{secret}.json").write_text(json.dumps(planned.document), encoding="utf-8")


def is_of_job(job: str, producer: Stack) -> bool:
    """Return whether a job of a pull request's preview has a stack: its name begins with the preview's environment."""
    name = producer.previewed_in().removeprefix("preview-")
    return job == name or (job.startswith(f"{name}-") and job.removeprefix(f"{name}-").isdecimal())


def _producer(stack: Stack, contract: Contract) -> Stack:
    """Return the stack that publishes a contract to a stack."""
    project, _, part = contract.producer.partition("/")
    if contract.each and part:
        return Stack(project, stack.environment, f"{part}-{stack.of_team()}")
    return Stack(project, stack.environment, part or None)


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _checked(name: str, contract: Contract, file: Path) -> PlannedContract | str:
    """Return a planned contract that another job has left, or why it is not used."""
    if file.stat().st_size > _BYTES:
        return f"it has more than {_BYTES} bytes"
    try:
        planned = PlannedContract.model_validate_json(file.read_bytes())
    except ValidationError:
        return "it is not of the form of a planned contract"
    if planned.document is None:
        return planned
    document = {field: value for field, value in planned.document.items() if field not in contract.keeps}
    schema: dict[str, Any] = json.loads(_schema(name, contract.producer).read_bytes())
    required = [field for field in schema.get("required", ()) if field not in contract.keeps]
    error = next(Draft202012Validator({**schema, "required": required}).iter_errors(document), None)  # pyright: ignore[reportUnknownMemberType]  jsonschema has no types
    if error is not None:
        return f"it does not fit its schema at {'.'.join(map(str, error.absolute_path)) or 'its top'}"
    return planned.model_copy(update={"document": document})


def _schema(name: str, producer: str) -> Path:
    project = producer.partition("/")[0]
    return CHECKOUT / project / ("contract.schema.json" if name == project else f"contract-{name}.schema.json")


def _secret(name: str, team: str) -> str:
    return f"contract-{name}-{team}" if contracts.listed()[name].each else f"contract-{name}"


def _read_by(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the contracts that a stack reads, each with its secret."""
    team = stack.of_team()
    for name, contract in contracts.listed().items():
        if stack.program in contract.consumers:
            yield name, _secret(name, team)
