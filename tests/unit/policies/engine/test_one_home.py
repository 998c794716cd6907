"""Pulumi's formats have one reader: no other module of the policies and the commands knows how they are written."""

import re
from pathlib import Path

import pytest

from engine import values
from sandbox.plugins import protocol
from toolchain.environments import CHECKOUT
from unit.policies.engine.marked import MARK, SECRET

_HOME = CHECKOUT / "policies" / "engine"
# The simulated cloud's plugins speak the engine's protocol to the engine itself.
_LEAF = CHECKOUT / "tools" / "sandbox"
_KEYS = (
    "checkpoint|pending_operations|secrets_providers|propertyDependencies|resourcePlans|oldState|newState"
    "|resourcePreEvent|resOutputsEvent|policyEvent|diagnosticEvent|summaryEvent"
)
_READERS = {
    "the mark of a secret": re.compile(f"{MARK}|{SECRET[MARK]}"),
    "the mark of an unknown value": re.compile("04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
    "the word for a masked secret": re.compile(r"[\"']\[secret\][\"']"),
    "a key of a state, a plan or an event": re.compile(rf"[\"']({_KEYS})[\"']"),
    "a state's deployment or resources": re.compile(r"(\[|get\()[\"'](deployment|resources)[\"'][,\])]"),
    "the separator of a URN's parts": re.compile(r"(split|partition)\(\"::\""),
}
# The document of access has resources as well.
_OTHERS = {("tools/cli/portal/pages.py", "a state's deployment or resources")}


def _modules() -> list[Path]:
    """Modules of the policies and of tools/, without the one home and the leaf."""
    files = [file for top in ("policies", "tools") for file in (CHECKOUT / top).rglob("*.py")]
    return [
        file
        for file in files
        if ".venv" not in file.parts and not file.is_relative_to(_HOME) and not file.is_relative_to(_LEAF)
    ]


@pytest.mark.parametrize("what", _READERS)
def test_nothing_but_the_package_knows_how_the_engine_writes(what: str) -> None:
    readers = {
        file.relative_to(CHECKOUT).as_posix() for file in _modules() if _READERS[what].search(file.read_text("utf-8"))
    }

    assert readers - {name for name, kind in _OTHERS if kind == what} == set()


@pytest.mark.parametrize("what", _READERS)
def test_the_patterns_find_the_package_itself(what: str) -> None:
    content = "\n".join(file.read_text("utf-8") for file in _HOME.glob("*.py"))

    assert _READERS[what].search(content)


def test_the_sandboxs_marks_are_the_engines() -> None:
    assert values.masked(protocol.secret("x")) == values.HIDDEN
    assert values.is_unknown(protocol.UNKNOWN)
