"""Declared rights inside of databases before and after a proposal, from files alone.

They are noted before the proposed layers replace the base branch's, and compared afterwards: two steps of a job.
"""

import json
from pathlib import Path
from typing import cast

from cli.databases import declared
from cli.github.job import Job
from cli.layout import environments
from toolchain.errors import ToolError


def note(job: Job) -> None:
    """Note what the base branch declares, for a later step of the job."""
    _noted(job).write_text(json.dumps(_declared()), encoding="utf-8")


def changed(job: Job) -> list[str]:
    """Return the rights that a proposal declares (`+`) or no longer declares (`-`)."""
    before = cast("list[str] | None", json.loads(_noted(job).read_text(encoding="utf-8")))
    after = _declared()
    if before is None or after is None:
        return [f"not known: a stack file of the {'base branch' if before is None else 'proposal'} cannot be read"]
    return [f"- {line}" for line in before if line not in after] + [f"+ {line}" for line in after if line not in before]


def _noted(job: Job) -> Path:
    return Path(job.get("RUNNER_TEMP")) / "database-rights.json"


def _declared() -> list[str] | None:
    """Lines of the rights that the checkout declares; None where a file cannot be read, which a preview tells."""
    try:
        return declared.lines(environments())
    except ToolError:
        return None
