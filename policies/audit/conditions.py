"""What a condition of a grant leaves of it. One that is not understood leaves everything: nothing is hidden by it."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

_DELEGATED = re.compile(
    r"""api\.getAttribute\(["']iam\.googleapis\.com/modifiedGrantsByRole["'], ?\[\]\)"""
    r"""\.hasOnly\((?P<roles>\[[^\]]*\])\)"""
)
_END = re.compile(r"""request\.time <=? timestamp\(["'](?P<end>[0-9T:.Z+-]+)["']\)""")
_FOLDER = re.compile(r"""resource\.name\.startsWith\(["']projects/_/buckets/[^/]+/objects/(?P<folder>[^/"']+)/["']\)""")
_LISTED = re.compile(
    r"""api\.getAttribute\(["']storage\.googleapis\.com/objectListPrefix["'], ?["']["']\)"""
    r"""\.startsWith\(["'](?P<folder>[^/"']+)/["']\)"""
)


@dataclass(frozen=True)
class Left:
    """What is left of a grant.

    Attributes:
        over: nothing: its time has passed.
        roles: for a right to grant, the only roles that may be granted; None for all.
        folder: in a bucket, the only folder; empty for all.
    """

    over: bool = False
    roles: frozenset[str] | None = None
    folder: str = ""


def left(expression: str, now: datetime) -> Left:
    """What a condition leaves of a grant; a window that has yet to open leaves all of it."""
    if match := _DELEGATED.fullmatch(expression.strip()):
        return Left(roles=frozenset(json.loads(match["roles"].replace("'", '"'))))
    # Where alternatives could hold as well, the end is no end, and the folder not the only one.
    if "||" not in expression and (match := _END.search(expression)):
        return Left(over=datetime.fromisoformat(match["end"]) <= now)
    folders = {_folder_of(part.strip()) for part in expression.split("||")}
    return Left(folder=folders.pop() if len(folders) == 1 else "")


def _folder_of(alternative: str) -> str:
    """The folder that an alternative is about: its objects, or lists that begin with it; empty for another one."""
    match = _FOLDER.fullmatch(alternative) or _LISTED.fullmatch(alternative)
    return match["folder"] if match else ""
