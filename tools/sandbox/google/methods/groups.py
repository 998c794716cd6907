"""Cloud Identity: groups, which a query names by address."""

from collections.abc import Callable, Mapping

from sandbox.cloud.store import Json
from sandbox.google.exchange import Exchange

_LOOKUP = "cloudidentity.groups.lookup"


def _lookup(asked: Exchange) -> Json:
    """Returns a group's name (https://cloud.google.com/identity/docs/reference/rest/v1/groups/lookup)."""
    return asked.call(_LOOKUP, "groups/-", {"groupKey": {"id": asked.parameter("groupKey.id")}})


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {_LOOKUP: _lookup}
