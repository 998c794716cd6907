"""A case of the benchmark: a change of one stack, and how a gate has to judge it."""

from dataclasses import dataclass

from lab.plans.edits import Edit

EVERYDAY = "everyday"
# Kinds of dangerous changes, with the harm in words.
DANGERS = {
    "deletion": "what holds data, or what others stand on, is deleted",
    "replacement": "it is deleted and made anew, empty",
    "unprotection": "it can be deleted by the next mistake",
    "exposure": "strangers reach it",
    "escalation": "somebody can do more than anybody decided",
    "audit": "what happens leaves no trace, or tells nobody",
    "backups": "a loss cannot be made good any more",
    "key": "who can read it, or whether anybody can, changes",
}


@dataclass(frozen=True)
class Case:
    """A change, and how a gate has to judge it.

    Attributes:
        name: words with hyphens.
        stack: title of the stack whose plan is judged, such as `platform/storage`.
        label: EVERYDAY, or one of DANGERS.
        edits: the change.
        way: how the danger comes about where it is not the change itself: `rename`, `provider`, `two steps`.
        before: stacks whose plans come first, so that this one reads the contracts that they would publish.
        unprotected: types that an earlier update has unprotected.
        known: reason for which the plan is judged wrongly, where that is decided; empty for all others.
    """

    name: str
    stack: str
    label: str
    edits: tuple[Edit, ...]
    way: str = ""
    before: tuple[str, ...] = ()
    unprotected: tuple[str, ...] = ()
    known: str = ""

    @property
    def is_dangerous(self) -> bool:
        """Return whether the plan has to be refused."""
        return self.label != EVERYDAY
