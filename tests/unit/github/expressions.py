"""The expressions of a workflow, as far as these workflows use them.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions. What is not known here fails the test.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"\$\{\{(?P<expression>.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<operator>==|!=|&&|\|\||!|\(|\)|,)|(?P<name>[A-Za-z_*][\w.*-]*))"
)


class _Names(Mapping[str, Any]):
    """Contexts; a name that is not there is empty, as on GitHub."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content

    def __getitem__(self, path: str) -> Any:
        return _looked_up(self._content, path.split("."))

    def __iter__(self) -> Any:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


def _looked_up(value: Any, path: list[str]) -> Any:
    if not path:
        return value
    first, *rest = path
    if first == "*":
        return [_looked_up(each, rest) for each in value.values()]
    return _looked_up(value[first], rest) if isinstance(value, Mapping) and first in value else ""


@dataclass
class Evaluator:
    """Evaluates expressions in contexts.

    Attributes:
        contexts: `github`, `needs`, `matrix`, …
        functions: of the job's condition: `always`, `cancelled`, `failure`, `success`.
    """

    contexts: Mapping[str, Any]
    functions: Mapping[str, Callable[[], bool]]

    def text(self, template: Any) -> str:
        """A text with its expressions replaced."""
        return _PLACE.sub(lambda found: _string(self.value(found["expression"])), str(template))

    def condition(self, text: str) -> bool:
        """Return whether a condition holds; a condition without a status function also requires success."""
        bare = text.strip()
        if bare.startswith("${{"):
            bare = bare[3:].rpartition("}}")[0]
        implied = not re.search(r"\b(always|cancelled|failure|success)\(\)", bare)
        return bool(self.value(bare)) and (not implied or self.functions["success"]())

    def value(self, expression: str) -> Any:
        """Value of an expression."""
        tokens = [found.group().strip() for found in _TOKEN.finditer(expression)]
        assert "".join(tokens) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", expression), expression
        value, rest = self._either(tokens)
        assert not rest, expression
        return value

    def _either(self, tokens: list[str]) -> tuple[Any, list[str]]:
        value, tokens = self._both(tokens)
        while tokens[:1] == ["||"]:
            other, tokens = self._both(tokens[1:])
            value = value or other
        return value, tokens

    def _both(self, tokens: list[str]) -> tuple[Any, list[str]]:
        value, tokens = self._equal(tokens)
        while tokens[:1] == ["&&"]:
            other, tokens = self._equal(tokens[1:])
            value = value and other
        return value, tokens

    def _equal(self, tokens: list[str]) -> tuple[Any, list[str]]:
        value, tokens = self._single(tokens)
        if tokens[:1] in (["=="], ["!="]):
            other, rest = self._single(tokens[1:])
            return _equals(value, other) == (tokens[0] == "=="), rest
        return value, tokens

    def _single(self, tokens: list[str]) -> tuple[Any, list[str]]:
        first, *rest = tokens
        if first == "!":
            value, rest = self._single(rest)
            return not value, rest
        if first == "(":
            value, rest = self._either(rest)
            return value, rest[1:]
        if first.startswith("'"):
            return first[1:-1].replace("''", "'"), rest
        if rest[:1] == ["("]:
            return self._call(first, rest[1:])
        return _Names(self.contexts)[first], rest

    def _call(self, name: str, tokens: list[str]) -> tuple[Any, list[str]]:
        arguments: list[Any] = []
        while tokens[0] != ")":
            value, tokens = self._either(tokens)
            arguments.append(value)
            tokens = tokens[1:] if tokens[0] == "," else tokens
        known: dict[str, Callable[..., Any]] = {
            **self.functions,
            "fromJSON": json.loads,
            "contains": _contains,
            "hashFiles": lambda *_: "0",
        }
        return known[name](*arguments), tokens[1:]


def _equals(left: Any, right: Any) -> bool:
    """Return whether GitHub takes two values for equal: texts in any letters, and values of two types as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    return left == right if type(left) is type(right) else _number(left) == _number(right)


def _number(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, list):
        return any(_equals(each, part) for each in whole)  # pyright: ignore[reportUnknownVariableType]  as JSON has it
    return _string(part).casefold() in _string(whole).casefold()


def _string(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
