"""Waivers and exceptions that end soon, announced before they turn into violations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cli.github.markdown import escaped
from toolchain.errors import ToolError

AHEAD = timedelta(days=14)
# Security's lists; what they mean, and that they are right, is checked by the policies themselves.
FILES = {"waivers.yaml": "waivers", "audit_waivers.yaml": "waivers", "plan_exceptions.yaml": "exceptions"}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    policy: str = ""
    operation: str = ""
    resource: Any = ""
    owner: str
    expires: date


_ENTRIES = TypeAdapter(list[_Entry])


@dataclass(frozen=True)
class Ending:
    """One entry that ends."""

    file: str
    what: str
    resource: str
    owner: str
    expires: date


def ending(policies: Path, today: date) -> list[Ending]:
    """What ends within two weeks or has ended, the soonest first.

    Raises `ToolError` when a list cannot be read: then nobody would be told.
    """
    found = [each for name, key in FILES.items() for each in _read(policies / name, key)]
    return sorted((each for each in found if each.expires <= today + AHEAD), key=lambda each: each.expires)


def _read(file: Path, key: str) -> Iterator[Ending]:
    try:
        content = cast("dict[str, Any]", yaml.safe_load(file.read_text("utf-8")))
        entries = _ENTRIES.validate_python(content[key] or [])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise ToolError(f"{file.name} cannot be read, so nobody knows what in it ends: {error}") from error
    for entry in entries:
        yield Ending(file.name, entry.policy or entry.operation, _named(entry.resource), entry.owner, entry.expires)


def _named(resource: Any) -> str:
    if isinstance(resource, dict):
        return " ".join(str(value) for value in cast("dict[str, Any]", resource).values())
    return str(resource)


def body(found: list[Ending], today: date, url: str) -> str | None:
    """The text of the issue; None when nothing ends."""
    if not found:
        return None
    rows = [
        f"| {each.expires}{' (over)' if each.expires < today else ''} | {escaped(each.owner)} | {escaped(each.what)} "
        f"| {escaped(each.resource)} | `policies/{each.file}` |"
        for each in found
    ]
    return "\n".join(
        [
            f"After its last day each of these is a violation, which stops deployments. [Log]({url})",
            "",
            "The owner ends the need for it and removes the entry, or has it reviewed anew by security.",
            "",
            "| last day | owner | what | resource | where |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
