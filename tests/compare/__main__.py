"""Command of the comparison: print the differences, and end with 1 when one is not declared."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pulumi
from rich.table import Table

from cli import contracts, layout
from cli.console import wide_console
from cli.layout import LAYERS, Stack, present
from compare.differences import FILE, Difference, Intended, differences, intended, shown, unused
from compare.values import values
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError
from toolchain.progress import say


@dataclass(frozen=True)
class Compared:
    """Differences in a layer: intended ones with their entries, unintended ones, and entries without a difference."""

    layer: str
    intended: tuple[tuple[Difference, Intended], ...]
    unintended: tuple[Difference, ...]
    unused: tuple[Intended, ...]


def compared(layer: str) -> Compared:
    """Compare each stack of a layer with its stack in the next environment."""
    pairs = list(_pairs(layer))
    different = [difference for earlier, later in pairs for difference in _differences(earlier, later)]
    entries = intended(CHECKOUT / layer / FILE)
    covered = [(item, next((entry for entry in entries if entry.covers(item)), None)) for item in different]
    return Compared(
        layer,
        tuple((difference, entry) for difference, entry in covered if entry),
        tuple(difference for difference, entry in covered if not entry),
        tuple(unused(entries, different, _fully_deployed(pairs))),
    )


def _fully_deployed(pairs: Iterable[tuple[Stack | str, Stack]]) -> Iterator[str]:
    """Titles of the resources that both the last environment and the one before it have."""
    last = layout.environments()[-1:]
    for earlier, later in pairs:
        if isinstance(earlier, Stack) and later.environment in last:
            yield from values(earlier).keys() & values(later).keys()


def _pairs(layer: str) -> Iterator[tuple[Stack | str, Stack]]:
    """Pairs of a stack and its stack in the nearest earlier environment.

    The earlier environment's name takes the place of its stack when it has the layer but not the app. An environment
    without the layer is passed over.
    """
    before: dict[str | None, Stack] = {}
    last = ""
    for environment in layout.environments():
        here = {stack.part: stack for stack in present(environment, layer) if _runs(stack)}
        for app, stack in here.items():
            if app in before:
                yield before[app], stack
            elif last:
                yield last, stack
        before |= here
        last = environment if here else last


def _runs(stack: Stack) -> bool:
    """Return whether all stacks that a stack depends on are set up; `make check` lists missing ones."""
    team = stack.of_team()
    there = {
        member.program
        for layer in LAYERS
        for member in present(stack.environment, layer)
        if not member.is_app and member.of_team() in ("", team)
    }
    programs = (program for wave in contracts.waves() for program in wave)
    return all(program in there for program in programs if contracts.depends(stack.program, program))


def _differences(earlier: Stack | str, later: Stack) -> list[Difference]:
    if isinstance(earlier, str):
        return [Difference(f"Stack {later.part}", "", (), ("",), (earlier, later.environment))]
    return differences(values(earlier), values(later), (earlier.environment, later.environment))


def _report(result: Compared) -> int:
    """Print the findings of a layer; return their number."""
    for difference in result.unintended:
        print(f"{result.layer}: {difference.words()}")
    for entry in result.unused:
        print(
            f"{result.layer}/{FILE}: nothing differs any more in {entry.property} of {entry.resource}; remove the entry"
        )
    return len(result.unintended) + len(result.unused)


def _show(result: Compared) -> None:
    if not result.intended:
        return
    table = Table(title=f"{result.layer}: differs as declared", title_justify="left", box=None, pad_edge=False)
    for heading in ("resource", "property", "from", "to", "because"):
        table.add_column(heading, overflow="fold")
    for difference, entry in result.intended:
        first, second = difference.between
        table.add_row(
            difference.resource,
            difference.property,
            f"{first}: {shown(difference.earlier)}",
            f"{second}: {shown(difference.later)}",
            entry.reason,
        )
    wide_console().print(table, markup=False)


def main(options: list[str]) -> int:
    """Compare the environments; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m compare")
    parser.add_argument("--layer")
    parser.add_argument("--quiet", action="store_true", help="findings alone")
    arguments = parser.parse_args(options)
    if arguments.layer is not None and arguments.layer not in LAYERS:
        raise UsageError(f"there is no layer {arguments.layer!r}; the layers are {', '.join(LAYERS)}")
    names = layout.environments()
    if len(names) < 2:
        if not arguments.quiet:
            print(
                f"{names[0]} is the only environment: nothing to compare"
                if names
                else "no environment: nothing to compare"
            )
        return 0
    results = [compared(layer) for layer in ([arguments.layer] if arguments.layer else LAYERS)]
    number = sum(map(_report, results))
    if number:
        print(
            "A change reaches every environment in the order of policies/environments.yaml, and none is protected less "
            f"than one before it. Correct the stack files; what is intended is declared with its reason in {FILE} of "
            "the layer."
        )
    if not arguments.quiet:
        for result in results:
            _show(result)
        print(f"\n{sum(len(result.intended) for result in results)} differences as declared, {number} findings")
    return 1 if number else 0


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
    except ToolError as error:
        say(f"error: {error}")
        code = error.exit_code
    except pulumi.RunError as error:
        say(f"error: nothing was compared, because a program refuses its stack (`make check` names it). {error}")
        code = 1
    sys.exit(code)
