"""Inputs of a type as the installed SDK declares them, their conversion to its types, and checks of them.

The SDK's modules take seconds to import (Compute Engine's alone is five megabytes of source), so its source is read
instead, one class at a time: the arguments of `__init__` have the types, the getters the provider's own names, and the
descriptions list the values of enumerations.
"""

import ast
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

from sandbox.plugins.gcp import facts
from sandbox.plugins.gcp.facts import Facts
from sandbox.plugins.protocol import UNKNOWN, Properties, ProviderError

_SDK = "pulumi_gcp"
_MOST_NAMES = 12  # number of properties listed in a message without a suggestion

_DEPRECATED = r'(?:@_utilities\.deprecated\("""(?:.|\n)*?"""\)\s+)?'
_GETTER = re.compile(rf'@pulumi\.getter\(name="(\w+)"\)\s+{_DEPRECATED}def (\w+)\(')
_VALUES = re.compile(r"Possible values are: ((?:`[^`]*`(?:, and |, or |, | and | or )?)+)\.")
_PARAMETER = re.compile(r":param \S*(?:\[.*?\])? (\w+): (.*?)(?=:param |\Z)", re.DOTALL)
# An output in a resource's class that always has a value.
_ALWAYS = re.compile(
    rf'@pulumi\.getter(?:\(name="(\w+)"\))?\s+{_DEPRECATED}def (\w+)\(self\) -> pulumi\.Output\[(?!Optional)'
)
# The spellings of Go's strconv.ParseBool.
_BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]+)?", re.ASCII)
_WORDS = {"str": "a string", "bool": "a boolean", "int": "a whole number", "float": "a number"}


@dataclass(frozen=True)
class Shape:
    """The type of a value.

    Attributes:
        kind: "str", "bool", "int", "float", "list", "map", "object", or "any".
        of: the type of a list's or a map's items.
        arguments: the SDK's class of an object's properties.
    """

    kind: str
    of: "Shape | None" = None
    arguments: str = ""


@dataclass(frozen=True)
class Property:
    """An input: its type, whether it is required, and the possible values that its description lists."""

    shape: Shape
    required: bool
    values: tuple[str, ...]


def problems(token: str, inputs: Properties) -> list[str]:
    """Returns the problems of a type's inputs, a sentence each: path, fault, expected value.

    Args:
        token: the type's token, such as "gcp:sql/user:User".
        inputs: the inputs; values that are unknown in a preview count as correct.
    """
    reader = _Reader(_module_and_class(token)[0], facts.of(token))
    return [f"{token}: {problem}" for problem in reader.object_problems(properties(token), inputs, "", "")]


def converted(token: str, inputs: Properties) -> Properties:
    """Returns the inputs in the SDK's types, as the provider converts them: `"true"` becomes true, and 80 `"80"`.

    A value that cannot be converted stays as it is.
    """
    return _converted_object(_module_and_class(token)[0], properties(token), inputs)


def filled_in_by_google(token: str) -> frozenset[str]:
    """Returns the top-level inputs of a type that Google fills in where they are not given.

    It follows from their outputs in the SDK: an optional input that always has an output.
    """
    module, name = _module_and_class(token)
    outputs = _outputs(module, f"{_file_name(name)}.py", name)
    return frozenset(key for key, given in properties(token).items() if not given.required and key in outputs)


def fields(token: str, shape: Shape) -> Mapping[str, Property]:
    """Returns the properties of an object in the inputs of a type."""
    return _class(_module_and_class(token)[0], "_inputs.py", shape.arguments)


def properties(token: str) -> Mapping[str, Property]:
    """Returns the inputs of a type by the provider's names.

    Raises:
        ProviderError: the SDK is not installed, or has no such type.
    """
    module, name = _module_and_class(token)
    return _class(module, f"{_file_name(name)}.py", f"{name}Args")


