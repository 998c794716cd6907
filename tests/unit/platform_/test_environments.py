"""The program runs for every environment, and dev and prod could be connected; what differs, `make compare` tells."""

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import pytest

from unit.platform_.deployment import deploy
from unit.pulumi_mocks import Document

STACKS = ("sandbox", "dev", "prod")

Values = dict[tuple[str, str, str], Any]

# Type and property.
RANGES = {
    ("GlobalAddress", "address"),
    ("Subnetwork", "ipCidrRange"),
    ("Subnetwork", "secondaryIpRanges.ipCidrRange"),
}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, below in cast("Document", value).items():
            yield from leaves(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from leaves(each, path)
    else:
        yield path, value


@cache
def deployed(stack: str) -> Values:
    """Every value of every resource."""
    found: Values = {}
    for item in deploy(stack).declared:
        if item.type != "gcp:secretmanager/secretVersion:SecretVersion":
            kind = item.type.rpartition(":")[2]
            for path, value in leaves({**item.inputs, "protect": item.protect}):
                found.setdefault((kind, item.name, path), []).append(value)
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_runs_for_every_committed_stack(stack: str) -> None:
    assert deploy(stack).outputs["contract"]["version"] == 1


def test_dev_and_prod_could_be_connected() -> None:
    """No range is in both, so that a peering or a VPN between them stays possible."""
    dev, prod = deployed("dev"), deployed("prod")
    assert not [key for key, value in dev.items() if (key[0], key[2]) in RANGES and prod[key] == value]
