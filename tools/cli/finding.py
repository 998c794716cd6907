"""A line of the doctor's table."""

from dataclasses import dataclass

GOOD, SHORT, LATER, BAD = "ok", "short", "to be made", "unusable"


@dataclass(frozen=True)
class Finding:
    """Line of the table: subject, verdict, detail and remedy.

    LATER: the next `make up` makes it. SHORT: little of a limit is left.
    """

    subject: str
    verdict: str
    detail: str
    remedy: str = ""
