"""dev differs from prod in names and cost, never in protection: compared by what both deploy, to the last value."""

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import pytest

from unit.platform_.deployment import deploy
from unit.pulumi_mocks import Document

STACKS = ("sandbox", "dev", "prod")

Values = dict[tuple[str, str, str], Any]

# Type and property that may differ, by the reason.
NAMES = {
    ("Certificate", "managed.domains"),
    ("CertificateMapEntry", "hostname"),
    ("DnsAuthorization", "domain"),
    ("Gateway", "spec.listeners.hostname"),
}
RANGES = {
    ("GlobalAddress", "address"),
    ("Subnetwork", "ipCidrRange"),
    ("Subnetwork", "secondaryIpRanges.ipCidrRange"),
}
RULES_BY_RANGE = {("Firewall", "destinationRanges")}
COST = {
    # A standby in another zone, which doubles the price. Backups, and how far back they go, are the same.
    ("DatabaseInstance", "settings.availabilityType"),
    ("DatabaseInstance", "settings.userLabels.objective-downtime-minutes"),
    ("DatabaseInstance", "settings.tier"),
    ("ResourceQuota", "spec.hard.limits.memory"),
    ("ResourceQuota", "spec.hard.pods"),
    ("ResourceQuota", "spec.hard.requests.cpu"),
    ("ResourceQuota", "spec.hard.requests.memory"),
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
    """Every value of every resource; the project's name, which differs in all of them, written alike."""
    found: Values = {}
    for item in deploy(stack).declared:
        if item.type != "gcp:secretmanager/secretVersion:SecretVersion":
            kind = item.type.rpartition(":")[2]
            for path, value in leaves({**item.inputs, "protect": item.protect}):
                same = value.replace(f"example-{stack}", "the-project") if isinstance(value, str) else value
                found.setdefault((kind, item.name, path), []).append(same)
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_runs_for_every_committed_stack(stack: str) -> None:
    assert deploy(stack).outputs["contract"]["version"] == 1


def test_dev_and_prod_differ_in_names_ranges_and_cost_and_in_nothing_else() -> None:
    dev, prod = deployed("dev"), deployed("prod")
    assert dev.keys() == prod.keys()
    differing = {(kind, path) for (kind, name, path), value in dev.items() if prod[kind, name, path] != value}
    assert differing == NAMES | RANGES | RULES_BY_RANGE | COST


def test_dev_and_prod_could_be_connected() -> None:
    """No range is in both, so that a peering or a VPN between them stays possible."""
    dev, prod = deployed("dev"), deployed("prod")
    assert not [key for key, value in dev.items() if (key[0], key[2]) in RANGES and prod[key] == value]
