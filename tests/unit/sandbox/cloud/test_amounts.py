"""Numbers, times and counts: the simulated cloud knows each limit that Google's definitions tell, and keeps to it."""

import base64
import re
from collections.abc import Iterator

import pytest

import example_tenant as example
from sandbox.cloud import amounts, seed
from sandbox.cloud.amounts import AMOUNTS, Within
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.services import COLLECTIONS
from sandbox.cloud.store import Json
from sandbox.google import schemas
from sandbox.google.definitions import Api
from unit.sandbox.published import reading

_TOLD = re.compile(r"(?:between|from) `?(\d[\d,]*)`? (?:and|to) `?(\d[\d,]*)`?", re.IGNORECASE)
_ADMIN = Caller(seed.ADMIN)
_PROJECT = f"projects/{example.PROJECT}"
# Without operations and without what is only read.
KINDS = [
    made.kind
    for made in (collection() for collection in COLLECTIONS)
    if not made.kind.endswith("perations")
    and not {method.id.rpartition(".")[2] for method in made.methods()} <= {"get", "list"}
]


def _published(
    api: Api, reference: Json, path: str = "", above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, tuple[int, int]]]:
    for name, field in api.schema(reference).get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        items = field.get("items", field)
        below = f"{here}[]" if items is not field else here
        if schemas.is_output(field):
            continue
        if items.get("format") in ("int32", "uint32", "int64"):
            text = " ".join(field.get("description", "").split())
            # A part of a date may also be left open.
            if (told := _TOLD.search(text)) and not re.search(r", or 0 to specify| or 0 to ", text):
                least, most = (int(each.replace(",", "")) for each in told.groups())
                yield below, (least, most)
        elif "$ref" in items and items["$ref"] not in above:
            yield from _published(api, items, below, above | {items["$ref"]})


def _of(kind: str) -> dict[str, tuple[int, int]]:
    """The limits of numbers that Google publishes of a kind, by the path of the field."""
    method = reading(kind)
    return dict(_published(method.api, method.response)) if method and method.response else {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_limit_of_a_number_that_google_publishes_is_known(kind: str) -> None:
    known = {path: (within.least, within.most) for path, within in AMOUNTS.get(kind, {}).items()}
    assert {path: limits for path, limits in _of(kind).items() if known.get(path) != limits} == {}


def test_there_is_something_to_know() -> None:
    assert sum(len(_of(kind)) for kind in KINDS) >= 30
    assert AMOUNTS.keys() <= set(KINDS)


def _body(path: str, amount: float) -> Json:
    """The body in which an amount is at a path."""
    value: object = list(range(int(amount))) if path.endswith("#") else f"{amount:.0f}s" if _is_time(path) else amount
    for step in reversed(path.rstrip("#").replace("[]", ".[]").split(".")):
        value = [value] if step == "[]" else {step: value}
    assert isinstance(value, dict)
    return value


def _is_time(path: str) -> bool:
    return path.endswith(("Duration", "rotationPeriod", "ttl", "autoClose"))


@pytest.mark.parametrize(
    ("kind", "path"), [(kind, path) for kind, paths in AMOUNTS.items() for path in paths], ids=" ".join
)
def test_the_limits_are_taken_and_what_is_beyond_refused(kind: str, path: str) -> None:
    within: Within = AMOUNTS[kind][path]
    for amount in (within.least, within.most):
        amounts.require_valid(kind, _body(path, amount))
    if within.none is not None:
        amounts.require_valid(kind, _body(path, within.none))

    beyond = [within.most + 1, *([within.least - 1] if within.least - 1 not in (-1, within.none) else ())]
    for amount in beyond:
        with pytest.raises(ApiError, match=r"is not within"):
            amounts.require_valid(kind, _body(path, amount))


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ApiError, match="'soon' is no number"):
        amounts.require_valid("pubsub.projects.subscriptions", {"expirationPolicy": {"ttl": "soon"}})


def test_creation_and_change_are_checked(cloud: Cloud) -> None:
    secret = f"{_PROJECT}/secrets/app-books-key"
    body: Json = {"replication": {"automatic": {}}}
    with pytest.raises(ApiError, match="'ttl': 59 is not within"):
        cloud.call("secretmanager.projects.secrets.create", secret, _ADMIN, {**body, "ttl": "59s"})
    cloud.call("secretmanager.projects.secrets.create", secret, _ADMIN, body)
    with pytest.raises(ApiError, match="'ttl': 59 is not within"):
        cloud.call("secretmanager.projects.secrets.patch", secret, _ADMIN, {"ttl": "59s"})


def test_a_payload_has_64_kibibytes(cloud: Cloud) -> None:
    secret = f"{_PROJECT}/secrets/app-books-key"
    cloud.call("secretmanager.projects.secrets.create", secret, _ADMIN, {"replication": {"automatic": {}}})

    def add(size: int) -> None:
        payload = {"payload": {"data": base64.b64encode(b"x" * size).decode()}}
        cloud.call("secretmanager.projects.secrets.addVersion", secret, _ADMIN, payload)

    add(65_536)
    with pytest.raises(ApiError, match="65537 bytes"):
        add(65_537)
