"""Inputs as rules read them: numbers and durations, and texts that only look like one."""

from typing import Any

import pytest

from engine.inputs import UNKNOWN, Secret, number, seconds


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 5), (5.5, 5.5), ("5", 5), ("-5", -5), ("+5", 5), ("5.50", 5.5), (0, 0), ("0", 0)]
)
def test_a_number_may_be_written_as_text(value: Any, expected: float) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(
            "nan",
            "NaN",
            "inf",
            "-inf",
            "Infinity",
            "1e5",
            "1_000",
            " 5",
            "5 ",
            "5.",
            ".5",
            "0x10",
            "\u0663",
            "",
            "five",
        ),
        *(float("nan"), float("inf"), True, None, UNKNOWN, [5], {"value": 5}),
        Secret(5),
    ],
)
def test_what_only_looks_like_a_number_is_none(value: Any) -> None:
    assert number(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("86400s", 86400), ("0.5s", 0.5), ("86400", None), ("nans", None), ("1_0s", None), ("s", None), (86400, None)],
)
def test_a_duration_is_in_seconds(value: Any, expected: float | None) -> None:
    assert seconds(value) == expected
