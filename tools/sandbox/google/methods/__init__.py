"""Methods whose requests or answers differ from the cloud's: each has a handler, by Google's id of the method."""

from collections.abc import Callable, Mapping

from sandbox.cloud.store import Json
from sandbox.google.exchange import Exchange
from sandbox.google.methods import (
    accounts,
    clusters,
    dns,
    hierarchy,
    messages,
    peering,
    sql,
    storage,
    usage,
)

_SERVICES = (accounts, clusters, dns, hierarchy, messages, peering, sql, storage, usage)

HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    method: handler for service in _SERVICES for method, handler in service.HANDLERS.items()
}
