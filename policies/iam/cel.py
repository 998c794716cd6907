"""CEL expressions, parsed once: their value, their literals, and a form that ignores spelling.

CEL takes 0.3 s to load, and most policies have no condition, so it is loaded with the first expression.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from celpy import Runner

_TEMPLATE = re.compile(r"(?P<before>[^{}]*)\{[A-Za-z_]\w*\}(?P<after>[^{}]*)")
# Nodes that only wrap their child, when they have one child.
_WRAPPING = {
    "addition", "conditionaland", "conditionalor", "expr", "member", "multiplication", "paren_expr", "primary",
    "relation", "unary",
}  # fmt: skip
_TEXT = re.compile(r"[rR]?(\"\"\"|'''|\"|')")
# Key that marks the attributes of a request as unknown.
_UNKNOWN = "unknown"

Tree = Any  # a tree of lark, whose type of tokens cel-python leaves open


class ExpressionError(Exception):
    """Text that is not a CEL expression."""


def value(expression: str, known: Mapping[str, Any], attributes: Mapping[str, Any] | None) -> bool | None:
    """Evaluate an expression; None where the variables do not determine its value, or it is not CEL.

    Args:
        expression: CEL in the dialect of IAM's conditions.
        known: variables of the expression.
        attributes: attributes of the request, for `api.getAttribute`; None where they are not known.
    """
    from celpy.adapter import json_to_cel  # noqa: PLC0415  see above
    from celpy.celtypes import BoolType  # noqa: PLC0415  see above

    variables = {**known, "api": {_UNKNOWN: True} if attributes is None else dict(attributes)}
    try:
        result = _program(expression).evaluate({name: json_to_cel(variable) for name, variable in variables.items()})
    except Exception:  # noqa: BLE001  whatever goes wrong in an expression must not hide what it binds
        return None
    return bool(result) if isinstance(result, BoolType) else None


@lru_cache(maxsize=4096)
def tree(expression: str) -> Tree:
    """Return the parse tree of an expression.

    Raises:
        ExpressionError: the text is not CEL.
    """
    from celpy import Environment  # noqa: PLC0415  see above

    try:
        return cast("Any", Environment()).compile(expression)
    except Exception as error:
        raise ExpressionError(expression) from error


def texts(part: Any) -> list[str]:
    """Return the string literals of a plain expression, in order."""
    return [literal for literal in _flat(part) if isinstance(literal, Text)]


def calls(node: Tree) -> set[str]:
    """Return the names of the functions and methods that an expression calls."""
    positions = {"ident_arg": 0, "member_dot_arg": 1}
    return {
        str(subtree.children[positions[subtree.data]]) for subtree in node.iter_subtrees() if subtree.data in positions
    }


def has(node: Tree, *kinds: str) -> bool:
    """Return whether an expression has a node of one of these kinds."""
    return any(subtree.data in kinds for subtree in node.iter_subtrees())


class Text(str):
    """String literal of an expression, without its quotes and escapes."""

    __slots__ = ()


@lru_cache(maxsize=4096)
def plain(expression: str) -> Any:
    """Return an expression without brackets, quotes and blanks, which do not change its meaning.

    Raises:
        ExpressionError: the text is not CEL.
    """
    try:
        return _plain(tree(expression))
    except RecursionError as error:
        raise ExpressionError(expression) from error


def _plain(node: Tree) -> Any:
    if not hasattr(node, "children"):
        return _token(node)
    children = [_plain(child) for child in node.children]
    return children[0] if len(children) == 1 and node.data in _WRAPPING else (str(node.data), *children)


def _token(token: Any) -> str:
    from celpy.evaluation import celstr  # noqa: PLC0415  see above

    return Text(celstr(token)) if _TEXT.match(str(token)) else str(token)


def _flat(part: Any) -> Iterator[Any]:
    if not isinstance(part, tuple):
        yield part
        return
    for child in cast("tuple[Any, ...]", part):
        yield from _flat(child)


def conjuncts(part: Any) -> Iterator[Any]:
    """Yield the operands of a conjunction in a plain expression; the whole expression if it is none."""
    if isinstance(part, tuple) and part[0] == "conditionaland":
        for operand in cast("tuple[Any, ...]", part)[1:]:
            yield from conjuncts(operand)
    else:
        yield part


def quoted(text: str) -> str:
    """Return a text as a string literal of CEL."""
    return json.dumps(text, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _program(expression: str) -> "Runner":
    from celpy import Environment  # noqa: PLC0415  see above

    return cast("Runner", cast("Any", Environment()).program(tree(expression), functions=_functions()))


def _functions() -> dict[str, Callable[..., Any]]:
    from celpy.celtypes import BoolType, StringType  # noqa: PLC0415  see above
    from celpy.evaluation import CELEvalError  # noqa: PLC0415  see above

    def unknown(*_: Any) -> Any:
        return CELEvalError("nobody here knows")  # raised, it would end the evaluation, and `||` could not pass it over

    def attribute(api: Any, name: Any, default: Any) -> Any:
        return unknown() if StringType(_UNKNOWN) in api else api.get(name, default)

    def has_only(listed: Any, allowed: Any) -> Any:
        return BoolType(set(map(str, listed)) <= set(map(str, allowed)))

    def extract(text: Any, template: Any) -> Any:
        match = _TEMPLATE.fullmatch(str(template))
        around = f"{re.escape(match['before'])}(.*?){re.escape(match['after']) or '$'}" if match else "(?!)"
        extracted = re.search(around, str(text), re.DOTALL)
        return StringType(extracted[1] if extracted else "")

    tags = ("hasTagKey", "hasTagKeyId", "matchTag", "matchTagId")
    return {**dict.fromkeys(tags, unknown), "getAttribute": attribute, "hasOnly": has_only, "extract": extract}
