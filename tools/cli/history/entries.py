"""Reader of Cloud Audit Logs: the principal, delegation chain, method, resource and result of each entry.

https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog. Reads are left out unless
they are requested or were refused; the address of the caller's computer is always left out.
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
# Lines that may be a change or a refusal; others are not parsed. Reads are by far the larger part of a log.
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
    """Read the relevant entries of an exported file: JSON lines, or the array that gcloud prints.

    Raises `ValueError` when the file is neither.
    """
    if content.lstrip().startswith(b"["):
        yield from cast("list[dict[str, Any]]", json.loads(content))
        return
    for line in content.splitlines():
        if (reads and line.strip()) or _WORTH.search(line):
            yield cast("dict[str, Any]", json.loads(line))


def read(exported: Iterable[dict[str, Any]], *, reads: bool = False) -> list[Entry]:
    """Read the entries that changed something or were refused, in the order of time and without duplicates.

    With `reads`, entries that only read are included.

    A long operation has one entry at its start and one at its end: the first has the principal and the time, the last
    has the result.
    """
    by_key: dict[str, Entry] = {}
    for document in exported:
        try:
            logged = LogEntry.model_validate(document)
        except ValidationError:  # an entry of another log has another payload
            continue
        entry = _entry(logged)
        if not (reads or entry.changes or entry.outcome == "refused"):
            continue
        key = f"operation/{logged.operation.id}" if logged.operation.id else entry.id
        other = by_key.get(key)
        if other is None or entry.time < other.time:
            first, last = entry, other
        else:
            first, last = other, entry
        failed = last if last is not None and last.outcome != "done" else first
        by_key[key] = first.model_copy(update={"outcome": failed.outcome, "message": failed.message})
    return sorted(by_key.values(), key=lambda entry: (entry.time, entry.id))


def _entry(entry: LogEntry) -> Entry:
    payload = entry.proto_payload
    log = entry.log_name.replace("%2F", "/").rpartition("/")[2]
    principal = _name(payload.authentication_info)
    via = tuple(map(_name, _chain(payload.authentication_info)))
    return Entry(
        id=f"{entry.insert_id}@{entry.timestamp.isoformat()}",
        time=entry.timestamp,
        principal=principal,
        via=via,
        job=next((job for name in (*via, principal) if (job := _job(name))), None),
        service=payload.service_name,
        method=payload.method_name,
        resource=payload.resource_name,
        permissions=tuple(dict.fromkeys(check.permission for check in payload.authorization_info if check.permission)),
        outcome=_outcome(payload.status),
        changes=log != "data_access",
        message=payload.status.message,
        caller=payload.request_metadata.caller_supplied_user_agent,
        origin="system" if log == "system_event" else "account",
    )


def _chain(authentication: _Authentication) -> list[_Principal]:
    """Delegation chain of the caller: the principals that impersonated it, the first one first."""
    return [
        delegation.first_party_principal
        if delegation.first_party_principal.principal_email
        else _Principal.model_validate({"principalSubject": delegation.principal_subject})
        for delegation in authentication.service_account_delegation_info
    ]


def _name(principal: _Principal) -> str:
    """E-mail address of a principal, or the subject that a federated principal has at its issuer."""
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
