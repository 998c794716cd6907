"""Which entry of an audit log belongs to which update: made by its identity, while it ran.

What belongs to none was done past the layers: by a person, or by an account that no update tells of.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from cli.history.model import Entry, Origin, Update

# The clocks of a runner and of Google's, and an update's preview, which is before its recorded start.
_BEFORE, _AFTER = timedelta(seconds=30), timedelta(seconds=10)
_SECOND = timedelta(seconds=1)  # what is recorded of a time
# Google's own, and the cluster's: https://cloud.google.com/iam/docs/service-agents
_SYSTEM = re.compile(r"^system:|^service-[0-9]+@|@(cloudservices|system)\.gserviceaccount\.com$")
# The Kubernetes provider previews a change by a patch that is only tried, and does without it where that is refused.
_PREVIEW, _TRIED = (
    re.compile(r"-preview@[a-z0-9-]+\.iam\.gserviceaccount\.com$"),
    re.compile(r"^io\.k8s\..*\.(patch|create)$"),
)


class _OfOneIdentity:
    """The updates that ran as one identity, found by time."""

    def __init__(self, updates: Iterable[Update]) -> None:
        self._by_end = sorted(updates, key=lambda each: each.ended)
        self._longest = max(each.ended - each.started for each in self._by_end)

    def around(self, time: datetime) -> Iterator[Update]:
        """Those that ran at that time, or nearly so."""
        first = bisect_left(self._by_end, time - _AFTER, key=lambda each: each.ended)
        for each in islice(self._by_end, first, None):
            if each.ended - self._longest - _BEFORE > time:
                return
            if each.started - _BEFORE <= time:
                yield each


def joined(updates: Sequence[Update], entries: Iterable[Entry]) -> tuple[list[Update], list[Entry]]:
    """The same with each other's names in them."""
    by_identity: dict[str, list[Update]] = {}
    for update in updates:
        by_identity.setdefault(update.identity.lower(), []).append(update)
    known = {identity: _OfOneIdentity(of_it) for identity, of_it in by_identity.items()}
    entries_of: dict[str, list[str]] = {}
    found: list[Entry] = []
    for entry in entries:
        of_it = known.get(entry.principal.lower())
        keys = tuple(update.key for update in _owners(list(of_it.around(entry.time)), entry)) if of_it else ()
        for key in keys:
            entries_of.setdefault(key, []).append(entry.id)
        found.append(entry.model_copy(update={"updates": keys, "origin": "update" if keys else origin(entry)}))
    told = [update.model_copy(update={"entries": tuple(entries_of.get(update.key, ()))}) for update in updates]
    return told, found


def _owners(near: list[Update], entry: Entry) -> list[Update]:
    """The updates that an entry may be of.

    Several run at once as one identity where a team has several apps; then those count whose app the resource names.
    """
    inside = [each for each in near if each.started <= entry.time <= each.ended + _SECOND]
    found = inside or near
    parts = re.split(r"[/:@.]", entry.resource)
    return [each for each in found if each.app and each.app in parts] or found


def origin(entry: Entry) -> Origin:
    """Whose an entry is that belongs to no update."""
    if entry.origin == "system" or _SYSTEM.search(entry.principal):
        return "system"
    if entry.outcome == "refused" and _PREVIEW.search(entry.principal) and _TRIED.search(entry.method):
        return "preview"
    return "person" if any(_is_person(name) for name in (entry.principal, *entry.via)) else "account"


def _is_person(name: str) -> bool:
    return "@" in name and not name.startswith("repo:") and not name.endswith("gserviceaccount.com")
