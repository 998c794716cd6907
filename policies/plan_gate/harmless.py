"""Drift that a deployment may put back unattended: harmless_drift.yaml, a closed list of types and properties.

A plan that is carried out unattended does nothing else. Whatever protects, holds data or decides who may do what is in
no such list: the loader refuses it.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from engine import data, paths, urns
from plan_gate import weakening
from plan_gate.change import Change, Changes, Operation
from policy_pack.acceptances import Property, untouchable

FILE: Final = Path(__file__).resolve().parents[1] / "harmless_drift.yaml"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    harmless: dict[str, dict[Property, Annotated[str, Field(min_length=10)]]]


Harmless = dict[str, tuple[paths.Path, ...]]


@cache
def load(file: Path = FILE) -> Harmless:
    """Return the harmless properties by type; each stands for what is below it as well.

    Raises:
        engine.data.DataError: the file has another form, or lists what may not be put back unattended.
    """
    listed = data.load(file, _File).harmless
    problems = [problem for kind, of in listed.items() for path in of for problem in _problems(kind, path)]
    if problems:
        raise data.unusable(file, problems)
    return {kind: tuple(map(paths.parse, of)) for kind, of in listed.items()}


def _problems(kind: str, path: str) -> Iterator[str]:
    place = f"harmless.{kind}.{path}"
    if why := untouchable(kind):
        yield f"{place}: nothing of this type is put back unattended: {why}. Remove it."
    of = weakening.settings().types.get(kind)
    for other in of.paths if of else ():
        if path == other or f"{other}.".startswith(f"{path}.") or f"{path}.".startswith(f"{other}."):
            yield f"{place}: a change of {other} is one that somebody looks at (plan_weakening.yaml). Remove it."


def others(changes: Changes, harmless: Harmless) -> Iterator[tuple[str, str]]:
    """Yield pairs of a URN and what a plan does beside putting harmless drift back."""
    for change in changes.all:
        label = urns.label(change.urn)
        for option in change.options:
            yield change.urn, f"{label}: sets {option.option}"
        if change.operation is Operation.SAME or change.is_component:
            if change.goal and change.is_component and _publishes(change):
                yield change.urn, f"{label}: changes what the stack publishes"
        elif change.operation is not Operation.UPDATE or change.recorded is None or change.old is None:
            yield change.urn, f"{label}: {change.operation}"
        else:
            listed = harmless.get(change.type, ())
            for path, _, after in paths.changed(change.before, change.after):
                is_listed = any(path[: len(each)] == each for each in listed)
                if not is_listed or not paths.equal(after, paths.value(change.recorded.inputs, path)):
                    yield change.urn, f"{label}: {paths.text(path)}"


def _publishes(change: Change) -> bool:
    difference = change.goal.output_diff if change.goal else None
    return bool(difference and (difference.adds or difference.updates or difference.deletes))
