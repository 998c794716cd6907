"""Updates of stacks, from the history that a self-managed backend keeps beside each state.

`.pulumi/history/<project>/<stack>/<stack>-<nanoseconds>.history.json` records an update, and the file next to it,
`….checkpoint.json`, has the state after the update. The name has the stack and the time, so that files outside of a
question are not opened.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cli.history.file_store import FileStore
from cli.history.model import Person, Update
from cli.projects import PROJECTS, split
from cli.pulumi import provenance
from engine import backends
from engine.document import FormatError
from toolchain.errors import ToolError

_FILE = re.compile(
    r"\.pulumi/history/(?P<project>[^/]+)/(?P<stack>[^/]+)/(?P=stack)-(?P<time>[0-9]{18,20})\.history\.json(?P<zip>\.gz)?"
)


@dataclass(frozen=True)
class RecordedUpdate:
    """An update as described by the name of its file.

    Attributes:
        store: the store with the file.
        name: the file.
        title: title of the stack: `platform`, `apps/storefront`.
        stack: name of the stack in Pulumi.
        number: its number in the stack's history.
        ended: time at which the file was written.
        identity: deploy identity of the stack, which ran the update unless the update recorded another one.
        before: the file of the update before it.
    """

    store: FileStore
    name: str
    title: str
    stack: str
    number: int
    ended: datetime
    identity: str
    before: str | None

    @property
    def key(self) -> str:
        """Key of the update, such as `platform/12`."""
        return f"{self.title}/{self.number}"

    @property
    def checkpoint(self) -> str:
        """The file with the state after the update."""
        return _checkpoint(self.name)

    @property
    def checkpoint_before(self) -> str | None:
        """The file with the state before the update."""
        return _checkpoint(self.before) if self.before else None


def recorded(store: FileStore, layer: str, environment: str, identities: dict[str, str]) -> list[RecordedUpdate]:
    """List every update of an environment in a backend, stack by stack, in the order of time.

    Args:
        store: the files of a backend.
        layer: the project.
        environment: the environment, as in the stacks' names.
        identities: deploy identities by app; the key "" has the identity for a layer without apps and for unknown apps.
    """
    by_stack: dict[str, list[tuple[int, str]]] = {}
    for name in store.names(f".pulumi/history/{layer}/"):
        if match := _FILE.fullmatch(name):
            by_stack.setdefault(match["stack"], []).append((int(match["time"]), name))
    updates: list[RecordedUpdate] = []
    for stack, files in sorted(by_stack.items()):
        app = _app(stack, layer, environment)
        if app is None:
            continue
        title = f"{layer}/{app}" if app else layer
        identity = identities.get(app, identities.get("", ""))
        before: str | None = None
        for number, (time, name) in enumerate(sorted(files), 1):
            ended = datetime.fromtimestamp(time / 1e9, UTC)
            updates.append(RecordedUpdate(store, name, title, stack, number, ended, identity, before))
            before = name
    return updates


def _app(stack: str, layer: str, environment: str) -> str | None:
    """The app in a stack's name, empty for a layer without apps; None for a stack of another environment."""
    parts = split(layer, stack, [environment])
    return (parts[1] or "") if parts else None


def read(updates: Iterable[RecordedUpdate]) -> Iterator[tuple[RecordedUpdate, Update]]:
    """Read the files of updates, which may be in several stores.

    Raises `ToolError` when a file was not written by the engine.
    """
    by_store: dict[int, list[RecordedUpdate]] = {}
    for update in updates:
        by_store.setdefault(id(update.store), []).append(update)
    for stored in by_store.values():
        contents = stored[0].store.read_all(update.name for update in stored)
        for update, content in zip(stored, contents, strict=True):
            yield update, _update(update, content)


def _update(recorded: RecordedUpdate, content: bytes) -> Update:
    try:
        entry = backends.history_entry(content, recorded.name)
    except FormatError as error:
        raise ToolError(
            f"{recorded.name} is not what the engine writes into a history ({error.why}), so nothing is shown. Look at "
            "what wrote it; to leave that update out, give LAYER, APP or a time without it."
        ) from error
    title, by = provenance.read(entry.message)
    environment = entry.environment
    layer, _, part = recorded.title.partition("/")
    return Update(
        key=recorded.key,
        stack=recorded.stack,
        layer=layer,
        app=part or None if PROJECTS[layer].of_apps else None,
        number=recorded.number,
        kind=entry.kind,
        result=entry.result,
        started=datetime.fromtimestamp(entry.started, UTC),
        ended=datetime.fromtimestamp(entry.ended, UTC),
        message=title,
        commit=environment.get("git.head", ""),
        dirty=environment.get("git.dirty") == "true",
        author=_person(environment, "git.author"),
        committer=_person(environment, "git.committer"),
        pull_request=by.pull_request or _number(environment.get("ci.pr.number", "")),
        run=by.run or environment.get("ci.build.url", ""),
        started_by=by.started_by,
        approved_by=by.approved_by,
        identity=by.ran_as or recorded.identity,
        identity_recorded=bool(by.ran_as),
        resources=entry.changes or {},
    )


def _person(environment: dict[str, str], key: str) -> Person | None:
    name, email = environment.get(key, ""), environment.get(f"{key}.email", "")
    return Person(name=name, email=email) if name or email else None


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _checkpoint(name: str) -> str:
    head, _, tail = name.rpartition(".history.")
    return f"{head}.checkpoint.{tail}"
