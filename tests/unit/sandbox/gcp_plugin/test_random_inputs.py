"""No input ends in an exception: random values of every declared type, and of wrong types, with a fixed seed."""

import random
from collections.abc import Mapping
from contextlib import suppress
from operator import itemgetter
from typing import Any

import pytest

from sandbox.plugins.gcp import inputs as sdk
from sandbox.plugins.gcp.catalog import TYPES
from sandbox.plugins.gcp.inputs import Property, Shape
from sandbox.plugins.gcp.provider import GcpProvider, id_of
from sandbox.plugins.protocol import UNKNOWN, InitFailedError, Properties, ProviderError, Resource
from unit.sandbox.gcp_plugin.conftest import APIS
from unit.sandbox.gcp_plugin.edge_lives import EDGE_LIVES
from unit.sandbox.gcp_plugin.lives import LIVES, Life

_TEXTS = (
    "",
    "a",
    "main",
    "projects/p/global/networks/main",
    "10.0.0.0/8",
    "1d",
    "86400s",
    "{",
    "[]",
    "TRUE",
    "ä",
    UNKNOWN,
)
_NUMBERS = (0, 1, -1, 2**63, 0.5, 1e300)
_DEEPEST = 5  # blocks in blocks
_DRAWS = 12  # random inputs a type


class _Random:
    def __init__(self, token: str, seed: int) -> None:
        self._token = token
        self._random = random.Random(f"{token} {seed}")  # noqa: S311 - draws test data; no secret

    def inputs(self) -> Properties:
        return self._object(sdk.properties(self._token), 0)

    def one(self) -> Properties:
        """Returns one input of the type with a random value."""
        key, expected = self._random.choice(sorted(sdk.properties(self._token).items(), key=itemgetter(0)))
        return {key: self._value(expected.shape, 1)}

    def _object(self, known: Mapping[str, Property], depth: int) -> Properties:
        chance = 0.4 if depth else 0.6
        return {
            key: self._value(expected.shape, depth + 1)
            for key, expected in known.items()
            if expected.required or self._random.random() < chance
        }

    def _value(self, shape: Shape, depth: int) -> Any:
        if self._random.random() < 0.05:
            return self._random.choice((None, UNKNOWN, "x", 1, True, [], {}, [None], {"x": None}))
        if shape.kind == "list":
            return [self._value(shape.of or Shape("any"), depth) for _ in range(self._random.randint(0, 2))]
        if shape.kind == "map":
            return {
                key: self._value(shape.of or Shape("any"), depth)
                for key in ("a", "b.c", "")[: self._random.randint(0, 3)]
            }
        if shape.kind == "object":
            return {} if depth > _DEEPEST else self._object(sdk.fields(self._token, shape), depth)
        if shape.kind == "bool":
            return self._random.random() < 0.5
        return self._random.choice(_NUMBERS if shape.kind in ("int", "float") else _TEXTS)


@pytest.mark.parametrize("token", TYPES)
def test_random_inputs_end_in_no_exception(provider: GcpProvider, token: str) -> None:
    resource = Resource("urn", token, "main", "id")
    before: Properties = {}
    for seed in range(_DRAWS):
        inputs = _Random(token, seed).inputs()
        checked, problems = provider.check(resource, before, inputs, b"seed")
        assert all(problem.startswith((token, "Missing required argument")) for problem in problems)
        assert provider.check(resource, checked, inputs, b"other seed")[0] == checked
        difference = provider.diff(resource, before, before, checked)
        assert difference.replaces <= difference.changes.keys()
        assert provider.diff(resource, checked, checked, checked).changes == {}
        if not problems:
            id_of(token, checked)
            provider.create(resource, checked, preview=True)
            provider.update(resource, before, before, checked, preview=True)
        before = checked


@pytest.fixture(scope="module")
def enabled(provider: GcpProvider) -> GcpProvider:
    """A provider whose project has every API on."""
    token = "gcp:projects/service:Service"
    for name in APIS:
        resource = Resource("", token, name)
        service, _ = provider.check(resource, {}, {"service": f"{name}.googleapis.com"}, b"seed")
        provider.create(resource, service, preview=False)
    return provider


@pytest.mark.parametrize("life", [*LIVES, *EDGE_LIVES], ids=lambda life: life.token)
def test_one_random_input_beside_right_ones_is_created_or_refused(enabled: GcpProvider, life: Life) -> None:
    for seed in range(_DRAWS):
        inputs = {**life.inputs, **_Random(life.token, seed).one()}
        resource = Resource("urn", life.token, f"main{seed}")
        checked, problems = enabled.check(resource, {}, inputs, b"seed")
        if not problems and UNKNOWN not in str(checked):
            with suppress(ProviderError, InitFailedError):
                assert enabled.create(resource, checked, preview=False)[0]
