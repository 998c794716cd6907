"""Methods whose requests or answers differ from the cloud's: each has a handler, by Google's id of the method."""

from collections.abc import Callable, Mapping

from sandbox.cloud.store import Json
from sandbox.google.exchange import Exchange
from sandbox.google.methods import (
    accounts,
    clusters,
    dns,
    groups,
    hierarchy,
    messages,
    network,
    peering,
    sql,
    storage,
    tags,
    usage,
)

_SERVICES = (accounts, clusters, dns, groups, hierarchy, messages, network, peering, sql, storage, tags, usage)

HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    method: handler for service in _SERVICES for method, handler in service.HANDLERS.items()
}
