"""Command line of the commands; a module is loaded only when its command runs, so no other command waits for it."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup, TyperOption

from cli.commands import NAMES, module
from cli.options import variable
from toolchain.progress import say


class Commands(TyperGroup):
    """Group of all commands. It takes options in capitals as well: make passes its variables by their own names."""

    def __init__(self) -> None:
        super().__init__(name="make", rich_markup_mode=None, context_settings={"token_normalize_func": str.lower})

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of `make help`."""
        del ctx
        return list(NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """A command by its name; None for an unknown name."""
        del ctx
        return load(cmd_name) if cmd_name in NAMES else None


def load(name: str) -> TyperCommand:
    """A command, with its module."""
    loaded = import_module(module(name) or name)
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name)(loaded.command)
    return cast("TyperCommand", typer.main.get_command(app))


def options(command: Any) -> list[TyperOption]:
    """Options of a command that are variables of make: all but `--help`."""
    return [
        parameter for parameter in command.params if isinstance(parameter, TyperOption) and parameter.opts != ["--help"]
    ]


def shown(option: TyperOption) -> str:
    """An option, as make takes it: `LAYER=…`."""
    return f"{variable(option.opts[0])}={option.metavar or '…'}"


def run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name; return the exit code, 2 for a wrong use, which is explained."""
    try:
        return Commands().main(arguments, prog_name="make", standalone_mode=False)
    except typer.TyperException as error:
        say(f"error: {_explanation(error)}")
        return getattr(error, "exit_code", 2)


def _explanation(error: typer.TyperException) -> str:
    """Message of a wrong use, with the names that make takes."""
    context: typer.Context | None = getattr(error, "ctx", None)
    parameter: TyperOption | None = getattr(error, "param", None)
    if context is None or context.parent is None:
        return f"{error.format_message().rstrip('.')}; `make help` lists the commands"
    command = f"`make {context.info_name}`"
    if parameter is not None:
        name = variable(parameter.opts[0])
        wrong = f"cannot take this {name} ({error.message})" if error.message else f"needs {shown(parameter)}"
        return f"{command} {wrong}, so nothing was done. {name} is {parameter.help}."
    names = [variable(option.opts[0]) for option in options(context.command)]
    if (unknown := variable(getattr(error, "option_name", ""))) and unknown not in names:
        taken = f"it takes {', '.join(names)}" if names else "it takes none"
        return f"{command} has no variable {unknown}, so nothing was done; {taken}"
    return error.format_message()
