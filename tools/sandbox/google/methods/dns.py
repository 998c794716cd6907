"""Cloud DNS: record sets, which change by sets of additions and deletions, and policies.

https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets
"""

from collections.abc import Callable, Mapping

from sandbox.cloud.store import Json
from sandbox.google import answers, changes, requests
from sandbox.google.exchange import Exchange

_RECORDS, _CHANGES = "dns.resourceRecordSets", "dns.changes"


def _list(asked: Exchange) -> Json:
    """Returns a zone's records; name and type in the query select."""
    items = asked.call(f"{_RECORDS}.list", f"{_zone(asked)}/rrsets/-/-")["items"]
    for field in ("name", "type"):
        if wanted := asked.parameter(field):
            items = [item for item in items if item[field] == wanted]
    return answers.listed(asked, items)


def _create(asked: Exchange) -> Json:
    record = changes.without_nulls(asked.body)
    asked.call(f"{_CHANGES}.create", f"{_zone(asked)}/changes/-", {"additions": [record]})
    return _read(asked, str(record["name"]), str(record["type"]))


def _patch(asked: Exchange) -> Json:
    before = asked.call(f"{_RECORDS}.get", "/".join(asked.segments[:7]))
    after = changes.merge_patch(before, asked.body)
    change = {"deletions": [before], "additions": [after]}
    asked.call(f"{_CHANGES}.create", f"{_zone(asked)}/changes/-", change)
    return _read(asked, str(after["name"]), str(after["type"]))


def _delete(asked: Exchange) -> Json:
    record = asked.call(f"{_RECORDS}.get", "/".join(asked.segments[:7]))
    asked.call(f"{_CHANGES}.create", f"{_zone(asked)}/changes/-", {"deletions": [record]})
    return {}


def _change_policy(asked: Exchange) -> Json:
    """Changes a policy; the answer has it in a field."""
    policy = asked.call("dns.policies.patch", asked.stem, change=requests.updated(asked))
    return {"policy": answers.with_kind(asked.definition, {"$ref": "Policy"}, policy)}


def _read(asked: Exchange, name: str, kind: str) -> Json:
    record = asked.call(f"{_RECORDS}.get", f"{_zone(asked)}/rrsets/{name}/{kind}")
    return answers.with_kind(asked.definition, asked.definition.response or {}, record)


def _zone(asked: Exchange) -> str:
    return "/".join(asked.segments[:4])


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_RECORDS}.list": _list,
    f"{_RECORDS}.create": _create,
    f"{_RECORDS}.patch": _patch,
    f"{_RECORDS}.delete": _delete,
    "dns.policies.patch": _change_policy,
    "dns.policies.update": _change_policy,
}
