"""CEL expressions of IAM: compiled once, checked when they are set, and evaluated at every decision.

Three dialects: conditions of allow policies (https://cloud.google.com/iam/docs/conditions-attribute-reference),
conditions of deny policies, which know tags only, and the mappings and conditions of federation, which know the claims
of a token. cel-python does not check types, so an expression is also evaluated for a sample: a call without a matching
overload is refused as Google's compiler refuses it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import lark
from celpy import Environment, Runner
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError
from celpy.celtypes import BoolType, ListType, StringType, Value
from celpy.evaluation import CELEvalError

from sandbox.cloud.attributes import Request
from sandbox.cloud.errors import ApiError, invalid

_TEMPLATE = re.compile(r"^(?P<before>[^{}]*)\{[A-Za-z_]\w*\}(?P<after>[^{}]*)$")
_TIME_PARTS = {
    "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds",
    "getMinutes", "getMonth", "getSeconds",
}  # fmt: skip
_STRINGS = {"contains", "endsWith", "extract", "matches", "startsWith"}
_TAGS = {"hasTagKey", "hasTagKeyId", "matchTag", "matchTagId"}
_CONVERSIONS = {"bool", "duration", "has", "int", "size", "string", "timestamp"}
_MOST_OPERATORS = 12  # logical operators in a condition; https://cloud.google.com/iam/quotas
_MOST_ROLES = 10  # in one hasOnly
_MACROS = {"all", "exists", "exists_one", "filter", "map"}


@dataclass(frozen=True)
class Dialect:
    """Variables and functions that an expression may use.

    Attributes:
        variables: name to its fields; None: any field.
        functions: names of functions and methods.
    """

    variables: Mapping[str, frozenset[str] | None]
    functions: frozenset[str]


ALLOW = Dialect(
    {
        "resource": frozenset({"name", "service", "type"}),
        "request": frozenset({"time"}),
        "api": frozenset(),
    },
    frozenset({*_TIME_PARTS, *_STRINGS, *_TAGS, *_CONVERSIONS, "getAttribute", "hasOnly"}),
)
DENY = Dialect({"resource": frozenset()}, frozenset(_TAGS))
FEDERATION = Dialect(
    {"assertion": None, "google": None, "attribute": None},
    frozenset({*_STRINGS, *_CONVERSIONS, *_MACROS, "join", "split"}),
)


def _extract(text: Value, template: Value) -> Value:
    """Returns the part of a text that a template such as "/secrets/{name}/" leaves open; "" when it does not fit."""
    match = _TEMPLATE.match(str(template))
    if match is None:
        return StringType("")
    _, separator, rest = str(text).partition(match["before"])
    if match["before"] and not separator:
        return StringType("")
    value, separator, _ = rest.partition(match["after"]) if match["after"] else (rest, "x", "")
    return StringType(value if separator else "")


def _has_only(values: Value, allowed: Value) -> Value:
    return BoolType({str(value) for value in _items(values)} <= {str(value) for value in _items(allowed)})


def _items(value: Value) -> list[Any]:
    return list(cast("ListType", value))


def _get_attribute(api: Value, name: Value, default: Value) -> Value:
    return cast("dict[Value, Value]", api).get(name, default)


def _tag_function(field: str, *, with_value: bool) -> Callable[..., Value]:
    def matches(resource: Value, key: Value, value: Value | None = None) -> Value:
        tags = cast("dict[Value, dict[Value, Value]]", resource)[StringType(field)]
        return BoolType(key in tags and (not with_value or tags[key] == value))

    return matches


def _join(parts: Value, separator: Value) -> Value:
    return StringType(str(separator).join(str(part) for part in _items(parts)))


def _split(text: Value, separator: Value) -> Value:
    return ListType([StringType(part) for part in str(text).split(str(separator))])


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "extract": _extract,
    "getAttribute": _get_attribute,
    "hasOnly": _has_only,
    "hasTagKey": _tag_function("tags", with_value=False),
    "hasTagKeyId": _tag_function("tag_ids", with_value=False),
    "join": _join,
    "matchTag": _tag_function("tags", with_value=True),
    "matchTagId": _tag_function("tag_ids", with_value=True),
    "split": _split,
}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment()


@lru_cache(maxsize=1024)
def _compiled(expression: str) -> tuple[lark.Tree[Any], Runner]:
    try:
        # cel-python leaves its parse tree's token type open
        environment = cast("Any", _environment())
        tree = cast("lark.Tree[Any]", environment.compile(expression))
        return tree, cast("Runner", environment.program(tree, functions=_FUNCTIONS))
    except CELParseError as error:
        reason = str(error.args[0]).splitlines()[0] if error.args else "syntax error"
        raise _refused(expression, reason) from error


def _refused(expression: str, reason: str) -> ApiError:
    return invalid(f"Condition expression compilation failed: {reason} in '{' '.join(expression.split())}'.")


def check(expression: str, dialect: Dialect) -> None:
    """Raises INVALID_ARGUMENT for an expression that does not compile in a dialect."""
    tree, _ = _compiled(expression)
    for node in tree.iter_subtrees():
        _check_node(expression, dialect, node, tree)


def _check_node(expression: str, dialect: Dialect, node: lark.Tree[Any], tree: lark.Tree[Any]) -> None:
    if node.data in ("ident_arg", "member_dot_arg"):
        function = str(node.children[0 if node.data == "ident_arg" else 1])
        if function not in dialect.functions:
            raise _refused(expression, f"undeclared reference to '{function}'")
    elif node.data == "ident":
        name = str(node.children[0])
        if name not in dialect.variables and not _is_bound(tree, name):
            raise _refused(expression, f"undeclared reference to '{name}'")
    elif node.data == "member_dot":
        owner, field = _name_of(node.children[0]), str(node.children[1])
        fields = dialect.variables.get(owner)
        if fields is not None and field not in fields:
            raise _refused(expression, f"undefined field '{field}'")


def _check_limits(expression: str, tree: lark.Tree[Any]) -> None:
    """Refuses an expression that exceeds IAM's limits; federation has no such limits."""
    binary = sum(
        len(node.children) == 2 for name in ("conditionalor", "conditionaland") for node in tree.find_data(name)
    )
    if binary + sum(1 for _ in tree.find_data("unary_not")) > _MOST_OPERATORS:
        raise _refused(expression, f"more than {_MOST_OPERATORS} logical operators")
    for call in tree.find_data("member_dot_arg"):
        if str(call.children[1]) == "hasOnly" and len(call.children) > 2:
            literal = next(cast("lark.Tree[Any]", call.children[2]).find_data("list_lit"), None)
            items = cast("list[lark.Tree[Any]]", literal.children) if literal else []
            if items and len(items[0].children) > _MOST_ROLES:
                raise _refused(expression, f"more than {_MOST_ROLES} roles in one hasOnly")


