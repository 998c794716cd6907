"""The program runs for every environment, and any two could be connected; what differs, `make compare` tells."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import Any, cast

import pytest

from cli.layout import SANDBOX, environments
from unit.platform_.deployment import deploy, deploy_namespaces, deploy_storage
from unit.pulumi_mocks import Document

ON_GOOGLE_CLOUD = environments()
ENVIRONMENTS = [SANDBOX, *ON_GOOGLE_CLOUD]

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
        for element in cast("list[Any]", value):
            yield from leaves(element, path)
    else:
        yield path, value


@cache
def deployed(stack: str) -> Values:
    """Every value of every resource."""
    values: Values = {}
    for item in deploy(stack).declared:
        if item.type != "gcp:secretmanager/secretVersion:SecretVersion":
            kind = item.type.rpartition(":")[2]
            for path, value in leaves({**item.inputs, "protect": item.protect}):
                values.setdefault((kind, item.name, path), []).append(value)
    return values


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_programs_run_for_every_committed_stack(environment: str) -> None:
    assert deploy(environment).outputs["contract"]["contract"] == "platform"
    assert deploy_storage(environment).outputs["contract"]["contract"] == "storage"
    assert deploy_namespaces(environment).outputs["contract"]["contract"] == "namespaces"


@pytest.mark.parametrize(("one", "other"), list(combinations(ON_GOOGLE_CLOUD, 2)))
def test_two_environments_could_be_connected(one: str, other: str) -> None:
    """No range is in both, so that a peering or a VPN between them stays possible."""
    first, second = deployed(one), deployed(other)
    assert not [key for key, value in first.items() if (key[0], key[2]) in RANGES and second.get(key) == value]
