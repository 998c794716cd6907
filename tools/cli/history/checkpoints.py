"""What an update did to which resource: two states that follow each other in a stack's history, compared.

What is compared is what the program asked for (inputs); of a refresh, and of the stack itself, what came out of it.
Values that a state keeps secret stay encrypted here, and are told as secret.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from cli.events import name_of
from cli.history.file_store import FileStore
from cli.history.model import HIDDEN, Change, PropertyChange
from cli.history.updates import Recorded, unpacked
from toolchain.errors import ToolError

# The mark of a value with a meaning of its own in a state, and the meaning "secret".
_MARK = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  Pulumi's public signature
_LONGEST = 500
_ANEW = f"{HIDDEN}, encrypted anew"

Json = Mapping[str, Any]


def changes(update: Recorded, *, refreshed: bool, mentioning: str | None = None) -> tuple[Change, ...]:
    """What an update did, by the states before and after it.

    Args:
        update: which one.
        refreshed: whether it was a refresh, which changes what is known and not what is asked for.
        mentioning: a text that the states must contain to be of interest: a look at the bytes is a tenth of the work.

    Raises `ToolError` when a state cannot be read.
    """
    after = _content(update.place, update.checkpoint)
    before = _content(update.place, update.checkpoint_before) if update.checkpoint_before else None
    if mentioning is not None and not any(_mentions(content, mentioning) for content in (before, after) if content):
        return ()
    old = _resources(update.place, update.checkpoint_before) if update.checkpoint_before else {}
    new = _resources(update.place, update.checkpoint)
    return tuple(_compared(old, new, refreshed=refreshed))


# The state after an update is the one before the next.
@lru_cache(maxsize=2)
def _content(place: FileStore, name: str) -> bytes:
    return place.read(name)


@lru_cache(maxsize=2)
def _resources(place: FileStore, name: str) -> dict[str, Json]:
    """The resources by their names in the state; what is only waiting to be deleted is not among them."""
    try:
        document = unpacked(name, _content(place, name))
        latest = cast("Json", document["checkpoint"].get("latest") or {})
        resources = cast("list[Json]", latest.get("resources") or [])
        return {str(each["urn"]): each for each in resources if not each.get("delete")}
    except (AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        raise ToolError(
            f"{name} is not a state that the engine wrote, so what changed is not told. Ask without details, or for a "
            "time without that update."
        ) from error


def _mentions(content: bytes, text: str) -> bool:
    """Whether a file contains a text in any case; one that is compressed may."""
    return not content.startswith(b"{") or text.lower().encode() in content.lower()


def _compared(before: Mapping[str, Json], after: Mapping[str, Json], *, refreshed: bool) -> Iterator[Change]:
    for urn in sorted({*before, *after}):
        old, new = before.get(urn), after.get(urn)
        if old == new or not _counts(new or old or {}):
            continue
        differences = tuple(_differences(_values(old, refreshed=refreshed), _values(new, refreshed=refreshed)))
        if old is None or new is None:
            yield _change(urn, new or old or {}, "create" if new else "delete", differences)
        elif _made(old) != _made(new):
            yield _change(urn, new, "replace", differences)
        elif differences:
            yield _change(urn, new, "update", differences)


def _change(urn: str, resource: Json, operation: Any, properties: tuple[PropertyChange, ...]) -> Change:
    return Change(
        urn=urn, name=name_of(urn), id=str(resource.get("id", "")), operation=operation, properties=properties
    )


def _counts(resource: Json) -> bool:
    """Whether a resource is more than Pulumi's own book-keeping, such as a component or a provider."""
    kind = str(resource.get("type"))
    return kind == "pulumi:pulumi:Stack" or (bool(resource.get("custom")) and not kind.startswith("pulumi:"))


def _made(resource: Json) -> tuple[str, str]:
    return str(resource.get("id", "")), str(resource.get("created", ""))


def _values(resource: Json | None, *, refreshed: bool) -> Json:
    if resource is None:
        return {}
    told = "outputs" if refreshed or resource.get("type") == "pulumi:pulumi:Stack" else "inputs"
    return cast("Json", resource.get(told) or {})


def _differences(before: Any, after: Any, path: str = "") -> Iterator[PropertyChange]:
    if before == after or path.rpartition(".")[2] == "__defaults":
        return
    if _is_plain(before) and _is_plain(after):
        for key in sorted({*before, *after}):
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):  # pyright: ignore[reportUnknownArgumentType]  of JSON
        for index, pair in enumerate(zip(cast("list[Any]", before), cast("list[Any]", after), strict=True)):
            yield from _differences(*pair, f"{path}[{index}]")
    else:
        old, new = _shown(before), _shown(after)
        yield PropertyChange(path=path, before=old, after=_ANEW if old == new == json.dumps(HIDDEN) else new)


def _is_plain(value: Any) -> bool:
    return isinstance(value, dict) and _MARK not in value


def _shown(value: Any) -> str | None:
    """As JSON, with secrets hidden wherever they are; None for nothing."""
    if value is None:
        return None
    text = json.dumps(_hidden(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        if _MARK in value:
            return HIDDEN if cast("Json", value)[_MARK] == _SECRET else "[asset]"
        return {key: _hidden(each) for key, each in cast("Json", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_hidden(each) for each in cast("Sequence[Any]", value)]
    return value
