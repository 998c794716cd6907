"""Waivers and exceptions that end soon, announced before they turn into violations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter

from cli import yaml_file
from cli.github.markdown import escaped

AHEAD = timedelta(days=14)
# Security's lists; the policies themselves check their content.
FILES = {
    "waivers.yaml": "waivers",
    "audit_waivers.yaml": "waivers",
    "plan_exceptions.yaml": "exceptions",
    "drift_acceptances.yaml": "acceptances",
}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    policy: str = ""
    operation: str = ""
    path: str = ""
    resource: Any = ""
    owner: str
    expires: date


_ENTRIES = TypeAdapter(list[_Entry])


@dataclass(frozen=True)
class ExpiringEntry:
    """An entry of a list that ends soon or has ended."""

    file: str
    what: str
    resource: str
    owner: str
    expires: date


def expiring(policies: Path, today: date) -> list[ExpiringEntry]:
    """Entries that end within two weeks or have ended, the soonest first.

    Raises `ToolError` when a list cannot be read, because its entries would not be announced.
    """
    entries = [entry for name, key in FILES.items() for entry in _read(policies / name, key)]
    return sorted((entry for entry in entries if entry.expires <= today + AHEAD), key=lambda entry: entry.expires)


def _read(file: Path, key: str) -> Iterator[ExpiringEntry]:
    consequence = "nobody knows what in it ends"
    entries = yaml_file.load(file, lambda content: _ENTRIES.validate_python(content or []), consequence, part=key)
    for entry in entries:
        what = entry.policy or entry.operation or f"drift of {entry.path}"
        yield ExpiringEntry(file.name, what, _resource_name(entry.resource), entry.owner, entry.expires)


def _resource_name(resource: Any) -> str:
    if isinstance(resource, dict):
        return " ".join(str(value) for value in cast("dict[str, Any]", resource).values())
    return str(resource)


def body(entries: list[ExpiringEntry], today: date, url: str) -> str | None:
    """Text of the issue; None when no entry ends."""
    if not entries:
        return None
    rows = [
        f"| {entry.expires}{' (over)' if entry.expires < today else ''} | {escaped(entry.owner)} "
        f"| {escaped(entry.what)} | {escaped(entry.resource)} | `policies/{entry.file}` |"
        for entry in entries
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
