"""A line of the doctor's table."""

from dataclasses import dataclass

GOOD, LATER, BAD = "ok", "to be made", "unusable"


@dataclass(frozen=True)
class Finding:
    """One line of the table: the subject, GOOD, LATER (the next `make up` makes it) or BAD, detail, and the remedy."""

    subject: str
    verdict: str
    detail: str
    remedy: str = ""