def _name_of(node: Any) -> str:
    """Returns the name of the variable if a subtree is nothing but a variable; else "".\n"""
    while isinstance(node, lark.Tree):
        tree = cast("lark.Tree[Any]", node)
        if len(tree.children) != 1:
            return ""
        node = tree.children[0]
    return str(node)


def _is_bound(tree: lark.Tree[Any], name: str) -> bool:
    """Returns whether a macro of the expression binds a variable of that name."""
    for call in tree.find_data("member_dot_arg"):
        if str(call.children[1]) in _MACROS and len(call.children) > 2:
            arguments = cast("lark.Tree[Any]", call.children[2]).children
            if _name_of(arguments[0]) == name:
                return True
    return False


def evaluate(expression: str, activation: Mapping[str, Any]) -> Any:
    """Returns the value of an expression for variables (JSON values and datetimes).

    Raises:
        CELEvalError: the expression cannot be evaluated for them.
        ApiError: INVALID_ARGUMENT when the expression does not compile.
    """
    values = {name: json_to_cel(value) for name, value in activation.items()}
    result = _compiled(expression)[1].evaluate(values)
    if isinstance(result, CELEvalError):
        raise result
    return result


def _activation(request: Request) -> dict[str, Any]:
    return {
        "resource": {
            "name": request.name,
            "service": request.service,
            "type": request.type,
            "tags": dict(request.tags),
            "tag_ids": dict(request.tag_ids),
        },
        "request": {"time": datetime.fromtimestamp(request.time, UTC)},
        "api": {key: value if isinstance(value, str) else list(value) for key, value in request.api.items()},
    }


_SAMPLE = Request(time=0.0, service="s", type="t", name="n")


def check_condition(expression: str, dialect: Dialect = ALLOW) -> None:
    """Raises INVALID_ARGUMENT for an expression that is no condition: it does not compile, or is not true or false."""
    check(expression, dialect)
    _check_limits(expression, _compiled(expression)[0])
    try:
        result = evaluate(expression, _activation(_SAMPLE))
    except CELEvalError as error:
        if "overload" in str(error):
            raise _refused(expression, "found no matching overload") from error
        return
    if not isinstance(result, BoolType):
        raise _refused(expression, "expected type 'bool'")


def holds(expression: str, request: Request) -> bool | None:
    """Returns whether a condition holds for a request; None when it cannot be evaluated for it."""
    try:
        return bool(evaluate(expression, _activation(request)))
    except CELEvalError:
        return None
