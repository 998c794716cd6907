"""Verdicts on inputs against the vendor's; collected where its recorded verdicts are at hand (see conftest.py)."""

from typing import Any

import pytest

import oracles
from sandbox.plugins.gcp.provider import GcpProvider
from sandbox.plugins.protocol import Resource

_RECORDED: dict[str, Any] = oracles.read(oracles.VERDICTS)
_ROWS: list[dict[str, Any]] = [*_RECORDED["valid"], *_RECORDED["changed"]]


@pytest.mark.parametrize("row", _ROWS, ids=[f"{row['type']}: {row['what']}" for row in _ROWS])
def test_inputs_are_accepted_or_refused_as_by_the_vendor(provider: GcpProvider, row: dict[str, Any]) -> None:
    _, problems = provider.check(Resource("", row["type"], "x"), {}, row["inputs"], b"seed")
    assert bool(problems) is (row["verdict"] != "accepted"), problems or row["says"]
