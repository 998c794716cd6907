"""Changes of an update, by comparison of two successive states in a stack's history.

Inputs are compared, because the program declares them; for a refresh and for the stack itself, outputs are compared.
Values that a state keeps secret stay encrypted here, and are shown as secret.
"""

import json
import re
from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from typing import Any, cast

from cli.history.file_store import FileStore
from cli.history.model import Change, Operation, PropertyChange
from cli.history.updates import RecordedUpdate
from engine import states, urns
from engine.backends import unpacked
from engine.document import FormatError
from engine.states import Json, Resource
from engine.values import HIDDEN, is_opaque, masked
from toolchain.errors import ToolError

_LONGEST = 500
_ANEW = f"{HIDDEN}, encrypted anew"
_INDEX = re.compile(r"\[\d+\]$")


def changes(update: RecordedUpdate, *, refreshed: bool, mentioning: str | None = None) -> tuple[Change, ...]:
    """Compare the states before and after an update.

    Args:
        update: the update.
        refreshed: whether it was a refresh, which changes outputs and not inputs.
        mentioning: a text that a state must contain; a search of the bytes takes a tenth of the time of a comparison.

    Raises `ToolError` when a state cannot be read.
    """
    after = _content(update.store, update.checkpoint)
    before = _content(update.store, update.checkpoint_before) if update.checkpoint_before else None
    if mentioning is not None and not any(_mentions(content, mentioning) for content in (before, after) if content):
        return ()
    old = _resources(update.store, update.checkpoint_before) if update.checkpoint_before else {}
    new = _resources(update.store, update.checkpoint)
    return tuple(_compared(old, new, refreshed=refreshed))


# The state after an update is also the state before the next one.
@lru_cache(maxsize=2)
def _content(store: FileStore, name: str) -> bytes:
    return store.read(name)


@lru_cache(maxsize=2)
def _resources(store: FileStore, name: str) -> dict[str, Resource]:
    """Resources of a state by URN, without replaced resources that await their deletion."""
    try:
        state = states.parse(unpacked(_content(store, name), name), name)
    except FormatError as error:
        raise ToolError(
            f"{name} is not a state that the engine wrote ({error.why}), so what changed is not shown. Ask without "
            "details, or for a time without that update."
        ) from error
    return {resource.urn: resource for resource in state.resources if not resource.delete}


def _mentions(content: bytes, text: str) -> bool:
    """Return whether a file may contain a text, in upper or lower case; a compressed file always may."""
    return not content.startswith(b"{") or text.lower().encode() in content.lower()


def _compared(before: Mapping[str, Resource], after: Mapping[str, Resource], *, refreshed: bool) -> Iterator[Change]:
    for urn in sorted({*before, *after}):
        old, new = before.get(urn), after.get(urn)
        resource = new or old
        if resource is None or old == new or not _is_managed(resource):
            continue
        differences = tuple(
            _differences(_values(old, refreshed=refreshed), _values(new, refreshed=refreshed), resource.confidential)
        )
        if old is None or new is None:
            yield _change(resource, "create" if new else "delete", differences)
        elif (old.id, old.created) != (new.id, new.created):
            yield _change(resource, "replace", differences)
        elif differences:
            yield _change(resource, "update", differences)


def _change(resource: Resource, operation: Operation, properties: tuple[PropertyChange, ...]) -> Change:
    name = urns.label(resource.urn)
    return Change(urn=resource.urn, name=name, id=resource.id, operation=operation, properties=properties)


def _is_managed(resource: Resource) -> bool:
    """Return whether a resource is the stack or managed by a provider; components and providers are Pulumi's own."""
    return resource.type == urns.STACK or (resource.custom and not resource.type.startswith("pulumi:"))


def _values(resource: Resource | None, *, refreshed: bool) -> Json:
    if resource is None:
        return {}
    return resource.outputs if refreshed or resource.type == urns.STACK else resource.inputs


def _differences(before: Any, after: Any, confidential: Set[str], path: str = "") -> Iterator[PropertyChange]:
    key = _INDEX.sub("", path.rpartition(".")[2])
    if before == after or key == "__defaults":
        return
    if _is_plain(before) and _is_plain(after) and path not in confidential:
        for name in sorted({*before, *after}):
            below = f"{path}.{name}" if path else str(name)
            yield from _differences(before.get(name), after.get(name), confidential, below)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):  # pyright: ignore[reportUnknownArgumentType]  of JSON
        for index, pair in enumerate(zip(cast("list[Any]", before), cast("list[Any]", after), strict=True)):
            yield from _differences(*pair, confidential, f"{path}[{index}]")
    else:
        hidden = path in confidential
        old, new = _shown(before, key, hidden=hidden), _shown(after, key, hidden=hidden)
        yield PropertyChange(path=path, before=old, after=_ANEW if old == new == json.dumps(HIDDEN) else new)


def _is_plain(value: Any) -> bool:
    return isinstance(value, dict) and not is_opaque(cast("object", value))


def _shown(value: Any, key: str, *, hidden: bool) -> str | None:
    """Return a value as JSON without secrets; None for no value."""
    if value is None:
        return None
    text = json.dumps(HIDDEN if hidden else masked(value, key), ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
