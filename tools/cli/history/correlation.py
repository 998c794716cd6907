"""Correlation of audit log entries with updates: an entry belongs to an update that ran at its time as its identity.

An entry without an update was caused out of band: by a person, or by an account outside of updates.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from cli.history.model import Entry, Origin, Update
from iam import principals

# Differences between the clocks of a runner and of Google, and an update's preview, before its recorded start.
_BEFORE, _AFTER = timedelta(seconds=30), timedelta(seconds=10)
_SECOND = timedelta(seconds=1)  # precision of recorded times
# Principals of the cluster itself and of Google beside its service agents.
_SYSTEM = re.compile(r"^system:|@(cloudservices|system)\.gserviceaccount\.com$")
# The Kubernetes provider previews a change by a dry-run patch, and continues without the patch when it is refused.
_PREVIEW, _TRIED = (
    re.compile(r"-preview@[a-z0-9-]+\.iam\.gserviceaccount\.com$"),
    re.compile(r"^io\.k8s\..*\.(patch|create)$"),
)


class _IdentityUpdates:
    """Index of the updates that ran as one identity, by time."""

    def __init__(self, updates: Iterable[Update]) -> None:
        self._by_end = sorted(updates, key=lambda update: update.ended)
        self._longest = max(update.ended - update.started for update in self._by_end)

    def around(self, time: datetime) -> Iterator[Update]:
        """Updates that ran at a time, within the tolerance of the clocks."""
        first = bisect_left(self._by_end, time - _AFTER, key=lambda update: update.ended)
        for update in islice(self._by_end, first, None):
            if update.ended - self._longest - _BEFORE > time:
                return
            if update.started - _BEFORE <= time:
                yield update


def correlated(updates: Sequence[Update], entries: Iterable[Entry]) -> tuple[list[Update], list[Entry]]:
    """Return the updates and the entries with references to each other."""
    by_identity: dict[str, list[Update]] = {}
    for update in updates:
        by_identity.setdefault(update.identity.lower(), []).append(update)
    indexes = {identity: _IdentityUpdates(own) for identity, own in by_identity.items()}
    entries_of: dict[str, list[str]] = {}
    with_updates: list[Entry] = []
    for entry in entries:
        index = indexes.get(entry.principal.lower())
        keys = tuple(update.key for update in _owners(list(index.around(entry.time)), entry)) if index else ()
        for key in keys:
            entries_of.setdefault(key, []).append(entry.id)
        with_updates.append(entry.model_copy(update={"updates": keys, "origin": "update" if keys else origin(entry)}))
    with_entries = [update.model_copy(update={"entries": tuple(entries_of.get(update.key, ()))}) for update in updates]
    return with_entries, with_updates


def _owners(near: list[Update], entry: Entry) -> list[Update]:
    """Updates that an entry may belong to.

    A team with several apps runs several updates at once as one identity; an entry then belongs to the updates whose
    app its resource names.
    """
    inside = [update for update in near if update.started <= entry.time <= update.ended + _SECOND]
    candidates = inside or near
    parts = re.split(r"[/:@.]", entry.resource)
    return [update for update in candidates if update.app and update.app in parts] or candidates


def origin(entry: Entry) -> Origin:
    """Return the origin of an entry that belongs to no update."""
    if entry.origin == "system" or _SYSTEM.search(entry.principal) or principals.agent(entry.principal):
        return "system"
    if entry.outcome == "refused" and _PREVIEW.search(entry.principal) and _TRIED.search(entry.method):
        return "preview"
    return "person" if any(_is_person(name) for name in (entry.principal, *entry.via)) else "account"


def _is_person(name: str) -> bool:
    return "@" in name and not name.startswith("repo:") and not name.endswith("gserviceaccount.com")
