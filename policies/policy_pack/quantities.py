"""Quantities of Kubernetes, and how the API server writes each (resource.Quantity of k8s.io/apimachinery)."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from engine.inputs import items, mapping

_FORM = re.compile(r"(?P<amount>[0-9]{1,15}(\.[0-9]{1,9})?)(?P<unit>m|k|[KMGTPE]i|[MGTPE])?", re.ASCII)
_DECIMAL = ("m", "", "k", "M", "G", "T", "P", "E")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
# Keys with quantities by name, and of one quantity.
_MAPS = frozenset({"default", "defaultRequest", "hard", "limits", "max", "min", "requests"})
_SINGLE = frozenset({"sizeLimit"})


def canonical(text: str) -> str | None:
    """Return a quantity as the API server writes it; None for a text that is none in one of the usual units."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    amount, unit = Decimal(match["amount"]), match["unit"] or ""
    units, step = (_BINARY, 1024) if unit.endswith("i") else (_DECIMAL, 1000)
    at = units.index(unit)
    while amount != amount.to_integral_value() and at > 0:
        amount, at = amount * step, at - 1
    if amount != amount.to_integral_value():
        return None
    while amount and amount % step == 0 and at + 1 < len(units):
        amount, at = amount / step, at + 1
    return f"{int(amount)}{units[at] if amount else ''}"


def amount(value: Any) -> Decimal | None:
    """Return the number that a quantity is; None for a value that is none in one of the usual units."""
    match = _FORM.fullmatch(str(value))
    if match is None:
        return None
    unit = match["unit"] or ""
    units, step = (_BINARY, 1024) if unit.endswith("i") else (_DECIMAL, 1000)
    return Decimal(match["amount"]) * Decimal(step) ** (units.index(unit) - units.index(""))


def quantities(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the quantities of a Kubernetes resource that are texts, with their paths."""
    if isinstance(value, list):
        for index, one in enumerate(items(value)):
            yield from quantities(one, f"{path}[{index}]")
    for key, one in mapping(value).items():
        below = f"{path}.{key}".lstrip(".")
        if key in _SINGLE and isinstance(one, str):
            yield below, one
        elif key in _MAPS and isinstance(one, dict):
            yield from ((f"{below}.{name}", each) for name, each in mapping(one).items() if isinstance(each, str))
        else:
            yield from quantities(one, below)
