"""Rendering of an answer: tables, paragraphs and sentences, for a terminal and for Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from cli.events import summary
from cli.history.model import Change, Entry, History, Person, Update
from cli.history.question import Question

_ROWS = 30
_IN_FULL = 5
_CHANGES = 40
_VALUES = 15
_DONE = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}


@dataclass(frozen=True)
class Listing:
    """A table; `more` is a line about rows that are not shown."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: str = ""


@dataclass(frozen=True)
class Paragraph:
    """One update with details: facts, and items with further lines below them."""

    title: str
    facts: tuple[tuple[str, str], ...]
    items: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Sentence:
    """A sentence about the whole answer."""

    text: str


Part = Listing | Paragraph | Sentence


def parts(history: History, question: Question) -> list[Part]:
    """Render an answer: first the out-of-band entries, then the updates."""
    outside = [entry for entry in history.entries if not entry.updates]
    rendered: list[Part] = []
    if outside:
        title = "Past the layers: out of band, or by an account outside of updates"
        grouped = _grouped(outside)
        rows = tuple(_entry(entry, times) for entry, times in grouped[:_ROWS])
        rendered.append(Listing(title, ("when (UTC)", "who", "did", "on", ""), rows, _more(len(grouped), _ROWS)))
    own = {entry.id: entry for entry in history.entries if entry.updates}
    in_full = history.updates[:_IN_FULL] if question.resource or question.update else ()
    rendered += [
        _paragraph(update, [own[name] for name in update.entries if name in own], question) for update in in_full
    ]
    listed = history.updates[len(in_full) :]
    if listed:
        headings = ("when (UTC)", "update", "author (claimed)", "commit (claimed)", "pull request", "changed", "result")
        title = "Updates" if not in_full else "Earlier updates"
        rows = tuple(map(_update, listed[:_ROWS]))
        rendered.append(Listing(title, headings, rows, _more(len(listed), _ROWS)))
    if not history.updates and not outside:
        rendered.append(Sentence(f"Nothing of that is known of {history.environment}{_period(history)}."))
    return [*rendered, *(Sentence(note) for note in history.notes)]


def _more(number: int, shown: int) -> str:
    rest = number - shown
    return f"… and {rest} more; SINCE, WHO, RESOURCE, LAYER or APP narrow it, FORMAT=json has all" if rest > 0 else ""


def _period(history: History) -> str:
    since = f" from {_time(history.since)}" if history.since else ""
    return f"{since} to {_time(history.until)} UTC"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _update(update: Update) -> tuple[str, ...]:
    number = f"#{update.pull_request}" if update.pull_request else ""
    who = update.author.name if update.author else update.started_by
    dirty = ", changed" if update.dirty else ""
    result = update.result if update.kind == "update" else f"{update.kind} {update.result}"
    result += "" if update.is_attested else ", not attested"
    changed = _resources(update)
    return _time(update.ended), update.key, who, f"{update.commit[:12]}{dirty}", number, changed, result


def _resources(update: Update) -> str:
    changed = Counter({name: count for name, count in update.resources.items() if name != "same"})
    return summary(changed, planned=False)


def _grouped(entries: Sequence[Entry]) -> list[tuple[Entry, int]]:
    """Entries with their number of repetitions; equal calls in a row are one entry."""
    groups = groupby(entries, lambda entry: (entry.principal, entry.via, entry.method, entry.resource, entry.outcome))
    runs = [list(run) for _, run in groups]
    return [(run[0], len(run)) for run in runs]


def _entry(entry: Entry, times: int) -> tuple[str, ...]:
    repeated = f"{times} times" if times > 1 else ""
    last = ", ".join(filter(None, (repeated, _outcome(entry))))
    return _time(entry.time), _who(entry), entry.method, entry.resource, last


def _who(entry: Entry) -> str:
    return f"{entry.principal} on behalf of {', then '.join(entry.via)}" if entry.via else entry.principal


def _outcome(entry: Entry) -> str:
    return "" if entry.outcome == "done" else f"{entry.outcome}: {entry.message}" if entry.message else entry.outcome


def _paragraph(update: Update, entries: Sequence[Entry], question: Question) -> Paragraph:
    facts = [
        ("when", f"{_time(update.started)} to {_time(update.ended)} UTC: {update.kind} {update.result}"),
        ("author", _people(update)),
        ("commit", f"{update.commit}{', with changes that are in no commit' if update.dirty else ''}"),
        ("pull request", f"#{update.pull_request}" if update.pull_request else ""),
        ("run", update.run),
        ("started by", update.started_by),
        ("approved by", ", ".join(update.approved_by)),
        ("ran as", _identity(update)),
        ("on behalf of", _impersonators(entries)),
        ("resources", summary(Counter(update.resources), planned=False)),
        ("audit log", _counted(entries)),
        ("attested", "" if update.is_attested else "by nobody: the audit log has no call of the identity at that time"),
    ]
    changes = [change for change in update.changes or () if question.update or question.is_about(change)]
    items = [_changed(change) for change in changes[:_CHANGES]]
    if len(changes) > _CHANGES:
        items.append((f"… and {len(changes) - _CHANGES} more resources; FORMAT=json has all", ()))
    items += [
        (f"{entry.outcome} at {_time(entry.time)}: {entry.method}", (entry.resource, entry.message))
        for entry in entries
        if entry.outcome != "done"
    ]
    return Paragraph(f"{update.key}: {update.message}", tuple((key, text) for key, text in facts if text), tuple(items))


def _people(update: Update) -> str:
    author, committer = update.author, update.committer
    if author is None:
        return ""
    by = f", committed by {_person(committer)}" if committer and committer != author else ""
    return f"{_person(author)}{by}"


def _person(person: Person) -> str:
    return f"{person.name} <{person.email}>"


def _identity(update: Update) -> str:
    if not update.identity or update.identity_recorded:
        return update.identity
    return f"{update.identity}, as the stack's updates do; this one did not record it"


def _impersonators(entries: Iterable[Entry]) -> str:
    """Principals that impersonated the identity, from the audit log."""
    return "; ".join(dict.fromkeys(", then ".join(entry.via) for entry in entries if entry.via))


def _counted(entries: Sequence[Entry]) -> str:
    outcomes = Counter(entry.outcome for entry in entries)
    return ", ".join(f"{count} calls {outcome}" for outcome, count in sorted(outcomes.items()))


def _changed(change: Change) -> tuple[str, tuple[str, ...]]:
    title = f"{_DONE[change.operation]} {change.name}{f' ({change.id})' if change.id else ''}"
    if change.operation in ("create", "delete"):
        return title, ()
    lines = [
        f"{value.path}: {value.before or '(none)'} → {value.after or '(none)'}" for value in change.properties[:_VALUES]
    ]
    if len(change.properties) > _VALUES:
        lines.append(f"… and {len(change.properties) - _VALUES} more values; FORMAT=json has all")
    return title, tuple(lines)
