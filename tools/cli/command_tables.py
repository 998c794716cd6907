"""Targets of the Makefile and tables of README.md: made from the commands, which alone declare what they take."""

from cli.command_line import load, options, shown
from cli.commands import GROUPS, NAMES
from cli.options import variable


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
        taken = ", ".join(f"`{variable(each.opts[0])}`" for each in options(load(name)))
        rows.append(f"| `make {name}` | {' '.join((load(name).help or '').split())} | {taken} |")
    return "\n".join(rows)


def variables() -> str:
    """The variables of all commands as a table in Markdown; one that means the same in several commands is one row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for name in NAMES:
        for option in options(load(name)):
            rows.setdefault((shown(option), option.help or ""), []).append(name)
    lines = [f"| `{_cell(given)}` | {meaning} | {', '.join(names)} |" for (given, meaning), names in rows.items()]
    return "\n".join(["| variable | meaning | of |", "|---|---|---|", *lines])


def _target(name: str) -> str:
    command = load(name)
    summary = " ".join((command.help or "").partition("\n\n")[0].split()).rstrip(".")
    required = " ".join(shown(each) for each in options(command) if each.required)
    others = " ".join(shown(each) for each in options(command) if not each.required)
    line = summary + (f": {required}" if required else "") + (f" [{others}]" if others else "")
    return f".PHONY: {name}\n{name}: ## {line}\n\t@$(RUN) $@ $(options)"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
