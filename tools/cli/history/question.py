"""Questions about the history: people, resources, stacks and a period."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cli.history.model import Change, Entry, Update
from cli.projects import PROJECTS
from engine import urns
from toolchain.errors import UsageError

_SPAN = re.compile(r"(?P<number>[0-9]{1,4})(?P<unit>[mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_KEY = re.compile(rf"(?P<stack>({'|'.join(PROJECTS)})(/[a-z][a-z0-9-]*)?)/(?P<number>[1-9][0-9]*)")


@dataclass(frozen=True)
class Question:
    """A question about the history; None stands for no limit.

    Attributes:
        who: part of a person's name or address, of a login, or of a Google identity.
        resource: part of a resource's name in the state or in the cloud.
        layer: a layer.
        app: an app.
        since: start of the period.
        until: end of the period.
        update: one update alone, with all its details.
        reads: whether to include entries that only read.
        details: whether to compare states for the changes of each update.
        newest: largest number of updates; None for all.
    """

    who: str | None = None
    resource: str | None = None
    layer: str | None = None
    app: str | None = None
    since: datetime | None = None
    until: datetime = field(default_factory=lambda: datetime.now(UTC))
    update: tuple[str, int] | None = None
    reads: bool = False
    details: bool = False
    newest: int | None = None

    def is_in(self, title: str) -> bool:
        """Return whether the question includes a stack, `platform` or `apps/storefront`."""
        layer, _, app = title.partition("/")
        if self.update:
            return title == self.update[0]
        return self.layer in (None, layer) and self.app in (None, app)

    def is_within(self, time: datetime) -> bool:
        """Return whether a time is within the period."""
        return (self.since is None or time >= self.since) and time <= self.until

    def is_by(self, update: Update) -> bool:
        """Return whether a matching person or identity took part in an update."""
        people = [person for person in (update.author, update.committer) if person]
        names = [text for person in people for text in (person.name, person.email)]
        return _contained(self.who, [*names, update.started_by, *update.approved_by, update.identity])

    def is_from(self, entry: Entry) -> bool:
        """Return whether a matching principal is the caller of an entry, or impersonated the caller."""
        return _contained(self.who, [entry.principal, *entry.via])

    def is_about(self, change: Change) -> bool:
        """Return whether the question includes a changed resource."""
        return _contained(self.resource, [*urns.types(change.urn), change.name, change.id])

    def is_on(self, entry: Entry) -> bool:
        """Return whether the question includes the resource of an entry."""
        return _contained(self.resource, [entry.resource])


def _contained(part: str | None, texts: Iterable[str]) -> bool:
    return part is None or any(part.lower() in text.lower() for text in texts)


def moment(text: str, name: str, now: datetime) -> datetime:
    """Parse a time as people write it: `3d` ago, `2026-05-01`, `2026-05-01T14:30`; in UTC unless it has an offset.

    Raises `UsageError` when the text is no time.
    """
    if match := _SPAN.fullmatch(text):
        return now - timedelta(**{_UNITS[match["unit"]]: int(match["number"])})
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{name}={text} is no time; write a date (2026-05-01, 2026-05-01T14:30) or how long ago (3d, 2w, 12h, 30m)"
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def update_key(text: str) -> tuple[str, int]:
    """Parse the stack and the number of an update, from `platform/12`.

    Raises `UsageError` when the text is no key of an update.
    """
    match = _KEY.fullmatch(text)
    if match is None:
        raise UsageError(
            f"UPDATE={text} names no update; write it as the list of updates does: platform/12, apps/storefront/3"
        )
    return match["stack"], int(match["number"])
