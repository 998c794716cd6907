"""The command line behind make: yes and no by their value, one module per target, and messages about wrong use."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import command_line, commands, lock, preview, programs
from cli.command_line import load, options
from cli.commands import NAMES
from cli.embedded import commands as embedded
from cli.embedded import tools
from cli.github import settings
from cli.options import variable
from toolchain.environments import CHECKOUT
from toolchain.errors import UsageError

MEANT = {**dict.fromkeys(("yes", "Yes", "true", "TRUE", "1"), True), **dict.fromkeys(("no", "NO", "false", "0"), False)}
SWITCHES = [(name, each.opts[0]) for name in NAMES for each in options(load(name)) if each.metavar in ("yes", "no")]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Arguments of a command that was run."""
    values: dict[str, Any] = {}

    def take(*arguments: object, **named: Any) -> int:
        del arguments
        values.update(named)
        return 0

    for module in (lock, preview, settings):
        monkeypatch.setattr(module, "run", take)
    return values


@pytest.mark.parametrize(("text", "meant"), MEANT.items())
@pytest.mark.parametrize(
    ("command", "option"), [("lock", "--UPGRADE"), ("preview", "--REFRESH"), ("github", "--CHECK")]
)
def test_a_switch_is_what_its_value_says(
    given: dict[str, Any], command: str, option: str, text: str, *, meant: bool
) -> None:
    assert command_line.run([command, option, text]) == 0
    assert given[option.strip("-").lower()] is meant


def test_a_switch_that_is_not_given_is_off(given: dict[str, Any]) -> None:
    assert command_line.run(["lock"]) == 0
    assert given == {"upgrade": False}


@pytest.mark.parametrize(("command", "option"), SWITCHES)
@pytest.mark.parametrize("text", ["maybe", "", "yes ", "2"])
def test_a_switch_that_is_neither_yes_nor_no_is_refused_as_it_was_written(
    given: dict[str, Any], command: str, option: str, text: str
) -> None:
    name = variable(option)
    with pytest.raises(
        UsageError, match=f"^{name}={text} is neither yes nor no, so nothing was done; write {name}=yes"
    ):
        command_line.run([command, option, text])
    assert given == {}


@pytest.mark.parametrize("command", NAMES)
def test_no_command_has_a_flag_that_is_set_whatever_value_make_passes(command: str) -> None:
    assert [each.opts for each in options(load(command)) if each.is_flag] == []


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (["test", "--ARGS", "unit -k 'a and b'"], ["unit", "-k", "a and b"]),
        (["test"], ["--numprocesses=logical", "--dist=loadfile", "--no-loadscope-reorder"]),
    ],
)
def test_further_arguments_arrive_as_a_shell_would_split_them(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], passed: list[str]
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(tools, "ensure", lambda: None)
    monkeypatch.setattr(programs, "run", lambda module, words: ran.append([module, *words]) or 0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] - of the double alone

    assert command_line.run(arguments) == 0
    assert ran == [["pytest", "-c", "pyproject.toml", *passed]]


def test_the_commands_with_a_switch_are_known() -> None:
    assert {f"{name} {variable(option)}" for name, option in SWITCHES} == {
        *(
            "access PLANNED",
            "bootstrap YES",
            "databases CHECK",
            "databases DECLARED",
            "github CHECK",
            "history READS",
            "lock UPGRADE",
        ),
        *(
            "move YES",
            "new-app PUBLIC",
            "pins CHECK",
            "portal DRIFT",
            "deploy HARMLESS",
            "preview FULL",
            "preview REFRESH",
            "deploy REFRESH",
            "up REFRESH",
        ),
    }


def test_there_is_a_module_for_each_target_and_no_other() -> None:
    folders = [*commands.__path__, *embedded.__path__]
    modules = [file.stem.replace("_", "-") for folder in folders for file in Path(folder).glob("[!_]*.py")]

    assert sorted(modules) == sorted(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("command", NAMES)
def test_a_command_describes_itself_and_all_that_it_takes(command: str) -> None:
    found = load(command)

    assert found.help
    assert all(each.help for each in options(found))


def test_a_command_waits_for_no_module_of_another_one() -> None:
    code = (
        "import sys; from cli import command_line; command_line.load('down'); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'google', 'jinja2', 'rich', 'requests'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT / "tests", capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
