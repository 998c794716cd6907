"""Service Usage: the APIs of a project (https://cloud.google.com/service-usage/docs/reference/rest/v1/services)."""

from collections.abc import Callable, Mapping

from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json
from sandbox.google import answers, operations
from sandbox.google.exchange import Exchange

_SERVICES = "serviceusage.services"
_V1, _V1BETA1 = "google.api.serviceusage.v1", "google.api.serviceusage.v1beta1"
_MOST = 20  # APIs of one batch


def _get(asked: Exchange) -> Json:
    return _service(asked, asked.call(f"{_SERVICES}.get", asked.stem))


def _list(asked: Exchange) -> Json:
    items = asked.call(f"{_SERVICES}.list", f"{asked.stem}/-")["items"]
    return answers.listed(asked, [_service(asked, item) for item in items])


def _batch_get(asked: Exchange) -> Json:
    chosen = asked.query.get("names", [])
    return {"services": [_service(asked, asked.call(f"{_SERVICES}.get", name)) for name in chosen]}


def _switch(verb: str) -> Callable[[Exchange], Json]:
    def handle(asked: Exchange) -> Json:
        service = _service(asked, asked.call(f"{_SERVICES}.{verb}", asked.stem))
        kind = f"{_V1}.{verb.capitalize()}ServiceResponse"
        return operations.begin(asked, asked.stem, {"service": service}, kind)

    return handle


def _batch_enable(asked: Exchange) -> Json:
    requested: list[str] = asked.body.get("serviceIds") or []
    if not 0 < len(requested) <= _MOST:
        raise invalid(f"Between 1 and {_MOST} services can be enabled in one batch.")
    bodies = [asked.call(f"{_SERVICES}.enable", f"{asked.stem}/{service}") for service in requested]
    services = [_service(asked, body) for body in bodies]
    return operations.begin(asked, asked.stem, {"services": services}, f"{_V1}.BatchEnableServicesResponse")


def _identity(asked: Exchange) -> Json:
    identity = asked.call(f"{_SERVICES}.generateServiceIdentity", asked.stem)
    return operations.begin(asked, asked.stem, identity, f"{_V1BETA1}.ServiceIdentity")


def _service(asked: Exchange, body: Json) -> Json:
    """Returns a service in the form of Service Usage, with the project's number."""
    name = asked.cloud.iam.hierarchy.with_number(body["name"])
    parent, _, service = name.partition("/services/")
    return {"name": name, "config": {"name": service}, "state": body["state"], "parent": parent}


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    f"{_SERVICES}.get": _get,
    f"{_SERVICES}.list": _list,
    f"{_SERVICES}.batchGet": _batch_get,
    f"{_SERVICES}.enable": _switch("enable"),
    f"{_SERVICES}.disable": _switch("disable"),
    f"{_SERVICES}.batchEnable": _batch_enable,
    f"{_SERVICES}.generateServiceIdentity": _identity,
}
