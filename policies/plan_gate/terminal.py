"""The verdict on a terminal."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console
from rich.text import Text

from engine.text import visible
from plan_gate import digest
from plan_gate.requirements import Needs
from plan_gate.summary import Section, counted, sections, short
from plan_gate.verdict import Verdict
from reports.terminal import console

_SIGNS = {"+": "green", "-": "red", "~": "yellow", "!": "bold red"}


def show(verdict: Verdict, title: str, *, binding: bool) -> None:
    """Print the verdict: one line where it passes and changes nothing, else with the blast radius.

    A binding verdict names its plan and state: it admits this plan and no other.
    """
    out = console()
    word, style = ("passed", "bold green") if verdict.passed else ("refused", "bold red")
    out.print(
        Text.assemble(f"plan gate: {visible(title)}: ", (word, style), f" ({counted(verdict.reach)})"), soft_wrap=True
    )
    for section in sections(verdict):
        _section(out, section)
    if binding and verdict.plan.hash:
        hashes = f"  plan {verdict.plan.hash[:16]} on state {verdict.plan.state_hash[:16]}"
        out.print(Text(hashes, style="dim"), soft_wrap=True)


def show_needs(needs: Needs, title: str) -> None:
    """Print what the update of a plan requires: what it would be refused for first, then the least role."""
    out = console()
    number = sum(map(len, needs.least_role.values()))
    word, style = (f"{len(needs.refused)} missing", "bold red") if needs.refused else ("nothing missing", "bold green")
    summary = f"{visible(title)}: {needs.account} requires {number} permissions for this plan: "
    out.print(Text.assemble(summary, (word, style)), soft_wrap=True)
    for section in (
        Section("the update would be refused", needs.refused, grave=True),
        Section("known in the update only", needs.uncertain),
        Section("the least role for this plan, by resource", tuple(_least(needs))),
    ):
        if section.lines:
            _section(out, replace(section, lines=tuple(map(visible, section.lines))))


def _least(needs: Needs) -> Iterator[str]:
    """Yield the least role, what one resource requires like another one in one line."""
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for place, permissions in needs.least_role.items():
        alike[permissions].append(place)
    for permissions, places in alike.items():
        yield f"{digest.named(places)}: {', '.join(permissions)}"


def _section(out: Console, section: Section) -> None:
    out.print(Text(f"  {section.title}", style="bold red" if section.grave else "bold"))
    for line in short(section):
        out.print(Text(f"    {line}", style=_SIGNS.get(line[:2].rstrip(), "")), soft_wrap=True)
