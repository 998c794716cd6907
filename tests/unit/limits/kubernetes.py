"""Refusals of the API server, by the limits that Kubernetes documents; for tests without an API server.

https://kubernetes.io/docs/concepts/overview/working-with-objects/ (names, labels), and the API reference of each kind.
It is stricter in one thing: a number is refused where only its type is too small for it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from ipaddress import ip_network
from typing import Any, cast

from unit.pulumi_mocks import Document

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_HOST = re.compile(r"(?=.{1,253}$)(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_DATA_KEY = re.compile(r"[A-Za-z0-9._-]{1,253}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?)(m|k|M|G|T|Ki|Mi|Gi|Ti|)")  # the units that the layers write
_UNITS = {
    "m": Decimal("0.001"),
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}
# https://kubernetes.io/docs/concepts/configuration/configmap/, and the largest request that etcd takes.
_MOST_DATA, _MOST_BYTES = 2**20, 3 * 2**19
_MOST_ANNOTATIONS = 256 * 2**10
_MOST_NUMBER = 2**31 - 1
# Kinds whose names become labels of other objects, or parts of their names.
_SHORT_NAMES = {"core/v1:Namespace": 63, "core/v1:Service": 63, "batch/v1:CronJob": 52}
_PORTS = ("port", "containerPort", "targetPort")
_AT_LEAST_ONE = ("periodSeconds", "timeoutSeconds", "failureThreshold", "activeDeadlineSeconds", "minReplicas")


def problems(token: str, inputs: Document) -> Iterator[str]:
    """Yield the API server's refusals.

    Args:
        token: the type, such as "kubernetes:apps/v1:Deployment".
        inputs: of the object.
    """
    kind = token.removeprefix("kubernetes:")
    metadata: Document = inputs.get("metadata") or {}
    name = str(metadata.get("name", ""))
    if not _SUBDOMAIN.fullmatch(name) and not kind.startswith("rbac."):
        yield f"metadata.name {name!r} is no name"
    most = next((most for short, most in _SHORT_NAMES.items() if kind.startswith(short)), 253)
    if len(name) > most:
        yield f"metadata.name has {len(name)} characters, of {most} at most"
    if most == _SHORT_NAMES["core/v1:Namespace"] and not _LABEL.fullmatch(name):
        yield f"metadata.name {name!r} is no label of DNS"
    if _bytes(metadata.get("annotations")) > _MOST_ANNOTATIONS:
        yield "metadata.annotations are too long"
    if len(json.dumps(inputs).encode()) > _MOST_BYTES:
        yield "the object is larger than a request may be"
    if kind.startswith("core/v1:ConfigMap"):
        yield from _data(inputs)
    yield from _walk(inputs, "")


def _data(inputs: Document) -> Iterator[str]:
    data: dict[str, str] = inputs.get("data") or {}
    yield from (f"data has the key {key!r}" for key in data if not _DATA_KEY.fullmatch(key))
    if _bytes(data) > _MOST_DATA:
        yield "data is larger than 1 MiB"


def _bytes(texts: Mapping[str, str] | None) -> int:
    return sum(len(f"{key}{value}".encode()) for key, value in (texts or {}).items())


def _walk(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _walk(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        fields = cast("Document", value)
        yield from (f"{path}.{problem}" for problem in _fields(fields))
        for key, inner in fields.items():
            yield from _walk(inner, f"{path}.{key}")
    elif isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= _MOST_NUMBER:
        yield f"{path} is {value}, out of its type"


def _fields(fields: Document) -> Iterator[str]:
    for name in ("labels", "matchLabels"):
        for key, value in _map(fields, name).items():
            if not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
                yield f"{name} has {key!r}: {value!r}"
    for name in _PORTS:
        if isinstance(fields.get(name), int) and not 1 <= fields[name] <= 65535:
            yield f"{name} is {fields[name]}"
    for name in _AT_LEAST_ONE:
        if fields.get(name) is not None and fields[name] < 1:
            yield f"{name} is {fields[name]}"
    yield from _addresses(fields)
    yield from _pod(fields)
    yield from _quantities(fields)
    if fields.get("minReplicas") is not None and fields["minReplicas"] > fields["maxReplicas"]:
        yield "minReplicas are more than maxReplicas"


def _addresses(fields: Document) -> Iterator[str]:
    if "cidr" in fields:
        try:
            ip_network(fields["cidr"])
        except ValueError as error:
            yield f"cidr: {error}"
    hosts = _list(fields, "hostnames")
    yield from (f"hostname {host!r} is none" for host in hosts if not _HOST.fullmatch(host))


def _pod(fields: Document) -> Iterator[str]:
    containers: list[Document] = [*_list(fields, "containers"), *_list(fields, "initContainers")]
    for container in containers:
        if not _LABEL.fullmatch(container["name"]):
            yield f"container {container['name']!r} is no label of DNS"
        yield from (
            f"variable {variable['name']!r} is no name"
            for variable in _list(container, "env")
            if not _VARIABLE.fullmatch(variable["name"])
        )
        drain = _map(_map(container, "lifecycle"), "preStop")
        if drain and drain["sleep"]["seconds"] > fields["terminationGracePeriodSeconds"]:
            yield "preStop sleeps longer than the pod has to end"
    names = [container["name"] for container in containers]
    if len(set(names)) < len(names):
        yield "two containers have one name"


def _quantities(fields: Document) -> Iterator[str]:
    # A LimitRange has a list of limits.
    hard, limits, requests = (_map(fields, name) for name in ("hard", "limits", "requests"))
    wrong = [(name, text) for each in (hard, limits, requests) for name, text in each.items() if _amount(text) is None]
    yield from (f"{name} {text!r} is no quantity" for name, text in wrong)
    for name in () if wrong else sorted(limits.keys() & requests.keys()):
        if (_amount(requests[name]) or 0) > (_amount(limits[name]) or 0):
            yield f"requests.{name} are more than the limit"


def _map(fields: Document, name: str) -> Document:
    given = fields.get(name)
    return cast("Document", given) if isinstance(given, dict) else {}


def _list(fields: Document, name: str) -> list[Any]:
    return cast("list[Any]", fields.get(name) or [])


def _amount(quantity: str) -> Decimal | None:
    match = _QUANTITY.fullmatch(str(quantity))
    return Decimal(match[1]) * _UNITS[match[2]] if match else None
