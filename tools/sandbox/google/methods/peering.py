"""Service Networking: connections, which Google names by the service, with the network in query or body.

https://cloud.google.com/service-infrastructure/docs/service-networking/reference/rest/v1/services.connections
"""

from collections.abc import Callable, Mapping

from sandbox.cloud.errors import invalid
from sandbox.cloud.references import relative
from sandbox.cloud.store import Json
from sandbox.google import answers, requests
from sandbox.google.exchange import Exchange

_CONNECTIONS = "servicenetworking.services.connections"


def _list(asked: Exchange) -> Json:
    """Returns the connections of the network in the query; the service `-` stands for all."""
    network = _network(asked, asked.parameter("network"))
    items = asked.call(f"{_CONNECTIONS}.list", _name(network, "-"))["items"]
    service = asked.segments[1]
    return answers.listed(asked, [_numbered(asked, item) for item in items if service in ("-", _service(item))])


def _create(asked: Exchange) -> Json:
    network = _network(asked, str(asked.body.get("network", "")))
    name = _name(network, asked.segments[1])
    created = asked.call(f"{_CONNECTIONS}.create", name, {**asked.body, "network": network})
    return answers.shaped(asked, name, _numbered(asked, created))


def _patch(asked: Exchange) -> Json:
    network = _network(asked, str(asked.body.get("network", "")))
    name = _name(network, asked.segments[1])
    change = requests.updated(asked, {**asked.body, "network": network})
    return answers.shaped(asked, name, _numbered(asked, asked.call(f"{_CONNECTIONS}.patch", name, change=change)))


def _delete(asked: Exchange) -> Json:
    """Deletes the connection of the consumer's network; the path has the peering's name."""
    network = _network(asked, str(asked.body.get("consumerNetwork", "")))
    name = _name(network, asked.segments[1])
    return answers.shaped(asked, name, asked.call(f"{_CONNECTIONS}.delete", name))


def _network(asked: Exchange, reference: str) -> str:
    network = asked.cloud.iam.hierarchy.with_ids(relative(reference))
    if len(network.split("/")) != 5:
        raise invalid(f"Invalid network '{reference}': it has the form projects/<number>/global/networks/<name>.")
    return network


def _name(network: str, service: str) -> str:
    """Returns the cloud's name of a connection, which contains the consumer's network."""
    return f"{network.replace('/global/', '/')}/connections/{service}"


def _service(connection: Json) -> str:
    return str(connection["service"]).removeprefix("services/")


def _numbered(asked: Exchange, connection: Json) -> Json:
    """Returns a connection as Google returns it: with the project's number."""
    return {**connection, "network": asked.cloud.iam.hierarchy.with_number(relative(str(connection["network"])))}


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_CONNECTIONS}.list": _list,
    f"{_CONNECTIONS}.create": _create,
    f"{_CONNECTIONS}.patch": _patch,
    f"{_CONNECTIONS}.deleteConnection": _delete,
}
