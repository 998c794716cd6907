"""The verdict on a terminal."""

from rich.console import Console
from rich.text import Text

from engine.text import visible
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


def _section(out: Console, section: Section) -> None:
    out.print(Text(f"  {section.title}", style="bold red" if section.grave else "bold"))
    for line in short(section):
        out.print(Text(f"    {line}", style=_SIGNS.get(line[:2].rstrip(), "")), soft_wrap=True)
