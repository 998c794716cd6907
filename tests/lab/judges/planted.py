"""Generates resources of which a known share violates one of the five rules.

All judges get the same resources. Each starts as one that the pack's tests accept (`pack/cases`), so its inputs are as
many as in practice. Compliant resources include near misses, which a rule that looks at too little would refuse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from lab.judges.five import FIVE, Rule
from lab.judges.protocol import Found, Resource
from pack.cases import REMOVED, changed, clusters
from pack.cases.table import VALID

_EVERY = 5  # one resource in five of each type is a violation


@dataclass(frozen=True)
class Variant:
    """One difference from the accepted resource of a rule's type.

    Attributes:
        what: the difference, in words.
        path: the dotted path of the changed input; empty for all inputs.
        value: the new value, or REMOVED.
    """

    what: str
    path: str
    value: Any

    def applied(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The inputs with the difference."""
        return changed(inputs, self.path, self.value) if self.path else self.value


@dataclass(frozen=True)
class Planted:
    """Resources, and the violations among them.

    Attributes:
        resources: as the engine registers them.
        violations: the violating resource's position, with the name of the rule, to the variant.
    """

    resources: Sequence[Resource]
    violations: Mapping[Found, Variant]


_SSH = [{"protocol": "tcp", "ports": ["22"]}]
_ADDRESS = "settings.ipConfiguration.ipv4Enabled"
_EVERYWHERE = {"ipv4Enabled": True, "authorizedNetworks": [{"name": "all", "value": "0.0.0.0/0"}]}

VIOLATIONS: Mapping[str, Sequence[Variant]] = {
    "sql-not-public": (
        Variant("a public address", _ADDRESS, True),
        Variant("a public address, and the internet authorized", "settings.ipConfiguration", _EVERYWHERE),
        Variant("no word about the address, which means a public one", _ADDRESS, REMOVED),
    ),
    "bucket-private": (
        Variant("access lists of objects", "uniformBucketLevelAccess", False),
        Variant("no word about access lists, which permits them", "uniformBucketLevelAccess", REMOVED),
    ),
    "iam-no-basic-roles": tuple(
        Variant(f"the basic role {role}", "role", f"roles/{role}") for role in ("owner", "editor", "viewer")
    ),
    "network-firewall-closed": tuple(
        Variant(what, "", {"direction": "INGRESS", "allows": _SSH, "sourceRanges": ranges})
        for what, ranges in (
            ("SSH from the internet", ["0.0.0.0/0"]),
            ("SSH from the internet by IPv6", ["10.0.0.0/8", "::/0"]),
            ("SSH from the internet in two halves", ["0.0.0.0/1", "128.0.0.0/1"]),
        )
    ),
    "gke-private-nodes": (
        Variant("no settings of a private cluster", "privateClusterConfig", REMOVED),
        Variant("public nodes in the settings of a private cluster", "privateClusterConfig.enablePrivateNodes", False),
    ),
}

NEAR_MISSES: Mapping[str, Sequence[Variant]] = {
    "sql-not-public": (Variant("a replica", "masterInstanceName", "orders"),),
    "bucket-private": (Variant("a bucket without a key", "encryption", REMOVED),),
    "iam-no-basic-roles": (Variant("a role that is named like a basic one", "role", "roles/storage.objectViewer"),),
    "network-firewall-closed": (
        Variant("a refusal of the internet", "", {"denies": _SSH, "sourceRanges": ["0.0.0.0/0"]}),
        Variant("SSH to the internet", "", {"direction": "EGRESS", "allows": _SSH, "destinationRanges": ["0.0.0.0/0"]}),
    ),
    "gke-private-nodes": (Variant("a cluster with nodes of its own", "", clusters.STANDARD),),
}


def planted(number: int) -> Planted:
    """Generate resources, the types in turn, the last of every five of a type a violation."""
    resources: list[Resource] = []
    violations: dict[Found, Variant] = {}
    supplies = {rule: (cycle(VIOLATIONS[rule.name]), cycle((None, *NEAR_MISSES[rule.name]))) for rule in FIVE}
    for position, rule in enumerate(islice(cycle(FIVE), number)):
        wrong, right = supplies[rule]
        if position // len(FIVE) % _EVERY == _EVERY - 1:
            variant = next(wrong)
            violations[position, rule.name] = variant
        else:
            variant = next(right)
        resources.append(_resource(position, rule, variant))
    return Planted(resources, violations)


def _resource(position: int, rule: Rule, variant: Variant | None) -> Resource:
    inputs = VALID[rule.type].inputs
    return Resource(type=rule.type, name=f"it-{position}", inputs=variant.applied(inputs) if variant else inputs)
