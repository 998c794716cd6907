"""Every command in the documents is run by a test, or it is known by whom, and none of them is made up."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from cli.command_line import load, options
from cli.commands import NAMES
from cli.options import variable
from toolchain.environments import CHECKOUT
from unit.cli.documented import Command, commands

TABLE = Path(__file__).with_name("documented_commands.yaml")
TESTS = CHECKOUT / "tests"

_PLACES = ("run", "refused", "kubectl", "settings", "tested")
# What stands for a value of the reader's own.
_OWN = re.compile(r"<[a-z-]+>|…")


@cache
def table() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(TABLE.read_text(encoding="utf-8")))


def elsewhere(command: Command) -> str:
    """The entry of a program that is not on this machine; empty for another command."""
    return next((one for one in table()["elsewhere"] if f"{command.text} ".startswith(f"{one} ")), "")


def known(command: Command) -> str:
    """Section of the table with a command; empty for a command that is not in it."""
    if command.words[0] in table()["set"]:
        return "set"
    if command.words[0] == "pulumi":
        return "pulumi"
    return next((place for place in _PLACES if command.signature in table()[place]), elsewhere(command))


def of_make() -> Iterator[Command]:
    return (command for command in commands() if command.target)


def test_every_command_of_a_document_is_run_by_a_test() -> None:
    assert [f"{one.document}: {one.signature}" for one in commands() if not known(one)] == [], f"enter it in {TABLE}"


def test_every_entry_is_for_a_command_of_a_document() -> None:
    signatures = {command.signature for command in commands()}
    entries = {signature for place in _PLACES for signature in table()[place]}
    used = {elsewhere(command) for command in commands()}

    assert entries - signatures == set()
    assert set(table()["elsewhere"]) - used == set()


@pytest.mark.parametrize(("command", "by"), table()["tested"].items())
def test_the_test_that_is_named_runs_it(command: str, by: tuple[str, str]) -> None:
    file, text = by
    assert text in (TESTS / file).read_text(encoding="utf-8"), f"{command}: {file} has no {text!r}"


@pytest.mark.parametrize("command", sorted(set(of_make()), key=str), ids=lambda one: one.text)
def test_the_command_behind_make_takes_every_variable(command: Command) -> None:
    having = options(load(command.target)) if command.target in NAMES else []
    taken = {variable(each.opts[0]) for each in having}
    unknown = command.variables - taken
    assert not unknown, f"{command.document}: `make {command.target}` takes no {unknown}"


@pytest.mark.parametrize("command", [one for one in commands() if elsewhere(one)], ids=lambda one: one.text)
def test_a_program_that_is_not_here_is_given_options_that_it_has(command: Command) -> None:
    having = cast("dict[str, int]", table()["elsewhere"][elsewhere(command)])
    words = command.text.partition(" | ")[0].split()
    for place, word in enumerate(words):
        if not word.startswith("-"):
            continue
        option, given, _ = word.partition("=")
        assert option in having, f"{command.document}: {elsewhere(command)} has no {option}"
        follows = place + 1 < len(words) and not words[place + 1].startswith("-")
        assert having[option] == 0 or given or follows, f"{option} takes a value"
