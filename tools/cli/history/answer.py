"""The answer to a question: what is read, joined and chosen, in the order in which the least has to be opened."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cli.directory import SandboxDirectory
from cli.history import backends, checkpoints, logs
from cli.history.entries import read as read_entries
from cli.history.joining import joined
from cli.history.model import Entry, History, Update
from cli.history.places import Folder
from cli.history.question import Question
from cli.history.updates import Recorded, read
from cli.layout import SANDBOX, Stack, region
from toolchain.errors import ToolError, UsageError

# Before an update's recorded start lies its preview, after its end what the cloud logs late.
_MARGIN = timedelta(minutes=2)
_LONGEST_UPDATE = timedelta(hours=2)  # what a job that deploys may take
# A page of Cloud Logging holds a thousand entries, and sixty may be asked for in a minute.
_LOGGED_DAYS = 30
_CLOSED = (
    "The locked bucket of audit logs is closed to your login (it takes roles/logging.viewAccessor, which the security "
    "team has), so reads, and what was refused, are not told; changes are."
)


def answer(environment: str, question: Question, place_of_logs: str | None = None) -> History:
    """What is known of an environment.

    Args:
        environment: sandbox, dev, prod, …
        question: what is asked.
        place_of_logs: a folder or `gs://…` with exported audit logs; None for the environment's own.

    Raises `UsageError` when what is asked for is not there, `ToolError` when something cannot be read.
    """
    known = list(backends.history(environment))
    chosen = _chosen(known, question)
    updates = dict(read(chosen))
    since, until = _span(question, list(updates.values()))
    entries, notes = _entries(environment, place_of_logs, (since, until), reads=question.reads)
    found, entries = _joined(known, updates, entries, since, until)
    kept = _kept(found, entries, question)
    return History(
        environment=environment,
        since=since,
        until=until,
        updates=tuple(kept),
        entries=tuple(_beside(kept, entries, question)),
        notes=tuple(notes),
    )


def _chosen(known: Sequence[Recorded], question: Question) -> list[Recorded]:
    """What names alone leave of the updates, newest first."""
    found = sorted((each for each in known if question.is_in(each.title)), key=lambda each: each.ended, reverse=True)
    if question.app and not found and not question.update:
        apps = sorted({each.title.removeprefix("apps/") for each in known if each.title.startswith("apps/")})
        raise UsageError(f"there is no app {question.app!r} in the history (there are: {', '.join(apps) or 'none'})")
    if question.update:
        return [_one(found, *question.update)]
    found = [each for each in found if question.is_within(each.ended)]
    # Who and what stand in the files: any of them may be asked for.
    return found if question.who or question.resource else found[: question.newest]


def _one(found: Sequence[Recorded], title: str, number: int) -> Recorded:
    for each in found:
        if each.number == number:
            return each
    last = max((each.number for each in found), default=0)
    there = f"its updates are {title}/1 to {title}/{last}" if last else "that stack has none"
    raise UsageError(f"there is no update {title}/{number} in the history: {there}")


def _span(question: Question, updates: Sequence[Update]) -> tuple[datetime | None, datetime]:
    """The time that the answer is about."""
    if question.update:
        return updates[0].started - _MARGIN, updates[0].ended + _MARGIN
    if question.since or question.newest is None or question.who or question.resource:
        return question.since, question.until
    return min((each.started - _MARGIN for each in updates), default=None), question.until


def _joined(
    known: Sequence[Recorded],
    updates: dict[Recorded, Update],
    entries: Sequence[Entry],
    since: datetime | None,
    until: datetime,
) -> tuple[dict[Recorded, Update], list[Entry]]:
    """The chosen updates, and the entries, with each other's names: those of other updates must not seem nobody's."""
    if not entries:
        return updates, []
    others = [each for each in known if each not in updates and each.ended <= until + _LONGEST_UPDATE]
    others = [each for each in others if since is None or each.ended >= since]
    beside = [update for _, update in read(others)]
    told, found = joined([*updates.values(), *beside], entries)
    return dict(zip(updates, told, strict=False)), found


def _kept(updates: dict[Recorded, Update], entries: Sequence[Entry], question: Question) -> list[Update]:
    """The updates that are asked for, newest first, with their details where those are needed."""
    by_id = {entry.id: entry for entry in entries} if question.who or question.resource else {}
    found: list[Update] = []
    for where, update in sorted(updates.items(), key=lambda each: each[0].ended, reverse=True):
        own = [by_id[name] for name in update.entries if name in by_id]
        if not question.is_by(update) and not any(map(question.is_from, own)):
            continue
        told = _detailed(where, update, question)
        if (
            question.resource
            and not any(map(question.is_about, told.changes or ()))
            and not any(map(question.is_on, own))
        ):
            continue
        found.append(told)
        if question.newest and len(found) == question.newest:
            break
    return found


def _detailed(where: Recorded, update: Update, question: Question) -> Update:
    if not (question.details or question.resource or question.update):
        return update
    did_nothing = set(update.resources) <= {"same"} and update.resources and update.kind != "refresh"
    if did_nothing:
        return update.model_copy(update={"changes": ()})
    mentioning = None if question.details or question.update else question.resource
    changes = checkpoints.changes(where, refreshed=update.kind == "refresh", mentioning=mentioning)
    return update.model_copy(update={"changes": changes})


def _beside(updates: Iterable[Update], entries: Iterable[Entry], question: Question) -> list[Entry]:
    """The entries of those updates, and those of no update that are asked for; newest first."""
    own = {name for update in updates for name in update.entries}
    found = [
        entry
        for entry in entries
        if entry.id in own or (not entry.updates and not question.update and _is_asked(entry, question))
    ]
    return sorted(found, key=lambda each: (each.time, each.id), reverse=True)


def _is_asked(entry: Entry, question: Question) -> bool:
    """Whether an entry of no update is asked for: nobody can tell its layer, but an app is named by its resources."""
    # Each preview of a changed workload leaves such a refusal: whoever asks for that account is told of it.
    wanted = ("person", "account", "preview") if question.who else ("person", "account")
    return (
        entry.origin in wanted
        and question.is_within(entry.time)
        and question.is_from(entry)
        and question.is_on(entry)
        and (question.app is None or question.app in entry.resource)
    )


def _entries(
    environment: str, place: str | None, span: tuple[datetime | None, datetime], *, reads: bool
) -> tuple[list[Entry], list[str]]:
    """The audit log of a time, and what is to be said of it."""
    since, until = span
    notes: list[str] = []
    if place:
        found = read_entries(logs.exported(_place(place), since, until, reads=reads), reads=reads)
    elif environment == SANDBOX:
        found = read_entries(logs.simulated(SandboxDirectory.default().required()), reads=reads)
    else:
        if since is None:
            since = until - timedelta(days=_LOGGED_DAYS)
            notes.append(f"The audit log was looked at from {since:%Y-%m-%d} on; SINCE looks further back.")
        try:
            project = Stack("identity", environment).project()
            told = logs.logged(backends.client(), project, region(environment), since, until, reads=reads)
            found = read_entries(told.entries, reads=reads)
            if not told.complete:  # Cloud Logging leaves out what the login may not see, and does not say so
                notes.append(_CLOSED)
        except ToolError as error:
            found = []
            notes.append(f"{error} Changes by hand are not told; LOGS names a folder or a bucket with an export.")
    return [entry for entry in found if (since is None or entry.time >= since) and entry.time <= until], notes


def _place(text: str) -> Folder | backends.Bucket:
    if text.startswith("gs://"):
        return backends.bucket_at(text)
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise UsageError(f"LOGS={text} is no folder and no gs:// address, so who did what is not told")
    return Folder(folder.resolve())