def _file_name(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _module_and_class(token: str) -> tuple[str, str]:
    """Returns the SDK's module and class of a token: "gcp:sql/user:User" is ("sql", "User")."""
    _, path, name = token.split(":")
    return path.partition("/")[0], name


@dataclass(frozen=True)
class _Reader:
    """Checks of inputs by the types of one module of the SDK.

    Attributes:
        module: the module.
        facts: what the SDK does not state of the type.
    """

    module: str
    facts: Facts

    def object_problems(self, known: Mapping[str, Property], given: Properties, place: str, path: str) -> Iterator[str]:
        """Yields the problems of an object; its path is its place without positions in lists."""
        for key, value in given.items():
            if key.startswith("__") or value is None:
                continue
            if key not in known:
                yield f"'{place}{key}' is not a property. {_suggestion(key, known)}"
                continue
            values = self.facts.values.get(f"{path}{key}", known[key].values)
            blank = values and not known[key].required and self.facts.takes_blank(f"{path}{key}")
            allowed = (*values, "") if blank else tuple(values)
            yield from self._value_problems(known[key].shape, value, f"{place}{key}", f"{path}{key}", allowed)
        if place:  # the catalog itself has the required inputs of a resource
            for key, expected in known.items():
                if expected.required and given.get(key) is None:
                    yield f"Missing required argument '{place}{key}'."

    def _value_problems(
        self, shape: Shape, value: Any, place: str, path: str, values: tuple[str, ...]
    ) -> Iterator[str]:
        if value == UNKNOWN or shape.kind == "any":
            return
        if shape.kind == "list" and shape.of and isinstance(value, list):
            for index, item in enumerate(cast("list[Any]", value)):
                yield from self._value_problems(shape.of, item, f"{place}[{index}]", path, values)
        elif shape.kind == "map" and shape.of and isinstance(value, dict):
            for key, item in cast("Properties", value).items():
                yield from self._value_problems(shape.of, item, f"{place}.{key}", path, ())
        elif shape.kind == "object" and isinstance(value, dict):
            known = _class(self.module, "_inputs.py", shape.arguments)
            yield from self.object_problems(known, cast("Properties", value), f"{place}.", f"{path}.")
        elif not _is_a(shape.kind, value):
            yield f"'{place}' must be {_word(shape)}, not {_word_of(value)}."
        elif values and value not in values:
            yield f"'{place}' is {value!r}; it must be one of {', '.join(filter(None, values))}."


def _is_a(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind in ("int", "float"):
        return isinstance(value, int if kind == "int" else (int, float)) and not isinstance(value, bool)
    return kind == "str" and isinstance(value, str)


def _word(shape: Shape) -> str:
    return _WORDS.get(shape.kind) or {"list": "a list"}.get(shape.kind, "an object")


def _word_of(value: Any) -> str:
    kind = type(cast("object", value)).__name__
    return _WORDS.get(kind) or {"list": "a list"}.get(kind, "an object")


def _suggestion(key: str, known: Mapping[str, Property]) -> str:
    near = get_close_matches(key, known, n=1)
    if near:
        return f"Did you mean '{near[0]}'?"
    more = ", …" if len(known) > _MOST_NAMES else ""
    return f"Known are {', '.join(sorted(known)[:_MOST_NAMES])}{more}."


# Conversion


def _converted_object(module: str, known: Mapping[str, Property], given: Properties) -> Properties:
    return {key: _converted(module, known[key].shape, value) if key in known else value for key, value in given.items()}


def _converted(module: str, shape: Shape, value: Any) -> Any:
    if value == UNKNOWN:
        return value
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_converted(module, shape.of, item) for item in items] if shape.kind == "list" and shape.of else items
    if isinstance(value, dict):
        given = cast("Properties", value)
        if shape.kind == "map" and shape.of:
            return {key: _converted(module, shape.of, item) for key, item in given.items()}
        if shape.kind == "object":
            return _converted_object(module, _class(module, "_inputs.py", shape.arguments), given)
        return given
    return _converted_scalar(shape.kind, value)


def _converted_scalar(kind: str, value: Any) -> Any:
    if kind == "str" and isinstance(value, (bool, int, float)):
        return _text(value)
    if kind == "bool" and isinstance(value, str):
        return _BOOLEANS.get(value, value)
    if kind in ("int", "float") and isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if kind == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _text(value: float) -> str:
    """Returns a boolean or a number as the provider writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


# Reading the SDK


@cache
def _root() -> Path:
    """Returns the folder of the installed SDK."""
    spec = importlib.util.find_spec(_SDK)
    if spec is None or spec.origin is None:
        raise ProviderError(f"The SDK {_SDK} is not installed in the plugin's environment, so no input can be checked.")
    return Path(spec.origin).parent


@lru_cache(maxsize=2)
def _source(module: str, file: str) -> str:
    path = _root() / module / file
    if not path.is_file():
        raise ProviderError(f"The installed SDK {_SDK} has no {module}/{file}: is it the version that is pinned?")
    return path.read_text()


@cache
def _class(module: str, file: str, name: str) -> Mapping[str, Property]:
    source = _source(module, file)
    start = source.find(f"\nclass {name}:\n")
    if start < 0:
        raise ProviderError(f"The installed SDK {_SDK} has no class {name} in {module}/{file}.")
    end = source.find("\nclass ", start + 1)
    text = source[start : end if end > 0 else None]
    signature = text[text.index("def __init__(") : text.index("):\n")]
    function = cast("ast.FunctionDef", ast.parse(f"{signature}): ...").body[0])
    wire = {python: provider for provider, python in _GETTER.findall(text)}
    values = _enumerations(text)
    arguments = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {
        wire.get(argument.arg, argument.arg): Property(
            _shape(argument.annotation), default is None, values.get(argument.arg, ())
        )
        for argument, default in arguments
    }


@cache
def _outputs(module: str, file: str, name: str) -> frozenset[str]:
    """Returns the outputs of a resource that always have a value."""
    source = _source(module, file)
    start = source.find(f"\nclass {name}(pulumi.CustomResource):\n")
    if start < 0:
        raise ProviderError(f"The installed SDK {_SDK} has no class {name} in {module}/{file}.")
    return frozenset(wire or python for wire, python in _ALWAYS.findall(source, start))


def _enumerations(text: str) -> dict[str, tuple[str, ...]]:
    """Returns the possible values by Python's names, if the constructor's description lists them."""
    description = text.partition('"""')[2].partition('"""')[0]
    values: dict[str, tuple[str, ...]] = {}
    for name, words in _PARAMETER.findall(description):
        match = _VALUES.search(" ".join(words.split()))
        if match:
            values[name] = tuple(re.findall(r"`([^`]*)`", match[1]))
    return values


def _shape(annotation: ast.expr | None) -> Shape:
    """Returns the type of an annotation of the SDK; "any" for other annotations."""
    match annotation:
        case ast.Constant(value=str(name)) if name.isidentifier():
            shape = Shape("object", arguments=name)
        case ast.Attribute(attr=name) if name in _WORDS:
            shape = Shape(name)
        case ast.Subscript(value=ast.Attribute(attr="Input" | "Optional") | ast.Name(id="Optional"), slice=inner):
            shape = _shape(inner)
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=inner):
            shape = Shape("list", _shape(inner))
        case ast.Subscript(value=ast.Name(id="Mapping"), slice=ast.Tuple(elts=[_, inner])):
            shape = Shape("map", _shape(inner))
        case _:
            shape = Shape("any")
    return shape
