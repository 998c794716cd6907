"""Output of an answer on a terminal or as Markdown. Text from outside, such as a commit's title, stays plain text."""

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.github.markdown import escaped, plain
from cli.history.rendering import Listing, Paragraph, Part


def on_terminal(parts: Iterable[Part], console: Console) -> None:
    """Print an answer on a terminal."""
    for number, part in enumerate(parts):
        if number:
            console.print()
        if isinstance(part, Listing):
            console.print(_table(part))
            if part.more:
                console.print(_text(part.more))
        elif isinstance(part, Paragraph):
            _print(part, console)
        else:
            console.print(_text(part.text))


def markdown(parts: Iterable[Part]) -> str:
    """Return an answer as Markdown."""
    return "\n\n".join(map(_markdown, parts)) + "\n"


def _table(part: Listing) -> Table:
    table = Table(title=part.title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in part.headings:
        table.add_column(heading, overflow="fold")
    for row in part.rows:
        table.add_row(*map(_text, row))
    return table


def _print(part: Paragraph, console: Console) -> None:
    console.print(Text(plain(part.title), "bold"))
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(min_width=12)
    facts.add_column(overflow="fold")
    for key, text in part.facts:
        facts.add_row(key, _text(text))
    console.print(Padding(facts, (0, 0, 0, 2)))
    for title, lines in part.items:
        console.print(Padding(_text(title), (0, 0, 0, 2)))
        for line in lines:
            console.print(Padding(_text(line), (0, 0, 0, 6)))


def _text(text: str) -> Text:
    """Return plain text, without markup and without control characters that move the cursor."""
    return Text(plain(text))


def _markdown(part: Part) -> str:
    if isinstance(part, Listing):
        rows = [f"| {' | '.join(map(escaped, row))} |" for row in (part.headings, *part.rows)]
        rule = f"|{'---|' * len(part.headings)}"
        return "\n".join(
            [f"### {escaped(part.title)}", "", rows[0], rule, *rows[1:], *(["", part.more] if part.more else [])]
        )
    if isinstance(part, Paragraph):
        facts = [f"- {escaped(key)}: {escaped(text)}" for key, text in part.facts]
        items = [
            line
            for title, lines in part.items
            for line in (f"- {escaped(title)}", *(f"  - {escaped(detail)}" for detail in lines if detail))
        ]
        return "\n".join([f"### {escaped(part.title)}", "", *facts, *items])
    return escaped(part.text)
