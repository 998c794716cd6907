"""Reason, owner and last day of what security accepts for a limited time.

Three files have them: waivers, exceptions of the plan gate, and accepted drift. A reviewer judges each, so blanks are
no reason and no owner; and a day is written as one, since a number would be read as seconds.
"""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

SHORTEST_REASON, SHORTEST_OWNER = 20, 2
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _reason(value: str) -> str:
    if len(value.strip()) < SHORTEST_REASON or len(set(value)) < SHORTEST_REASON // 4:
        raise ValueError(
            f"{value!r} is no reason that a reviewer can judge; write {SHORTEST_REASON} characters or more."
        )
    return value


def _owner(value: str) -> str:
    if len(value.strip()) < SHORTEST_OWNER or value != value.strip() or not value.isprintable():
        raise ValueError(f"{value!r} names no team or person; write who will end it.")
    return value


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"{str(value)!r} is no day; write the last one on which it is valid as in 2026-12-31.")


Reason = Annotated[str, AfterValidator(_reason)]
Owner = Annotated[str, AfterValidator(_owner)]
Day = Annotated[date, BeforeValidator(_day)]
