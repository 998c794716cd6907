"""Answer to a question: reads, correlates and selects updates and entries, in an order that opens the fewest files."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cli.history import backends, checkpoints, logs
from cli.history.correlation import correlated
from cli.history.entries import read as read_entries
from cli.history.file_store import Folder
from cli.history.model import Entry, History, Update
from cli.history.question import Question
from cli.history.updates import RecordedUpdate, read
from cli.target.protocol import AuditLog, Target
from toolchain.errors import UsageError

# An update's preview is before its recorded start; the cloud logs some calls after its end.
_MARGIN = timedelta(minutes=2)
_NAMED = 10
_LONGEST_UPDATE = timedelta(hours=2)  # time limit of a deployment job


def answer(target: Target, question: Question, exported_logs: str | None = None) -> History:
    """Answer a question about an environment.

    Args:
        target: the environment.
        question: the question.
        exported_logs: a folder or `gs://…` with exported audit logs; None for the environment's own log.

    Raises `UsageError` when the question names an app or update that does not exist, `ToolError` when a source cannot
    be read.
    """
    recorded = list(backends.history(target))
    chosen = _chosen(recorded, question)
    updates = dict(read(chosen))
    since, until = _span(question, list(updates.values()))
    entries, notes = _entries(target, exported_logs, (since, until), reads=question.reads)
    updates, entries = _correlated(recorded, updates, entries, since, until)
    selected = _selected(updates, entries, question)
    return History(
        environment=target.environment,
        since=since,
        until=until,
        updates=tuple(selected),
        entries=tuple(_selected_entries(selected, entries, question)),
        notes=(*notes, *_attested(selected)),
    )


def _attested(updates: Sequence[Update]) -> Iterator[str]:
    """Yield what of the updates is claimed, and which of them nobody attests."""
    if not updates:
        return
    yield (
        "Author, commit, pull request, run and approvals are what each update recorded of itself, in a bucket that its "
        "deploy identity writes. The audit log, which that identity cannot write, attests who worked when."
    )
    alone = [update.key for update in updates if not update.is_attested]
    if alone:
        more = f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else ""
        yield (
            "Not attested, since the audit log, as far as it was read, has no call of the identity at that time: "
            f"{', '.join(alone[:_NAMED])}{more}. Compare them with the deployments on GitHub."
        )


def _chosen(recorded: Sequence[RecordedUpdate], question: Question) -> list[RecordedUpdate]:
    """Updates that the question selects by their file names alone, newest first."""
    updates = sorted(
        (update for update in recorded if question.is_in(update.title)), key=lambda update: update.ended, reverse=True
    )
    if question.app and not updates and not question.update:
        titles = {update.title for update in recorded}
        apps = sorted(title.removeprefix("apps/") for title in titles if title.startswith("apps/"))
        raise UsageError(f"there is no app {question.app!r} in the history (there are: {', '.join(apps) or 'none'})")
    if question.update:
        return [_one(updates, *question.update)]
    updates = [update for update in updates if question.is_within(update.ended)]
    # People and resources are in the files, so that every update may match.
    return updates if question.who or question.resource else updates[: question.newest]


def _one(updates: Sequence[RecordedUpdate], title: str, number: int) -> RecordedUpdate:
    for update in updates:
        if update.number == number:
            return update
    last = max((update.number for update in updates), default=0)
    there = f"its updates are {title}/1 to {title}/{last}" if last else "that stack has none"
    raise UsageError(f"there is no update {title}/{number} in the history: {there}")


def _span(question: Question, updates: Sequence[Update]) -> tuple[datetime | None, datetime]:
    """Period of the answer."""
    if question.update:
        return updates[0].started - _MARGIN, updates[0].ended + _MARGIN
    if question.since or question.newest is None or question.who or question.resource:
        return question.since, question.until
    return min((update.started - _MARGIN for update in updates), default=None), question.until


def _correlated(
    recorded: Sequence[RecordedUpdate],
    updates: dict[RecordedUpdate, Update],
    entries: Sequence[Entry],
    since: datetime | None,
    until: datetime,
) -> tuple[dict[RecordedUpdate, Update], list[Entry]]:
    """The chosen updates and the entries, with references to each other.

    Updates that were not chosen take part, so that their entries do not look like calls outside of any update.
    """
    if not entries:
        return updates, []
    others = [update for update in recorded if update not in updates and update.ended <= until + _LONGEST_UPDATE]
    others = [update for update in others if since is None or update.ended >= since]
    other_updates = [update for _, update in read(others)]
    with_entries, with_updates = correlated([*updates.values(), *other_updates], entries)
    return dict(zip(updates, with_entries, strict=False)), with_updates


def _selected(updates: dict[RecordedUpdate, Update], entries: Sequence[Entry], question: Question) -> list[Update]:
    """The updates that match the question, newest first, with details where the question needs them."""
    by_id = {entry.id: entry for entry in entries} if question.who or question.resource else {}
    selected: list[Update] = []
    for recorded, update in sorted(updates.items(), key=lambda item: item[0].ended, reverse=True):
        own = [by_id[name] for name in update.entries if name in by_id]
        if not question.is_by(update) and not any(map(question.is_from, own)):
            continue
        detailed = _detailed(recorded, update, question)
        if (
            question.resource
            and not any(map(question.is_about, detailed.changes or ()))
            and not any(map(question.is_on, own))
        ):
            continue
        selected.append(detailed)
        if question.newest and len(selected) == question.newest:
            break
    return selected


def _detailed(recorded: RecordedUpdate, update: Update, question: Question) -> Update:
    if not (question.details or question.resource or question.update):
        return update
    did_nothing = set(update.resources) <= {"same"} and update.resources and update.kind != "refresh"
    if did_nothing:
        return update.model_copy(update={"changes": ()})
    mentioning = None if question.details or question.update else question.resource
    changes = checkpoints.changes(recorded, refreshed=update.kind == "refresh", mentioning=mentioning)
    return update.model_copy(update={"changes": changes})


def _selected_entries(updates: Iterable[Update], entries: Iterable[Entry], question: Question) -> list[Entry]:
    """Entries of the given updates, and entries of no update that match the question; newest first."""
    own = {name for update in updates for name in update.entries}
    selected = [
        entry
        for entry in entries
        if entry.id in own or (not entry.updates and not question.update and _matches(entry, question))
    ]
    return sorted(selected, key=lambda entry: (entry.time, entry.id), reverse=True)


def _matches(entry: Entry, question: Question) -> bool:
    """Return whether an entry of no update matches the question.

    Its layer is unknown, but its resource names the app.
    """
    # Each preview of a changed workload causes such a refusal, so it is shown only in answers about an account.
    origins = ("person", "account", "preview") if question.who else ("person", "account")
    return (
        entry.origin in origins
        and question.is_within(entry.time)
        and question.is_from(entry)
        and question.is_on(entry)
        and (question.app is None or question.app in entry.resource)
    )


def _entries(
    target: Target, exported_logs: str | None, span: tuple[datetime | None, datetime], *, reads: bool
) -> tuple[list[Entry], list[str]]:
    """Entries of the audit log in a period, and notes on their completeness."""
    since, until = span
    if exported_logs:
        log = AuditLog(read_entries(logs.exported(_store(exported_logs), since, until, reads=reads), reads=reads))
    else:
        log = target.audit_log(since, until, reads=reads)
    entries = [entry for entry in log.entries if (since is None or entry.time >= since) and entry.time <= until]
    return entries, list(log.notes)


def _store(text: str) -> Folder | backends.Bucket:
    if text.startswith("gs://"):
        return backends.bucket_at(text)
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise UsageError(f"LOGS={text} is no folder and no gs:// address, so who did what is not shown")
    return Folder(folder.resolve())
