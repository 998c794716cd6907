"""Targets of the Makefile and tables of COMMANDS.md, generated from the commands, which alone declare variables."""

import posixpath
import re
from pathlib import PurePosixPath

from cli.command_line import load, options, shown
from cli.commands import GROUPS, NAMES
from cli.options import variable

DOCUMENT = ".github/COMMANDS.md"
_LINK = re.compile(r"(?<=\]\()[^)]+(?=\))")


def targets() -> str:
    """The Makefile's targets under their headings, each with its line for `make help`."""
    return "\n\n".join(
        "\n\n".join([f"##@ {heading}\n{_target(names[0])}", *map(_target, names[1:])])
        for heading, names in GROUPS.items()
    )


def commands() -> str:
    """The commands as a table in Markdown."""
    rows = ["| command | what it does | variables |", "|---|---|---|"]
    for name in NAMES:
        variables = ", ".join(f"`{variable(option.opts[0])}`" for option in options(load(name)))
        text = _LINK.sub(_from_document, " ".join((load(name).help or "").split()))
        rows.append(f"| `make {name}` | {text} | {variables} |")
    return "\n".join(rows)


def _from_document(link: re.Match[str]) -> str:
    """A link of a command's help, which is relative to the top of the checkout, made relative to the document."""
    return posixpath.relpath(link[0], PurePosixPath(DOCUMENT).parent)


def variables() -> str:
    """The variables of all commands as a table in Markdown; equal variables of several commands share a row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for name in NAMES:
        for option in options(load(name)):
            rows.setdefault((shown(option), option.help or ""), []).append(name)
    lines = [f"| `{_cell(usage)}` | {meaning} | {', '.join(names)} |" for (usage, meaning), names in rows.items()]
    return "\n".join(["| variable | meaning | of |", "|---|---|---|", *lines])


def _target(name: str) -> str:
    command = load(name)
    summary = " ".join((command.help or "").partition("\n\n")[0].split()).rstrip(".")
    required = " ".join(shown(option) for option in options(command) if option.required)
    others = " ".join(shown(option) for option in options(command) if not option.required)
    line = summary + (f": {required}" if required else "") + (f" [{others}]" if others else "")
    return f".PHONY: {name}\n{name}: ## {line}\n\t@$(RUN) $@ $(options)"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
