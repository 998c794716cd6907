"""Words for a document that does not fit its model: file, line and column, what is wrong, and the remedy.

The validation library has words of its own, which name its types; nothing of them is in a message.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .characters import odd
from .strict_yaml import Document, reading

# What a value has to be, by the library's name of the problem; `{…}` is a limit.
_DEMANDS = {
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "string_type": "must be a text",
    "string_pattern_mismatch": "must have the form {pattern}",
    "string_too_short": "must have {min_length} characters or more",
    "string_too_long": "must have {max_length} characters or fewer",
    "too_short": "must have {min_length} items or more",
    "too_long": "must have {max_length} items or fewer",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "none_required": "must have no value",
    "finite_number": "must be a number",
}
_TYPES = {
    "int": "must be a whole number",
    "float": "must be a number",
    "decimal": "must be a number",
    "bool": "must be true or false",
    "date": "must be a date, written as in 2026-01-31",
    "datetime": "must be a point in time, written as in 2026-01-31T18:00:00Z",
    "timezone": "must end with a time zone, such as Z",
    "list": "must be a list, with a line `- …` for each item",
    "tuple": "must be a list, with a line `- …` for each item",
    "set": "must be a list, with a line `- …` for each item",
    "frozen": "must be a list, with a line `- …` for each item",
    "dict": "must be a mapping, with a line `key: value` for each item",
    "mapping": "must be a mapping, with a line `key: value` for each item",
    "model": "must be a mapping, with a line `key: value` for each item",
    "union": "must name one of its kinds",
}
_LONGEST = 60
_MOST = 20  # problems, whose places are looked for one by one
# Problems with the key by which a kind is chosen; the library tells the mapping that it is in.
_OF_A_KEY = frozenset({"union_tag_invalid", "union_tag_not_found"})


def problems(
    error: ValidationError, document: Document, describe: Callable[[ErrorDetails, str], str] | None = None
) -> Iterator[str]:
    """Problems of a document, each with its place, its path and its remedy.

    Args:
        error: of the validation.
        document: that was validated.
        describe: words for one problem, given the value as it is written without quotes; this module's by default.
    """
    details = error.errors(include_url=False)
    for detail in details[:_MOST]:
        location = tuple(part for part in detail["loc"] if part != "[key]")
        path = [*document.path(location)]
        if detail["type"] in _OF_A_KEY:
            location = (*location, str(detail.get("ctx", {}).get("discriminator")).strip("'"))
            path.append(location[-1])
        elif detail["type"] == "missing":
            path.append(location[-1])
        is_key = "[key]" in detail["loc"] or detail["type"] == "extra_forbidden"
        shown = ".".join(map(str, path)) or "the file"
        said = (describe or words)(detail, document.written(location))
        yield f"{document.place(location, of_key=is_key)}: {shown}: {said}"
    if len(details) > _MOST:
        yield f"and {len(details) - _MOST:,} more of these."


def without_values(error: ValidationError) -> Iterator[str]:
    """Problems of what no file has, without a value that may be secret: each with its path and its remedy."""
    for detail in error.errors(include_url=False):
        path = ".".join(map(str, detail["loc"]))
        is_named = detail["type"] in ("missing", "extra_forbidden", "value_error")
        yield f"{path}: {words(detail)}" if is_named else f"{path}: {_demand(detail)}."


def words(detail: ErrorDetails, written: str = "") -> str:
    """One problem in words; validators of our own have written theirs.

    Args:
        detail: the problem.
        written: the value as it is written in the file, without quotes; empty where that is not known.
    """
    kind = detail["type"]
    if kind == "value_error":
        return str(detail["ctx"]["error"]) if "ctx" in detail else "is not valid here; correct it."
    if kind == "extra_forbidden":
        return "is unknown, so it would do nothing. Remove it, or correct its name."
    if kind == "missing":
        return "is not set. Add it."
    return f"{_demand(detail)}, but is {shown(detail['input'], written)}.{_remedy(detail, written)}"


def _demand(detail: ErrorDetails) -> str:
    """What a value has to be."""
    kind = detail["type"]
    text = _DEMANDS.get(kind) or _TYPES.get(kind.partition("_")[0], "is not what is expected here")
    return text.format_map(detail.get("ctx", {}))


def shown(value: Any, written: str = "") -> str:
    """A value as a person wrote it, shortened."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "empty"
    read = reading(value).removeprefix("the number ")
    return f"{written}, {read} for YAML" if written and written != read else read


def _remedy(detail: ErrorDetails, written: str) -> str:
    value, kind = detail["input"], detail["type"]
    if isinstance(value, str):
        quoted = kind.partition("_")[0] in ("int", "float", "bool") and _is_plain(value)
        return " Write it without quotes." if quoted else _characters(value)
    if kind in ("string_type", "literal_error", "enum") and value is not None and not isinstance(value, dict | list):
        return f' Write it in quotes: "{written}".' if written else " Write it in quotes, as it is meant."
    return ""


def _is_plain(value: str) -> bool:
    return value in ("true", "false") or (value.isascii() and value.lstrip("-").isdigit())


def _characters(value: str) -> str:
    return f" It has {named}." if (named := odd(value)) else ""
