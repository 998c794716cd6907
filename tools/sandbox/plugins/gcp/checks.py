"""Checks of inputs by the provider's facts: numbers, texts, lists, and inputs that need or exclude others."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from sandbox.plugins.gcp import facts, formats
from sandbox.plugins.gcp.facts import Facts
from sandbox.plugins.protocol import UNKNOWN, Properties


def problems(token: str, inputs: Properties) -> list[str]:
    """Returns the problems of a type's inputs, a sentence each; values that are unknown in a preview count as correct.

    Args:
        token: the type's token, such as "gcp:sql/user:User".
        inputs: the inputs, of the SDK's types.
    """
    known = facts.of(token)
    return [
        f"{token}: {problem}"
        for check in (_outputs, _numbers, _texts, _counts, _groups, _pairs)
        for problem in check(known, inputs)
    ]


def given(inputs: Properties, path: str) -> bool:
    """Returns whether an input has a value; in a list, whether that of any item has."""
    return any(True for _ in _values(inputs, path))


def _outputs(known: Facts, inputs: Properties) -> Iterator[str]:
    for path in known.computed:
        for place, _ in _values(inputs, path):
            yield f"'{place}' is no input: Google gives it a value."


def _numbers(known: Facts, inputs: Properties) -> Iterator[str]:
    for path, (least, greatest) in known.ranges.items():
        for place, value in _scalars(inputs, path):
            if not _number(value):
                continue
            if (least is not None and value < least) or (greatest is not None and value > greatest):
                expected = f"at least {least:g}" if greatest is None else f"{least:.15g} to {greatest:.15g}"
                yield f"'{place}' is {value}; it must be {expected}."


def _texts(known: Facts, inputs: Properties) -> Iterator[str]:
    for path, (least, greatest) in known.lengths.items():
        for place, value in _scalars(inputs, path):
            if isinstance(value, str) and not least <= len(value) <= greatest:
                yield f"'{place}' has {len(value)} characters; it must have {least} to {greatest}."
    for path, form in known.formats.items():
        for place, value in _scalars(inputs, path):
            problem = formats.CHECKS[form](value) if isinstance(value, formats.TYPES.get(form, str)) else ""
            if problem:
                yield f"'{place}' is {value!r}; it {problem}."


def _counts(known: Facts, inputs: Properties) -> Iterator[str]:
    for path, least in known.fewest.items():
        for place, value in _values(inputs, path):
            if isinstance(value, list) and len(cast("list[Any]", value)) < least:
                yield f"'{place}' must have at least {least} {'item' if least == 1 else 'items'}."
    for path, most in known.most.items():
        for place, value in _values(inputs, path):
            if isinstance(value, list) and len(cast("list[Any]", value)) > most:
                yield f"'{place}' has {len(cast('list[Any]', value))} items; at most {most} are possible."


def _groups(known: Facts, inputs: Properties) -> Iterator[str]:
    for group in known.one:
        present = _present(inputs, group)
        if len(present) > 1:
            yield f"only one of {_named(group)} can be given, not {_named(present)}."
        elif not present and _block_given(inputs, group):
            yield f"one of {_named(group)} must be given."
    for group in known.some:
        if not _present(inputs, group) and _block_given(inputs, group):
            yield f"at least one of {_named(group)} must be given."


def _pairs(known: Facts, inputs: Properties) -> Iterator[str]:
    for path, others in known.apart.items():
        if given(inputs, path):
            for other in _present(inputs, others):
                yield f"'{path}' conflicts with '{other}'."
    for path, others in known.together.items():
        if given(inputs, path):
            for other in others:
                if not given(inputs, other):
                    yield f"'{path}' needs '{other}' beside it."


def _present(inputs: Properties, paths: Sequence[str]) -> list[str]:
    return [path for path in paths if given(inputs, path)]


def _block_given(inputs: Properties, group: Sequence[str]) -> bool:
    """Returns whether the block that has all inputs of a group is given, and known."""
    block = group[0].rpartition(".")[0]
    return not block or any(isinstance(value, dict) for _, value in _values(inputs, block))


def _named(paths: Sequence[str]) -> str:
    return ", ".join(f"'{path}'" for path in paths)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _values(value: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yields the places and values of an input, in lists that of each item; null is no value."""
    if value is None:
        return
    if isinstance(value, list) and path:
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _values(item, path, f"{place}[{index}]")
    elif not path:
        yield place, value
    elif isinstance(value, dict):
        step, _, below = path.partition(".")
        yield from _values(cast("Properties", value).get(step), below, f"{place}.{step}" if place else step)


def _scalars(inputs: Properties, path: str) -> Iterator[tuple[str, Any]]:
    """Yields the places and known values of an input, of a list its items."""
    for place, value in _values(inputs, path):
        if isinstance(value, list):
            items = ((f"{place}[{index}]", item) for index, item in enumerate(cast("list[Any]", value)))
        else:
            items = iter([(place, value)])
        yield from ((where, item) for where, item in items if item != UNKNOWN)
