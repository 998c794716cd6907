"""Waivers, exceptions and accepted drift each have a reason, an owner and a last day."""

from datetime import date, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from engine.accepted import Day, Owner, Reason
from plan_gate.exceptions import PlanException
from policy_pack.acceptances import Acceptance
from policy_pack.waivers import Waiver

REASON = "The group is made next week."


class Entry(BaseModel):
    """An entry of a file."""

    reason: Reason = REASON
    owner: Owner = "platform"
    expires: Day = date(2026, 12, 31)


WRONG: list[tuple[str, Any, str]] = [
    ("reason", " " * 30, "is no reason that a reviewer can judge"),
    ("reason", "x" * 30, "is no reason that a reviewer can judge"),
    ("reason", f"because{' ' * 30}", "is no reason that a reviewer can judge"),
    ("owner", "   ", "names no team or person"),
    ("owner", " platform", "names no team or person"),
    ("owner", "platform\nteam", "names no team or person"),
    ("expires", "1796083200", "'1796083200' is no day; write the last one on which it is valid as in 2026-12-31"),
    ("expires", 20261231, "'20261231' is no day"),
    ("expires", "20261231", "is no day"),
    ("expires", "2026-W53-4", "is no day"),
    ("expires", "2026-02-30", "is no day"),
    ("expires", "2026-12-31T00:00:00", "is no day"),
    ("expires", datetime(2026, 12, 31), "is no day"),  # noqa: DTZ001  as YAML reads it
    ("expires", True, "'True' is no day"),
    ("expires", "٢٠٢٦-١٢-٣١", "is no day"),
]


@pytest.mark.parametrize(("field", "value", "said"), WRONG, ids=str)
def test_what_says_nothing_is_refused(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Entry.model_validate({field: value})
    assert said in str(raised.value)


@pytest.mark.parametrize("value", ["2026-12-31", date(2026, 12, 31)])
def test_a_day_may_be_in_quotes(value: Any) -> None:
    assert Entry.model_validate({"expires": value}).expires == date(2026, 12, 31)


@pytest.mark.parametrize("model", [Waiver, PlanException, Acceptance])
def test_every_file_has_the_same_three(model: type[BaseModel]) -> None:
    assert {name: model.model_fields[name].metadata for name in ("reason", "owner", "expires")} == {
        name: Entry.model_fields[name].metadata for name in ("reason", "owner", "expires")
    }
