"""Cloud Storage: buckets, whose names at Google contain no project.

https://cloud.google.com/storage/docs/json_api/v1/buckets
"""

from collections.abc import Callable, Mapping

from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Change
from sandbox.cloud.services import storage
from sandbox.cloud.store import Json
from sandbox.google import answers, changes, requests
from sandbox.google.exchange import Exchange

_BUCKETS = "storage.buckets"
_HOST = "storage.googleapis.com"


def name_of(asked: Exchange) -> str:
    """Returns the cloud's name of the bucket in a path.

    Raises:
        ApiError: NOT_FOUND.
    """
    return storage.bucket(asked.cloud.store, asked.segments[1]).removeprefix(f"//{_HOST}/")


def _insert(asked: Exchange) -> Json:
    """Creates a bucket in the project of the query."""
    body = changes.without_nulls(asked.body)
    if not asked.parameter("project") or not body.get("name"):
        raise invalid(f"Required parameter: {'name' if asked.parameter('project') else 'project'}")
    name = f"projects/{asked.parameter('project')}/buckets/{body['name']}"
    return _shown(asked, asked.call(f"{_BUCKETS}.insert", name, body))


def _list(asked: Exchange) -> Json:
    items = asked.call(f"{_BUCKETS}.list", f"projects/{asked.parameter('project')}/buckets/-")["items"]
    prefix = asked.parameter("prefix")
    return answers.listed(asked, [item for item in items if str(item["name"]).startswith(prefix)])


def _plain(verb: str) -> Callable[[Exchange], Json]:
    def handle(asked: Exchange) -> Json:
        return _shown(asked, asked.call(f"{_BUCKETS}.{verb}", name_of(asked)))

    return handle


def _change(asked: Exchange) -> Json:
    return _changed(asked, requests.updated(asked))


def _lock(asked: Exchange) -> Json:
    """Locks the retention policy for good."""

    def lock(declared: Json) -> Json:
        if not declared.get("retentionPolicy"):
            raise invalid("The bucket has no retention policy.")
        return {"retentionPolicy": {**declared["retentionPolicy"], "isLocked": True}}

    return _changed(asked, lock)


def _changed(asked: Exchange, change: Change) -> Json:
    return _shown(asked, asked.call(f"{_BUCKETS}.patch", name_of(asked), change=change))


def _set_policy(asked: Exchange) -> Json:
    """Replaces the policy, which is the body itself."""
    return _shown(asked, asked.call(f"{_BUCKETS}.setIamPolicy", name_of(asked), {"policy": asked.body}))


def _test(asked: Exchange) -> Json:
    return _shown(asked, asked.permitted(f"//{_HOST}/{name_of(asked)}"))


def _caches(asked: Exchange) -> Json:
    found = asked.call("storage.anywhereCaches.list", f"{name_of(asked)}/anywhereCaches/-")
    return answers.listed(asked, found["items"])


def _shown(asked: Exchange, body: Json) -> Json:
    return answers.with_kind(asked.definition, asked.definition.response or {}, body)


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_BUCKETS}.insert": _insert,
    f"{_BUCKETS}.list": _list,
    f"{_BUCKETS}.get": _plain("get"),
    f"{_BUCKETS}.delete": _plain("delete"),
    f"{_BUCKETS}.getIamPolicy": _plain("getIamPolicy"),
    f"{_BUCKETS}.setIamPolicy": _set_policy,
    f"{_BUCKETS}.testIamPermissions": _test,
    f"{_BUCKETS}.patch": _change,
    f"{_BUCKETS}.update": _change,
    f"{_BUCKETS}.lockRetentionPolicy": _lock,
    "storage.anywhereCaches.list": _caches,
}
