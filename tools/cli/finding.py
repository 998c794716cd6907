"""A line of the doctor's table."""

from dataclasses import dataclass

GOOD, LATER, BAD = "ok", "to be made", "unusable"


@dataclass(frozen=True)
class Finding:
    """Line of the table: subject, verdict (GOOD, BAD, or LATER: the next `make up` makes it), detail and remedy."""

    subject: str
    verdict: str
    detail: str
    remedy: str = ""
