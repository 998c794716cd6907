"""An entry of Cloud Audit Logs, read: who did what to which resource, through whom, and whether it was let.

https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog. What only read is left out
unless it is asked for or was refused; and so is where the caller's computer is.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from cli.history.model import Entry, GitHubJob, Outcome

_REFUSED = 7  # google.rpc.Code.PERMISSION_DENIED
# Before a line is parsed: that it may be a change, or refused. Logs of reads are the larger part by far.
_WORTH = re.compile(rb'cloudaudit\.googleapis\.com(?:%2F|/)(?:activity|system_event|policy)"|"code":\s*7\b')
_SUBJECT = re.compile(r"^principal://.*?/subject/(?P<subject>.+)$")
_JOB = re.compile(r"^repo:(?P<repository>[^:]+)(?::environment:(?P<environment>.+)|:.*)?$")


class _Google(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class _Principal(_Google):
    principal_email: str = ""
    principal_subject: str = ""


class _Delegation(_Google):
    principal_subject: str = ""
    first_party_principal: _Principal = _Principal()


class _Authentication(_Principal):
    service_account_delegation_info: tuple[_Delegation, ...] = ()


class _Authorization(_Google):
    permission: str = ""
    resource: str = ""
    granted: bool = False


class _Status(_Google):
    code: int = 0
    message: str = ""


class _Request(_Google):
    caller_supplied_user_agent: str = ""


class _AuditLog(_Google):
    service_name: str = ""
    method_name: str = ""
    resource_name: str = ""
    authentication_info: _Authentication = _Authentication()
    authorization_info: tuple[_Authorization, ...] = ()
    request_metadata: _Request = _Request()
    status: _Status = _Status()


class _Operation(_Google):
    id: str = ""


class LogEntry(_Google):
    """An entry as Cloud Logging exports it."""

    insert_id: str
    log_name: str
    timestamp: datetime
    proto_payload: _AuditLog
    operation: _Operation = _Operation()


def lines(content: bytes, *, reads: bool = False) -> Iterator[dict[str, Any]]:
    """The entries of an exported file that may be of interest: JSON lines, or the array that gcloud prints.

    Raises `ValueError` when it is neither.
    """
    if content.lstrip().startswith(b"["):
        yield from cast("list[dict[str, Any]]", json.loads(content))
        return
    for line in content.splitlines():
        if (reads and line.strip()) or _WORTH.search(line):
            yield cast("dict[str, Any]", json.loads(line))


def read(exported: Iterable[dict[str, Any]], *, reads: bool = False) -> list[Entry]:
    """What changed something or was refused, in the order of time; what was exported twice is told once.

    With `reads` also what only read.

    A long operation has an entry where it begins and another where it ends: the first tells who and when, and the last
    whether it came to something.
    """
    found: dict[str, Entry] = {}
    for document in exported:
        try:
            entry = LogEntry.model_validate(document)
        except ValidationError:  # an entry of another log has another payload
            continue
        told = _entry(entry)
        if not (reads or told.changes or told.outcome == "refused"):
            continue
        key = f"operation/{entry.operation.id}" if entry.operation.id else told.id
        known = found.get(key)
        if known is None or told.time < known.time:
            first, last = told, known
        else:
            first, last = known, told
        failed = last if last is not None and last.outcome != "done" else first
        found[key] = first.model_copy(update={"outcome": failed.outcome, "message": failed.message})
    return sorted(found.values(), key=lambda each: (each.time, each.id))


def _entry(entry: LogEntry) -> Entry:
    payload = entry.proto_payload
    log = entry.log_name.replace("%2F", "/").rpartition("/")[2]
    who = _name(payload.authentication_info)
    via = tuple(_name(each) for each in _chain(payload.authentication_info))
    return Entry(
        id=f"{entry.insert_id}@{entry.timestamp.isoformat()}",
        time=entry.timestamp,
        principal=who,
        via=via,
        job=next((job for name in (*via, who) if (job := _job(name))), None),
        service=payload.service_name,
        method=payload.method_name,
        resource=payload.resource_name,
        permissions=tuple(dict.fromkeys(each.permission for each in payload.authorization_info if each.permission)),
        outcome=_outcome(payload.status),
        changes=log != "data_access",
        message=payload.status.message,
        caller=payload.request_metadata.caller_supplied_user_agent,
        origin="system" if log == "system_event" else "account",
    )


def _chain(told: _Authentication) -> list[_Principal]:
    """Through whom the caller became who they are, the first one first."""
    return [
        each.first_party_principal
        if each.first_party_principal.principal_email
        else _Principal.model_validate({"principalSubject": each.principal_subject})
        for each in told.service_account_delegation_info
    ]


def _name(principal: _Principal) -> str:
    """An e-mail address, or a subject: of a federated principal what its own issuer calls it."""
    if principal.principal_email:
        return principal.principal_email
    match = _SUBJECT.match(principal.principal_subject)
    return match["subject"] if match else principal.principal_subject


def _job(name: str) -> GitHubJob | None:
    match = _JOB.match(name)
    return GitHubJob(repository=match["repository"], environment=match["environment"]) if match else None


def _outcome(status: _Status) -> Outcome:
    if status.code == _REFUSED:
        return "refused"
    return "failed" if status.code else "done"
