"""Longest texts: the simulated cloud knows each that Google's definitions tell, and refuses what is longer."""

import re
from collections.abc import Iterator

import pytest

import example_tenant as example
from sandbox.cloud import lengths, seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.lengths import LONGEST, Most
from sandbox.cloud.services import COLLECTIONS
from sandbox.cloud.store import Json
from sandbox.google import schemas
from sandbox.google.definitions import Api
from unit.sandbox.published import reading

_COUNT = r"(?P<count>\d[\d,]*)(?P<kilo>k?)[ -](?:unicode |utf-8 )?(?P<unit>characters|bytes)"
_TOLD = [
    re.compile(before + _COUNT, re.IGNORECASE)
    for before in (
        r"max(?:imum)? length[^.]{0,60}? is ",
        r"not exceed(?: a total of)? ",
        r"limited to ",
        r"up to ",
        r"at most ",
        r"longer than ",
        r"maximum of ",
        r"\d-",
        r"between \d+ (?:to|and) ",
    )
] + [re.compile(_COUNT + r" or (?:less|fewer)", re.IGNORECASE)]
_ADMIN = Caller(seed.ADMIN)
_PROJECT = f"projects/{example.PROJECT}"
# Without operations and without what is only read.
KINDS = [
    made.kind
    for made in (collection() for collection in COLLECTIONS)
    if not made.kind.endswith("perations")
    and not {method.id.rpartition(".")[2] for method in made.methods()} <= {"get", "list"}
]


def _told(description: str) -> Most | None:
    """The length that a description tells."""
    text = " ".join(description.split())
    for pattern in _TOLD:
        if match := pattern.search(text):
            count = int(match["count"].replace(",", "")) * (1000 if match["kilo"] else 1)
            return Most(count, bytes=match["unit"].lower() == "bytes")
    return None


def _published(
    api: Api, reference: Json, path: str = "", above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Most]]:
    for name, field in api.schema(reference).get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        items = field.get("items", field)
        below = f"{here}[]" if items is not field else here
        if schemas.is_output(field):
            continue
        if items.get("type") == "string" and not {"enum", "format"} & items.keys():
            if most := _told(field.get("description", "")):
                yield below, most
        elif "$ref" in items and items["$ref"] not in above:
            yield from _published(api, items, below, above | {items["$ref"]})


def _of(kind: str) -> dict[str, Most]:
    """The lengths that Google publishes of a kind, by the path of the field."""
    method = reading(kind)
    return dict(_published(method.api, method.response)) if method and method.response else {}


@pytest.mark.parametrize("kind", KINDS)
def test_every_length_that_google_publishes_is_known(kind: str) -> None:
    known = LONGEST.get(kind, {})
    assert {path: most for path, most in _of(kind).items() if known.get(path) != most} == {}


def test_there_is_something_to_know() -> None:
    told = {kind for kind in KINDS if _of(kind)}
    assert len(told) >= 20
    assert LONGEST.keys() <= set(KINDS)


def _body(path: str, text: str) -> Json:
    """The body in which a text is at a path."""
    value: object = text
    for step in reversed(path.replace("[]", ".[]").replace("{}", ".{}").split(".")):
        value = [value] if step == "[]" else {"key" if step == "{}" else step: value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("kind", "path"), [(kind, path) for kind, paths in LONGEST.items() for path in paths], ids=" ".join
)
def test_the_longest_text_is_taken_and_a_longer_one_refused(kind: str, path: str) -> None:
    most = LONGEST[kind][path]
    sign = "é" if most.bytes else "a"
    longest = sign * (most.count // len(sign.encode()))

    lengths.require_valid(kind, _body(path, longest))

    with pytest.raises(ApiError, match=re.escape(str(most))):
        lengths.require_valid(kind, _body(path, longest + sign))


def test_a_name_is_limited_without_what_stands_before_it() -> None:
    lengths.require_valid("pubsub.projects.topics", {"name": "projects/p/topics/" + "t" * 255})
    with pytest.raises(ApiError, match="255 characters"):
        lengths.require_valid("pubsub.projects.topics", {"name": "projects/p/topics/" + "t" * 256})


def test_creation_and_change_are_checked(cloud: Cloud) -> None:
    account = f"{_PROJECT}/serviceAccounts/app-ledger@{example.PROJECT}.iam.gserviceaccount.com"
    with pytest.raises(ApiError, match="100 bytes"):
        cloud.call("iam.projects.serviceAccounts.create", account, _ADMIN, {"displayName": "é" * 51})
    assert cloud.store.get(f"//iam.googleapis.com/{account}") is None

    cloud.call("iam.projects.serviceAccounts.create", account, _ADMIN, {"displayName": "é" * 50})
    with pytest.raises(ApiError, match="256 bytes"):
        cloud.call("iam.projects.serviceAccounts.patch", account, _ADMIN, {"description": "d" * 257})
