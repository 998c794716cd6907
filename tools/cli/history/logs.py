"""Sources of audit logs: exported files, and Cloud Logging itself.

A sink to a bucket writes `cloudaudit.googleapis.com/activity/2026/05/01/….json`. The path has the day, so that files
outside of the question's period are not opened (https://cloud.google.com/logging/docs/export/storage).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from cli.google.client import Client
from cli.google.errors import GoogleError, Purpose
from cli.history import entries
from cli.history.file_store import FileStore
from toolchain.errors import ToolError

_URL = "https://logging.googleapis.com/v2/entries:list"
_PAGE = 1000
_BUCKET = "audit"  # identity_layer/foundation/audit.py
_UNAVAILABLE = (403, 404)  # denied to this login, or not created yet
_FILE = re.compile(r"\.(json|jsonl|ndjson)$")
_DAY = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})/[^/]+$")
_DELAY = timedelta(days=1)  # late entries are in a later file


def exported(
    store: FileStore, since: datetime | None, until: datetime, *, reads: bool = False
) -> Iterator[dict[str, Any]]:
    """Read the entries of exported files that may have entries of a period; reads are included on request.

    Raises `ToolError` when there is no file, or when a file is no export.
    """
    files = [name for name in store.names("") if _FILE.search(name)]
    if not files:
        raise ToolError("LOGS has no files that end in .json, .jsonl or .ndjson, so who did what is not shown.")
    chosen = sorted(name for name in files if _may_contain(name, since, until))
    for name, content in zip(chosen, store.read_all(chosen), strict=True):
        try:
            yield from entries.lines(content, reads=reads)
        except ValueError as error:
            raise ToolError(
                f"{name} in LOGS is no export of Cloud Logging ({error}), so who did what is not shown. It has an "
                "entry on each line, as a sink writes it, or is what `gcloud logging read --format=json` printed."
            ) from error


def _may_contain(name: str, since: datetime | None, until: datetime) -> bool:
    match = _DAY.search(name)
    if match is None:
        return True
    try:
        day = datetime(*map(int, match.groups()), tzinfo=UTC)
    except ValueError:
        return True
    return (since is None or day + timedelta(days=1) + _DELAY > since) and day <= until


@dataclass(frozen=True)
class LogEntries:
    """Entries from Cloud Logging.

    Attributes:
        entries: the entries, page by page.
        complete: whether they come from the identity layer's locked bucket, which keeps reads as long as changes, and
            not from the project's default logs.
    """

    entries: Iterator[dict[str, Any]]
    complete: bool


def logged(
    client: Client, project: str, region: str, since: datetime | None, until: datetime, *, reads: bool = False
) -> LogEntries:
    """Read the entries of a period from Cloud Logging.

    Raises `GoogleError` when Google refuses.
    """
    prefix = f"projects/{project}/logs/cloudaudit.googleapis.com%2F"
    changed = " OR ".join(f'logName="{prefix}{log}"' for log in ("activity", "system_event", "policy"))
    refused = "" if reads else " AND protoPayload.status.code=7"
    read = f'(logName="{prefix}data_access"{refused})'
    times = [f'timestamp<="{until.isoformat()}"', *([f'timestamp>="{since.isoformat()}"'] if since else [])]
    body: dict[str, Any] = {
        "filter": " AND ".join([f"({changed} OR {read})", *times]),
        "orderBy": "timestamp desc",
        "pageSize": _PAGE,
    }
    needs = "roles/logging.viewer, which the security and the platform team have"
    purpose = Purpose(f"read the audit log of {project} in Cloud Logging", "it is left out", needs)

    def listed(resource: str) -> Iterator[dict[str, Any]]:
        """Entries of a bucket's view or of a project; the first page is read at once, so that a refusal is raised."""
        pages = client.listed("POST", _URL, "entries", purpose, body={**body, "resourceNames": [resource]})
        first = list(islice(pages, 1))
        return chain(first, pages)

    try:
        return LogEntries(
            listed(f"projects/{project}/locations/{region}/buckets/{_BUCKET}/views/_AllLogs"), complete=True
        )
    except GoogleError as error:
        if error.code not in _UNAVAILABLE:
            raise
        return LogEntries(listed(f"projects/{project}"), complete=False)
