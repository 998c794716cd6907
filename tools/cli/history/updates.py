"""The updates of stacks, from the history that a self-managed backend keeps beside each state.

`.pulumi/history/<project>/<stack>/<stack>-<nanoseconds>.history.json` tells of an update, and the file next to it,
`….checkpoint.json`, holds the state as it was after it. A name already tells the stack and the time: what a question
excludes by them is not opened.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cli.history.file_store import FileStore
from cli.history.model import Person, Update
from cli.projects import split
from cli.pulumi import provenance
from engine import backends
from engine.document import FormatError
from toolchain.errors import ToolError

_FILE = re.compile(
    r"\.pulumi/history/(?P<project>[^/]+)/(?P<stack>[^/]+)/(?P=stack)-(?P<time>[0-9]{18,20})\.history\.json(?P<zip>\.gz)?"
)


@dataclass(frozen=True)
class Recorded:
    """An update as far as the name of its file tells.

    Attributes:
        place: where the file is.
        name: the file.
        title: of the stack: `platform`, `apps/storefront`.
        stack: its name for Pulumi.
        number: counts the updates of the stack.
        ended: when it was written.
        identity: whose stack it is: the deploy identity that runs it unless somebody else did.
        before: the file of the update before it.
    """

    place: FileStore
    name: str
    title: str
    stack: str
    number: int
    ended: datetime
    identity: str
    before: str | None

    @property
    def key(self) -> str:
        """`platform/12`."""
        return f"{self.title}/{self.number}"

    @property
    def checkpoint(self) -> str:
        """The file with the state after it."""
        return _checkpoint(self.name)

    @property
    def checkpoint_before(self) -> str | None:
        """The file with the state before it."""
        return _checkpoint(self.before) if self.before else None


def recorded(place: FileStore, layer: str, environment: str, identities: dict[str, str]) -> list[Recorded]:
    """Every update in a place, in the order of time, stack by stack; those of another environment are left out.

    Args:
        place: a backend.
        layer: the project.
        environment: as in the stacks' names.
        identities: the deploy identity by app; that of a layer without apps, and of unknown apps, is under "".
    """
    by_stack: dict[str, list[tuple[int, str]]] = {}
    for name in place.names(f".pulumi/history/{layer}/"):
        if match := _FILE.fullmatch(name):
            by_stack.setdefault(match["stack"], []).append((int(match["time"]), name))
    found: list[Recorded] = []
    for stack, files in sorted(by_stack.items()):
        app = _app(stack, layer, environment)
        if app is None:
            continue
        title = f"{layer}/{app}" if app else layer
        identity = identities.get(app, identities.get("", ""))
        before: str | None = None
        for number, (time, name) in enumerate(sorted(files), 1):
            ended = datetime.fromtimestamp(time / 1e9, UTC)
            found.append(Recorded(place, name, title, stack, number, ended, identity, before))
            before = name
    return found


def _app(stack: str, layer: str, environment: str) -> str | None:
    """The app of a stack's name, empty for a layer without apps; None where it is of another environment."""
    parts = split(layer, stack, [environment])
    return (parts[1] or "") if parts else None


def read(several: Iterable[Recorded]) -> Iterator[tuple[Recorded, Update]]:
    """Open the files of updates, which may be in several places.

    Raises `ToolError` when one is not what the engine wrote.
    """
    by_place: dict[int, list[Recorded]] = {}
    for each in several:
        by_place.setdefault(id(each.place), []).append(each)
    for found in by_place.values():
        contents = found[0].place.read_all(each.name for each in found)
        for each, content in zip(found, contents, strict=True):
            yield each, _update(each, content)


def _update(where: Recorded, content: bytes) -> Update:
    try:
        entry = backends.history_entry(content, where.name)
    except FormatError as error:
        raise ToolError(
            f"{where.name} is not what the engine writes into a history ({error.why}), so nothing is told. Look at "
            "what wrote it; to leave that update out, give LAYER, APP or a time without it."
        ) from error
    title, by = provenance.read(entry.message)
    known = entry.environment
    layer, _, app = where.title.partition("/")
    return Update(
        key=where.key,
        stack=where.stack,
        layer=layer,
        app=app or None,
        number=where.number,
        kind=entry.kind,
        result=entry.result,
        started=datetime.fromtimestamp(entry.started, UTC),
        ended=datetime.fromtimestamp(entry.ended, UTC),
        message=title,
        commit=known.get("git.head", ""),
        dirty=known.get("git.dirty") == "true",
        author=_person(known, "git.author"),
        committer=_person(known, "git.committer"),
        pull_request=by.pull_request or _number(known.get("ci.pr.number", "")),
        run=by.run or known.get("ci.build.url", ""),
        started_by=by.started_by,
        approved_by=by.approved_by,
        identity=by.ran_as or where.identity,
        identity_recorded=bool(by.ran_as),
        resources=entry.changes or {},
    )


def _person(known: dict[str, str], key: str) -> Person | None:
    name, email = known.get(key, ""), known.get(f"{key}.email", "")
    return Person(name=name, email=email) if name or email else None


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _checkpoint(name: str) -> str:
    head, _, tail = name.rpartition(".history.")
    return f"{head}.checkpoint.{tail}"
