"""Schedules of jobs, refused as the API server refuses them: by its own field ranges.

https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format, whose `ParseStandard` the API server calls. It
is more lenient in two things: it takes a date that no month has, and never starts the job; and it takes a step that
leads out of its field, where `*/90` starts a job each hour.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class _Field(NamedTuple):
    """A field of a schedule: its name, its numbers as a pattern, their range, and names for them."""

    name: str
    number: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """Pattern of the field; names are in either case."""
        names = ["".join(f"[{sign.upper()}{sign}]" for sign in name) for name in self.names]
        value = f"({'|'.join([self.number, *names])})"
        item = rf"([*]|{value}(-{value})?)(/0*[1-9][0-9]?)?"
        return f"{item}(,{item})*"

    def value(self, text: str) -> int:
        """The number of a value."""
        return self.names.index(text.lower()) + self.least if text.lower() in self.names else int(text)

    def values(self, text: str) -> set[int]:
        """All numbers that a field stands for.

        Raises:
            ValueError: a range runs backwards, or a step leads out of the field.
        """
        numbers: set[int] = set()
        for item in text.split(","):
            span, _, step = item.partition("/")
            first, _, last = span.partition("-")
            low = self.least if span == "*" else self.value(first)
            high = self.value(last) if last else self.most if span == "*" or step else low
            if int(step or 1) > self.most - self.least + 1:
                raise ValueError(
                    f"{self.name} {item!r} has a step out of the field, so the job would start once in each and not "
                    f"every {step}; write a smaller step, or the times themselves."
                )
            if low > high:
                raise ValueError(f"{self.name} {item!r} runs backwards; write the smaller one first.")
            numbers.update(range(low, high + 1, int(step or 1)))
        return numbers


_FIELDS = (
    _Field("the minute", "0*([0-9]|[1-5][0-9])", 0, 59),
    _Field("the hour", "0*([0-9]|1[0-9]|2[0-3])", 0, 23),
    _Field("the day", "0*([1-9]|[12][0-9]|3[01])", 1, 31),
    _Field("the month", "0*([1-9]|1[0-2])", 1, 12, _MONTHS),
    _Field("the weekday", "0*[0-6]", 0, 6, _DAYS),
)
PATTERN = f"^{' '.join(field.pattern for field in _FIELDS)}$"


def checked(schedule: str) -> str:
    """The schedule, if it is one and comes to pass.

    Raises:
        ValueError: it is none; the message lists every problem.
    """
    if problems := [*_problems(schedule)]:
        raise ValueError(" ".join(problems))
    return schedule


def _problems(schedule: str) -> Iterator[str]:
    texts = schedule.split(" ")
    if len(texts) != len(_FIELDS):
        yield f'{schedule!r} is not minute, hour, day, month and weekday; write them as in "15 3 * * *".'
        return
    wrong = [
        f"{field.name} {text!r} is not {field.least} to {field.most}{_or_names(field)}, with `*`, `-`, `,` and `/`."
        for field, text in zip(_FIELDS, texts, strict=True)
        if not re.fullmatch(field.pattern, text)
    ]
    yield from wrong
    if wrong:
        return
    try:
        _, _, days, months, _ = (field.values(text) for field, text in zip(_FIELDS, texts, strict=True))
    except ValueError as error:
        yield str(error)
        return
    # A day and a weekday that are both given are alternatives; a step makes a weekday of `*`.
    every_weekday = any(item in ("*", "*/1") for item in texts[4].split(","))
    if every_weekday and min(days) > max(_LONGEST[month - 1] for month in months):
        yield f"{schedule!r} names a date that no year has, so the job would never start; correct day or month."


def _or_names(field: _Field) -> str:
    return f" or {field.names[0].upper()} to {field.names[-1].upper()}" if field.names else ""
