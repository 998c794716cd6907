"""A plan under evaluation: the engine's update plan, the state before it, and the events of the preview.

Update plan: `pulumi preview --save-plan`. State: `pulumi stack export`, or the backend's file. Events: `pulumi preview
--event-log`. The update is bound to the update plan, which lacks `retainOnDelete` and old names; the events have them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine import events, plans, states
from engine.document import FormatError
from engine.events import Events
from engine.plans import UpdatePlan
from engine.states import State
from engine.urns import STACK


@dataclass(frozen=True)
class Plan:
    """Input of a verdict.

    Attributes:
        update: the engine's update plan; None when the preview ended without one.
        hash: SHA-256 of the update plan's file; empty without one.
        state: the stack's state before the update.
        state_hash: SHA-256 of the state's file.
        events: summary of the preview's event log.
    """

    update: UpdatePlan | None
    hash: str
    state: State
    state_hash: str
    events: Events

    @property
    def stack_urn(self) -> str:
        """URN of the stack's own resource; empty when neither update plan nor state has one."""
        known = (*self.state.by_urn, *(self.update.resource_plans if self.update else ()))
        return next((urn for urn in known if f"::{STACK}::" in urn), "")


def read(update: Path, state: Path, event_log: Path) -> Plan:
    """Read a plan from its three files; the file of the update plan may be missing.

    Raises:
        FormatError: a file cannot be read, or has another form.
    """
    update_bytes = _content(update, "plan") if update.exists() else b""
    state_bytes = _content(state, "state")
    return Plan(
        update=plans.parse(update_bytes, update.name) if update_bytes else None,
        hash=hashlib.sha256(update_bytes).hexdigest() if update_bytes else "",
        state=states.parse(state_bytes, state.name),
        state_hash=hashlib.sha256(state_bytes).hexdigest(),
        events=events.parse(_content(event_log, "event log"), event_log.name),
    )


def _content(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FormatError(what, file.name, error.strerror or str(error)) from None
