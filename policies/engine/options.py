"""Options of resources (`protect`, `retainOnDelete`, `ignoreChanges`) that a plan changes in the state alone.

The engine plans no step for them: a resource with another option is `same`. It writes the option with the next update.
`deletedWith` is in no file of a preview, so a change of it alone is not seen here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine import urns
from engine.events import Events
from engine.plans import Goal, UpdatePlan
from engine.states import Resource, State


@dataclass(frozen=True)
class OptionChange:
    """Difference between an option in the program and in the state.

    Attributes:
        urn: URN of the resource.
        option: name of the option.
        before: its value in the state, in words.
        after: its value in the program, in words.
    """

    urn: str
    option: str
    before: str
    after: str

    @property
    def line(self) -> str:
        """Change in a line."""
        return f"{urns.label(self.urn)}: {self.option} {self.before} → {self.after}"


def option_changes(update: UpdatePlan, state: State, events: Events) -> Iterator[OptionChange]:
    """Yield the changed options of resources that the state has and the program declares."""
    for urn, planned in update.resource_plans.items():
        old = state.by_urn.get(events.renamed.get(urn, urn))
        if planned.goal and old and planned.goal.custom and "read" not in planned.steps:
            yield from _changed(urn, old, planned.goal, retained=urn in events.retained)


def _changed(urn: str, old: Resource, goal: Goal, *, retained: bool) -> Iterator[OptionChange]:
    values = (
        ("protect", _switch(old.protect), _switch(goal.protect)),
        ("retainOnDelete", _switch(old.retain_on_delete), _switch(retained)),
        ("ignoreChanges", _list(old.ignore_changes), _list(goal.ignore_changes)),
    )
    for option, before, after in values:
        if before != after:
            yield OptionChange(urn, option, before, after)


def _switch(value: bool) -> str:
    return "on" if value else "off"


def _list(paths: Iterable[str]) -> str:
    return ", ".join(sorted(set(paths))) or "nothing"
