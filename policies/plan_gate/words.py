"""Words for the layers' components: whom they are for, and what they are (plan_words.yaml)."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from engine import data

FILE = Path(__file__).resolve().parents[1] / "plan_words.yaml"
_PART = re.compile(r"\\{(\w+)\\}")

Text = Annotated[str, Field(min_length=1)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Purpose(NamedTuple):
    """Purpose of a component: `app`, `ledger`, `account`; `many` is empty for what there is one of."""

    kind: str
    name: str
    what: str
    many: str


class _Words(_Document):
    name: Text
    of: Text = Field(alias="for")
    what: Text
    many: str = ""

    def purpose(self, name: str, labels: Mapping[str, str]) -> Purpose | None:
        """Return the purpose of a component with a name; None where name or labels do not fit."""
        matched = re.fullmatch(_PART.sub(r"(?P<\1>.+)", re.escape(self.name)), name)
        if matched is None:
            return None
        kind, _, of = self.of.rpartition(" ")
        try:
            return Purpose(kind, of.format_map({**labels, **matched.groupdict()}), self.what, self.many)
        except KeyError:
            return None


class _File(_Document):
    components: dict[str, tuple[_Words, ...]]


def purpose(token: str, name: str, labels: Mapping[str, str]) -> Purpose | None:
    """Return the purpose of a component; None for one that is not listed.

    Args:
        token: its type.
        name: its name.
        labels: labels of a resource in it.
    """
    listed = words().components.get(token, ())
    return next((found for one in listed if (found := one.purpose(name, labels))), None)


@cache
def words(file: Path = FILE) -> _File:
    """Return the content of plan_words.yaml.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, _File)
