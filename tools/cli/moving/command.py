"""Steps of `make move`, in order: read both states, show what moves, write the target, write the source, compare.

The target is written first. A run that is interrupted between the two leaves the resources in both states, where the
next run finds them and goes on; until then the plan gate refuses every deployment of the source, which would delete
them.
"""

from collections.abc import Iterator
from dataclasses import replace

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from rich.table import Table

from cli import target
from cli.bootstrap.asking import ask
from cli.bootstrap.stack_state import StackState
from cli.console import wide_console
from cli.layout import POLICIES, Stack, stacks
from engine.division import Division, DivisionError, Names, divided
from engine.states import State
from toolchain.errors import ToolError
from toolchain.progress import say, step

_FILE = POLICIES / "layers.yaml"


class _Program(BaseModel):
    model_config = ConfigDict(extra="ignore")

    types: frozenset[str]
    components: frozenset[str]


class _Layers(BaseModel):
    model_config = ConfigDict(extra="ignore")

    layers: dict[str, _Program]


def run(environment: str, *, agreed: bool = False) -> int:
    """Move what another stack of the same project declares now; return the exit code.

    Raises `ToolError` when a state cannot be read or written; a state is either as before or as shown.
    """
    types = _types()
    moved = 0
    for source, other in _pairs(stacks(environment)):
        if _foreign(types, source, other):
            with target.of(environment).administered([source, other]) as (of_source, of_other):
                moved += _move(of_source, of_other, types, agreed=agreed)
    if not moved:
        say("every resource is in the state of the stack that declares it; nothing was changed")
    return 0


def _types() -> dict[str, frozenset[str]]:
    """Types of resources and components by program, from security's list."""
    try:
        content = _Layers.model_validate(yaml.safe_load(_FILE.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ToolError(
            f"policies/{_FILE.name} cannot be read, so nobody knows which stack a type belongs to. Nothing was moved. "
            f"Correct it: {error}"
        ) from error
    return {program: about.types | about.components for program, about in content.layers.items()}


def _pairs(chosen: list[Stack]) -> Iterator[tuple[Stack, Stack]]:
    """Pairs of stacks of one project that run different programs."""
    for source in chosen:
        for other in chosen:
            if source.project == other.project and source.program != other.program:
                yield source, other


def _foreign(types: dict[str, frozenset[str]], source: Stack, other: Stack) -> frozenset[str]:
    """Types that the other stack declares, and the source does not."""
    return types.get(other.program, frozenset()) - types.get(source.program, frozenset())


def _move(source: StackState, other: StackState, types: dict[str, frozenset[str]], *, agreed: bool) -> int:
    """Move resources from one stack to another one; return their number."""
    of_other = _foreign(types, source.engine.stack, other.engine.stack)
    division = _divided(source, other, of_other)
    if not division.moved:
        return 0
    _show(source.engine.stack, other.engine.stack, division)
    ask("Move them? Nothing in the cloud changes.", agreed=agreed)
    # Read again: somebody may have deployed while the question was open, and their update must not be lost.
    if (again := _divided(source, other, of_other)) != division:
        raise ToolError(
            f"{source.engine.stack.title} or {other.engine.stack.title} was changed while you looked at the move. "
            "Nothing was moved. Run it again, and look again."
        )
    if division.changes_target:
        with step(f"{other.engine.stack.title}: adding {len(division.moved)} to its state"):
            other.write(division.target)
    with step(f"{source.engine.stack.title}: taking them out of its state"):
        source.write(division.source)
    _prove(source, other, again)
    return len(division.moved)


def _divided(source: StackState, other: StackState, types: frozenset[str]) -> Division:
    stack = source.engine.stack
    names = Names(stack.project, stack.name, other.engine.stack.name)
    try:
        present = other.deployment()
        division = divided(source.deployment(), present, types.__contains__, names)
        if not (division.changes_target and division.has_secrets):
            return division
        # A secret is encrypted with the key of its state. The engine decrypts it, and encrypts it with the other key.
        opened = divided(source.deployment(show_secrets=True), present, types.__contains__, names)
    except DivisionError as error:
        raise ToolError(str(error)) from error
    return replace(division, target=opened.target)


def _show(source: Stack, other: Stack, division: Division) -> None:
    table = Table(
        title=f"from {source.title} ({source.name}) to {other.title} ({other.name})",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for heading in ("type", "name", "ID in the cloud"):
        table.add_column(heading, overflow="fold")
    for resource in division.moved:
        table.add_row(resource.type, resource.name, resource.id)
    wide_console().print(table)


def _prove(source: StackState, other: StackState, division: Division) -> None:
    """Compare both states with what was to be written: every resource is in exactly one of them."""
    with step("comparing both states with what was shown"):
        left, arrived = (_identified(holder.read() or State()) for holder in (source, other))
        expected = {(resource.type, resource.name, resource.id) for resource in division.moved}
        if expected - arrived or expected & left:
            raise ToolError(
                f"{len(expected - arrived)} resources are not in the state of {other.engine.stack.title}, and "
                f"{len(expected & left)} are still in the state of {source.engine.stack.title}: somebody wrote a state "
                "at the same time. Nothing in the cloud was changed. Run it again."
            )


def _identified(state: State) -> set[tuple[str, str, str]]:
    return {(resource.type, resource.name, resource.id) for resource in state.resources}
