"""Commands of the documents that no other test runs, in their documented form: through make, and in the shell.

They need a sandbox that is up, because their output comes from its states, its audit log and its cluster. The list of
commands is unit/cli/documented_commands.yaml.
"""

import os
import re
import shlex
from collections.abc import Iterator
from itertools import takewhile

import pytest

from cli.environment import stripped
from e2e.harness import Ran, Sandbox, ran
from sandbox.cloud import settings
from toolchain.environments import CHECKOUT
from unit.cli.documented import commands
from unit.cli.test_documented_commands import table

# The API server decides on it, and does not do it. A restart has no such option, and is undone by the next in the list.
_TRIED = "kubectl patch "
# Of the API server, and of a database's connector.
_REFUSALS = ("is forbidden: User ", "Cloud SQL IAM authentication failed for user ")


def _made(shared: Sandbox, command: str) -> Ran:
    """Run a command as a person does, in the checkout."""
    env = {**stripped(), "SANDBOX_DIR": str(shared.path), "MAKEFLAGS": ""}
    return ran(["sh", "-c", command], CHECKOUT, env)


def _documented(part: str) -> list[str]:
    """The commands of a part of the table as the documents show them, each once, for the sandbox."""
    found: set[str] = set()
    for command in commands():
        if command.signature in table()[part]:
            text = command.text.partition(" > ")[0]
            for shown, own in table()["values"].items():
                text = text.replace(shown, own)
            found.add(text)
    return sorted(found)


@pytest.mark.parametrize("command", _documented("run"))
def test_a_command_of_make_does_what_it_says(shared: Sandbox, command: str) -> None:
    ran = _made(shared, command).succeeded()

    assert ran.out.strip(), ran.text
    assert "Traceback" not in ran.text


@pytest.mark.parametrize("command", _documented("refused"))
def test_what_the_documents_say_is_refused_is_refused(shared: Sandbox, command: str) -> None:
    ran = _made(shared, command)

    assert ran.code != 0
    assert any(refusal in ran.text for refusal in _REFUSALS), ran.text


def test_a_team_may_do_in_its_namespace_what_the_guide_for_those_on_call_says(shared: Sandbox) -> None:
    listed = [command.replace("<app>", "storefront") for command in table()["kubectl"]]
    tried = [f"{command} --dry-run=server" if command.startswith(_TRIED) else command for command in listed]
    shared.run("shell", "--app", "storefront", "--cmd", " && ".join(tried)).succeeded()


@pytest.fixture
def as_they_were(shared: Sandbox) -> Iterator[None]:
    """The settings of the simulated cloud, put back."""
    with shared.cloud() as cloud:
        before = {name: cloud.store.setting(name) for name in settings.SETTINGS}
    yield
    with shared.cloud() as cloud, cloud.store.transaction():
        for name, value in before.items():
            if value is None:
                cloud.store.remove_setting(name)
            else:
                cloud.store.set_setting(name, value)


@pytest.mark.usefixtures("as_they_were")
def test_what_is_done_to_the_simulated_cloud_by_hand_is_done(shared: Sandbox) -> None:
    for command in table()["settings"]:
        env = {**os.environ, "SANDBOX_DIR": str(shared.path)}
        words = [str(CHECKOUT / "tests/.venv/bin/python"), *shlex.split(command)[1:]]
        ran(words, CHECKOUT / "tests", env).succeeded()


def test_the_engine_has_every_command_and_option_of_its_own(shared: Sandbox) -> None:
    asked: dict[str, str] = {}
    for command in commands():
        program, *words = command.words
        if program != "pulumi":
            continue
        names = list(takewhile(lambda word: re.fullmatch("[a-z-]+", word) and not word.startswith("-"), words))
        shown = next(
            (told for length in range(min(len(names), 2), 0, -1) if (told := _help(shared, asked, *names[:length]))), ""
        )
        assert shown, f"{command.document}: the engine has no command {command.text!r}"
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        missing = {option for option in options if not re.search(rf"{option}\b", shown)}
        assert not missing, f"{command.document}: {command.text}: the engine has no {missing}"


def _help(shared: Sandbox, asked: dict[str, str], *names: str) -> str:
    """The engine's help for a command, which may be another name of one; empty where it has none."""
    key = " ".join(names)
    if key not in asked:
        told = _made(shared, f"'{shared.directory.bin}/pulumi' {key} --help").out
        above = "".join(f"{name} " for name in names[:-1])
        asked[key] = told if re.search(rf"^\s+pulumi {above}[a-z]", told, re.MULTILINE) else ""
    return asked[key]
