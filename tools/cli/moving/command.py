"""Steps of `make move`, in order: read both states, show what moves, write the target, write the source, compare.

The target is written first. A run that is interrupted between the two leaves the resources in both states, where the
next run finds them and goes on; until then the plan gate refuses every deployment of the source, which would delete
them.
"""

from collections.abc import Iterable
from dataclasses import replace

from rich.table import Table

from cli import target
from cli.bootstrap.asking import ask
from cli.bootstrap.stack_state import StackState
from cli.console import wide_console
from cli.layout import Stack, stacks
from cli.moving.declaring import Declarations
from engine.division import Chain, Division, DivisionError, Names, chains, divided
from engine.states import State
from toolchain.errors import ToolError
from toolchain.progress import say, step

_SHOWN = 5


def run(environment: str, *, agreed: bool = False) -> int:
    """Move what another stack of the same project declares now; return 1 when something is left to move later.

    Raises `ToolError` when a state cannot be read or written; a state is either as before or as shown.
    """
    chosen, cloud = stacks(environment), target.of(environment)
    declarations, moved = Declarations(chosen), 0
    waiting, left = dict[str, None](), list[str]()
    for source in filter(cloud.is_prepared, chosen):
        with cloud.administered([source]) as [state]:
            held = chains(state.deployment()).values()
        for other in _destinations(declarations, source, held):
            if not cloud.is_prepared(other):
                waiting[other.title] = None
                continue
            with cloud.administered([source, other]) as (of_source, of_other):
                moved += _move(of_source, of_other, declarations, agreed=agreed)
        if names := sorted(chain[0][1] for chain in held if declarations.is_left(source, chain)):
            left.append(_without_stack(source, names))
    for line in left:
        say(line)
    if waiting:
        say(
            f"{', '.join(waiting)}: there is no state yet, so nothing was moved there. Make it with `make bootstrap "
            f"STACK={environment}`, then run this again"
        )
    if not (moved or left or waiting):
        say("every resource is in the state of the stack that declares it; nothing was changed")
    return 1 if left or waiting else 0


def _destinations(declarations: Declarations, source: Stack, held: Iterable[Chain]) -> list[Stack]:
    """Stacks that declare something of what a stack holds, in their order."""
    found = {other for chain in held if (other := declarations.destination(source, chain))}
    return sorted(found, key=lambda stack: stack.place)


def _without_stack(source: Stack, names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return (
        f"{source.title} still holds what a team has, and the team has no stack file: {shown}. Write the file "
        "(.github/guides/make-it-yours.md), then run this again"
    )


def _move(source: StackState, other: StackState, declarations: Declarations, *, agreed: bool) -> int:
    """Move resources from one stack to another one; return their number."""
    division = _divided(source, other, declarations)
    if not division.moved:
        return 0
    _show(source.engine.stack, other.engine.stack, division)
    ask("Move them? Nothing in the cloud changes.", agreed=agreed)
    # Read again: somebody may have deployed while the question was open, and their update must not be lost.
    if (again := _divided(source, other, declarations)) != division:
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


def _divided(source: StackState, other: StackState, declarations: Declarations) -> Division:
    stack, to = source.engine.stack, other.engine.stack
    names = Names(stack.project, stack.name, to.name)

    def moves(chain: Chain) -> bool:
        return declarations.destination(stack, chain) == to

    try:
        present = other.deployment()
        division = divided(source.deployment(), present, moves, names)
        if not (division.changes_target and division.has_secrets):
            return division
        # A secret is encrypted with the key of its state. The engine decrypts it, and encrypts it with the other key.
        opened = divided(source.deployment(show_secrets=True), present, moves, names)
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
