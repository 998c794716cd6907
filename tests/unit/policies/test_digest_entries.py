"""Entries of a digest: their lines at the limits of what is shown, their order, and their form for machines."""

from dataclasses import replace
from typing import Any

import pytest

from plan_gate import digest
from plan_gate.change import Operation
from plan_gate.differences import Difference
from plan_gate.digest import Entry, Line, Published, Together
from unit.policies.plans import FIREWALL, Preview, urn

_A_TO_F = ("a", "b", "c", "d", "e", "f")
_KINDS = (("Account", 1), ("IAMMember", 2))


def entry(operation: Operation, *names: str, differences: int = 0, **more: Any) -> Entry:
    """An entry with a number of differences."""
    found = tuple(Difference("~", f"p{number}", "0 => 1") for number in range(differences))
    return replace(Entry(operation, "Firewall", names, "", found, (), stays=False), **more)


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (entry(Operation.CREATE, "a"), ["+ Firewall a"]),
        (entry(Operation.CREATE, "a", "b"), ["+ 2 Firewall a, b"]),
        (entry(Operation.CREATE, *_A_TO_F), ["+ 6 Firewall a, b, c, d, e, f"]),
        (entry(Operation.CREATE, *_A_TO_F, "g"), ["+ 7 Firewall a, b, c, d, e, f and 1 more"]),
        (entry(Operation.UPDATE, "a", inside="group one", differences=1), ["~ Firewall a of group one: p0: 0 => 1"]),
        (entry(Operation.UPDATE, "a", differences=2), ["~ Firewall a", "    ~ p0: 0 => 1", "    ~ p1: 0 => 1"]),
        (
            entry(Operation.UPDATE, "a", differences=3),
            ["~ Firewall a", "    ~ p0: 0 => 1", "    ~ p1: 0 => 1", "    … and 1 more differences"],
        ),
        (
            entry(Operation.REPLACE, "a", differences=1, forced=("p0", "p1")),
            ["± Firewall a, forced by p0, p1", "    ~ p0: 0 => 1"],
        ),
        (entry(Operation.DELETE, "a", stays=True), ["! Firewall a, left behind in the cloud, unmanaged"]),
        (
            entry(Operation.REPLACE, "a", stays=True),
            ["± Firewall a, the old one left behind in the cloud, unmanaged"],
        ),
        (Together(Operation.CREATE, "app", ("a",), "account", _KINDS), ["+ app a: account (3 resources)"]),
        (Together(Operation.CREATE, "app", ("a",), "account", _KINDS[:1]), ["+ app a: account (1 resource)"]),
        (Together(Operation.DELETE, "app", ("a", "b"), "", _KINDS), ["- app a, b: 1 Account, 2 IAMMember each"]),
        (Published(Operation.CREATE, ("a",)), ["+ contract a is published"]),
        (
            Published(Operation.REPLACE, ("a", "b")),
            ["± contract a, b are published anew; the versions before stay"],
        ),
    ],
)
def test_an_entry_is_told_in_lines(told: Line, lines: list[str]) -> None:
    assert told.lines(2) == lines


def test_without_room_differences_are_counted() -> None:
    told = [
        entry(Operation.UPDATE, "a", "b", differences=2),
        entry(Operation.CREATE, "c"),
        entry(Operation.CREATE, "d"),
    ]

    assert digest.lines(told, 5) == [
        "~ 2 Firewall a, b",
        "    ~ p0: 0 => 1",
        "    ~ p1: 0 => 1",
        "+ Firewall c",
        "+ Firewall d",
    ]
    assert digest.lines(told, 3) == ["~ 2 Firewall a, b: 2 differences", "+ Firewall c", "+ Firewall d"]
    assert digest.lines(told, 2) == [
        "~ 2 Firewall a, b: 2 differences",
        "… and 2 more resources: FULL=yes shows all",
    ]


def test_every_resource_is_counted() -> None:
    told: list[Line] = [
        entry(Operation.UPDATE, "a", "b"),
        Together(Operation.CREATE, "app", ("a", "b"), "account", _KINDS),
        Published(Operation.REPLACE, ("a", "b", "c")),
    ]

    assert [one for each in told for one in digest.counts(each)] == [
        (Operation.UPDATE, "Firewall", 2),
        (Operation.CREATE, "Account", 2),
        (Operation.CREATE, "IAMMember", 4),
        (Operation.REPLACE, "SecretVersion", 3),
    ]


@pytest.mark.parametrize(
    ("told", "document"),
    [
        (
            entry(Operation.REPLACE, "a", inside="group one", differences=1, forced=("p0",), stays=True),
            {
                "operation": "replace",
                "kind": "Firewall",
                "names": ["a"],
                "inside": "group one",
                "differences": ["~ p0: 0 => 1"],
                "forced": ["p0"],
                "stays": True,
            },
        ),
        (
            Together(Operation.CREATE, "app", ("a",), "account", _KINDS),
            {
                "operation": "create",
                "component": "app",
                "names": ["a"],
                "what": "account",
                "each": {"Account": 1, "IAMMember": 2},
            },
        ),
        (
            Published(Operation.CREATE, ("a",)),
            {"operation": "create", "component": "contract", "names": ["a"], "what": "published"},
        ),
        (
            Published(Operation.REPLACE, ("a",)),
            {"operation": "replace", "component": "contract", "names": ["a"], "what": "published anew"},
        ),
    ],
)
def test_an_entry_is_whole_for_machines(told: Line, document: dict[str, Any]) -> None:
    assert digest.document(told) == document


def test_what_stays_of_a_component_that_goes_is_told_by_itself(preview: Preview) -> None:
    kind = "prodfirst:identity:ServiceAccount"
    above = preview.held(kind, "app-old", custom=False)
    preview.planned(above, "delete", custom=False)
    for name, retained in (("gone", False), ("kept", True)):
        account = "gcp:serviceaccount/account:Account"
        held = preview.held(account, name, above=f"{kind}$", parent=above, retainOnDelete=retained)
        preview.planned(held, "delete")

    assert digest.lines(preview.judged().reach.digest) == [
        "! Account kept of service account app-old, left behind in the cloud, unmanaged",
        "- app old: account (1 resource)",
    ]


def test_resources_come_before_components_and_contracts(preview: Preview) -> None:
    account, publication = "prodfirst:identity:ServiceAccount", "prodfirst:platform:Publication"
    for kind, name in ((account, "app-a"), (publication, "contract-network-version")):
        above = preview.planned(urn(kind, name), "create", custom=False)
        token = (
            "gcp:serviceaccount/account:Account" if kind == account else "gcp:secretmanager/secretVersion:SecretVersion"
        )
        preview.planned(urn(token, name), "create", parent=above)
    preview.planned(urn(FIREWALL, "zz"), "create")

    assert digest.lines(preview.judged().reach.digest) == [
        "+ Firewall zz",
        "+ app a: account (1 resource)",
        "+ contract network is published",
    ]
