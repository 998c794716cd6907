"""Structures of the layers' states: the URN and the object of every resource, as the programs declare the example.

Each structure is kept under its date, so that a later program is compared with the states of all earlier ones: an
update by a program that declares an object under another URN, without an alias, creates over the object and deletes it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from policy_pack import objects
from unit.apps import deployment as apps
from unit.identity.declared import committed_daily, committed_foundation, committed_team
from unit.platform_ import deployment as platform
from unit.pulumi_mocks import Declared, Engine, Urn

FOLDER = Path(__file__).resolve().parent / "kept_structures"
KEEP = ".venv/bin/python -m lab.structures, from tests/"
PROGRAMS: dict[str, Callable[[], Engine]] = {
    "identity/foundation": committed_foundation,
    "identity": committed_daily,
    "identity/team": committed_team,
    "platform": platform.deploy,
    "platform/storage": platform.deploy_storage,
    "platform/namespaces": platform.deploy_namespaces,
    "apps/storefront": apps.deploy,
    "apps/reports": lambda: apps.deploy(stack="reports-sandbox"),
}

# URN by the name of an object: in its kind, project and place, as the cloud knows it.
Structure = dict[str, Urn]


def structure(declared: Iterable[Declared]) -> Structure:
    """Return the URN of each object that a program declares."""
    return {name: (item.kinds, item.name) for item in declared for name in _objects(item)}


def problems(kept: Structure, declared: Iterable[Declared]) -> Iterator[str]:
    """Yield the objects that an update of a kept state would create under one URN, and delete under another."""
    for item in declared:
        for name in _objects(item):
            former = kept.get(name)
            if former and former not in item.known_as:
                yield (
                    f"{name}: created as {shown((item.kinds, item.name))}, and then deleted as {shown(former)}. Give "
                    "the component or the resource that was renamed or moved an alias (pulumi.Alias)."
                )


def kinds(kept: Structure) -> set[tuple[str, ...]]:
    """Return the types of a structure, each with the components around it."""
    return {kinds for kinds, _ in kept.values()}


def shown(urn: Urn) -> str:
    """Return a URN without stack and project."""
    return f"{'$'.join(urn[0])}::{urn[1]}"


def dates() -> list[str]:
    """Return the dates of the kept structures, the oldest first."""
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def read(date: str) -> dict[str, Structure]:
    """Return a kept structure by program."""
    content: dict[str, dict[str, str]] = json.loads((FOLDER / f"{date}.json").read_text(encoding="utf-8"))
    return {program: {name: _urn(text) for name, text in kept.items()} for program, kept in content.items()}


def write(date: str) -> Path:
    """Keep the structure of the programs as they are, and return its file."""
    now = {program: structure(declare().declared) for program, declare in PROGRAMS.items()}
    content = {program: {name: shown(urn) for name, urn in sorted(kept.items())} for program, kept in now.items()}
    file = FOLDER / f"{date}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return file


def _objects(item: Declared) -> Iterator[str]:
    """Yield the names of a resource's objects; a component has none, and a version of a secret is new each time."""
    if item.type in objects.NAMED:
        for name in objects.names(item.type, item.inputs, {}):
            yield " ".join(name)


def _urn(text: str) -> Urn:
    chain, _, name = text.rpartition("::")
    return tuple(chain.split("$")), name
