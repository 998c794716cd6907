"""`make access PLANNED=yes`: what it says before a change is what `BEFORE=…` says after it.

It needs the real thing: only the engine's own plans show whether a planned grant is read as the one that the update
makes. Identity's change comes first, then what the platform makes of identity's new contract.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pytest

from e2e.harness import IDENTITY, TEAM, Ran, Sandbox
from e2e.lifecycle import configuration, configure
from e2e.sandboxes import Draft
from identity_layer import grants
from identity_layer.foundation.custom_roles import ROLES
from identity_layer.values import Capability
from platform_layer.cluster import cluster_readers
from sandbox.cloud import roles

Json = dict[str, Any]

SHOP, PLATFORM = "group shop-team@example.com", "group platform-team@example.com"
BILLING = "group billing-team@example.com"  # no policy names it before


@dataclass(frozen=True)
class Told:
    """Output of the command about one change: before it, and after it.

    Attributes:
        planned: with `PLANNED=yes`.
        since: with `BEFORE=…` after the change, with the document from before it.
    """

    planned: Json
    since: Json


def asked(sandbox: Sandbox, *options: str) -> Json:
    """An answer as JSON."""
    return json.loads(sandbox.run("access", *options, "--format", "json").succeeded().out)


def told(draft: Draft, layer: str) -> Told:
    """Ask before and after a layer is brought up."""
    sandbox = draft.sandbox
    document = sandbox.checkout / "access.json"
    document.write_text(sandbox.run("access", "--format", "json").succeeded().out)
    planned = asked(sandbox, "--planned", "yes")
    sandbox.run("up", "--layer", layer).succeeded()
    return Told(planned, asked(sandbox, "--before", str(document)))


@pytest.fixture(scope="module")
def changed(draft: Draft) -> Draft:
    """A team has one capability more, another has another one, a third is new; an app writes traces.

    Nobody held the role for traces before. The simulated cloud knows no permission in it, so it is no gain; what is in
    it has to be looked up all the same, or it would be a gap.
    """
    draft.bring_up("identity", "platform")
    content, of_team = configuration(draft, IDENTITY), configuration(draft, TEAM)
    teams = content["config"]["identity:teams"]
    teams["shop"] = {"group": "shop-team@example.com", "capabilities": ["platform-reader"]}
    teams["platform"]["capabilities"] = ["cluster-user"]
    teams["billing"] = {"group": "billing-team@example.com", "capabilities": ["cluster-user"]}
    configure(draft, IDENTITY, content)
    of_team["config"]["identity:apps"]["reports"]["access"] = ["traces"]
    configure(draft, TEAM, of_team)
    return draft


@pytest.fixture(scope="module")
def of_one(changed: Draft) -> Ran:
    """Output of the command with `PLANNED=yes`, as a table about the platform's team."""
    return changed.sandbox.run("access", "--planned", "yes", "--who", "platform-team@example.com").succeeded()


@pytest.fixture(scope="module")
def identity(changed: Draft, of_one: Ran) -> Told:
    """Identity's change."""
    del of_one  # it comes before the change
    return told(changed, "identity")


@pytest.fixture(scope="module")
def platform(draft: Draft, identity: Told) -> Told:
    """The platform's change that follows from it."""
    return told(draft, "platform")


def permissions(role: str) -> frozenset[str]:
    """Permissions of a role."""
    return ROLES[role].permissions if role in ROLES else roles.permissions_of(role)


def held(*capabilities: Capability) -> frozenset[str]:
    """Permissions that capabilities grant to a team."""
    return frozenset[str]().union(
        *(permissions(role) for each in capabilities for role in grants.CAPABILITIES[each].roles)
    )


def by_policies(answer: Json) -> list[Json]:
    """Changes that policies make. Who is in a group is the directory's, and the sandbox's people follow the teams."""
    return [change for change in answer["changes"] if change["by"] != "the directory"]


def by_person(answer: Json) -> dict[tuple[str, str, str], set[str]]:
    """Gained and lost permissions by principal and resource."""
    found: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for change in by_policies(answer):
        found[change["change"], change["who"], change["on"]] |= set(change["what"])
    return found


def test_who_gains_and_loses_what_is_told_before_it_happens(identity: Told) -> None:
    user, reader = held("cluster-user"), held("platform-reader")
    assert user - reader == set()  # so the platform's team, which has another role, gains nothing
    assert by_person(identity.planned) == {
        ("gained", SHOP, "project"): reader - user,
        ("gained", BILLING, "project"): user,
        ("lost", PLATFORM, "project"): reader - user,
    }


def test_each_is_told_with_the_role_that_it_comes_from(identity: Told) -> None:
    changes = by_policies(identity.planned)
    assert {(each["who"], each["by"]) for each in changes} == {
        *((who, role) for who in (SHOP, PLATFORM) for role in grants.CAPABILITIES["platform-reader"].roles),
        (BILLING, "roles/container.clusterViewer"),
    }
    assert [each for each in changes if not set(each["what"]) <= permissions(each["by"])] == []


def test_what_was_told_before_is_what_is_told_after(identity: Told) -> None:
    assert by_policies(identity.since) == by_policies(identity.planned)
    assert "gaps" not in identity.since


def test_what_another_layer_will_make_of_it_is_not_known_yet(identity: Told) -> None:
    gaps = identity.planned["gaps"]
    told = "identity will hand over another contract, and what {} makes of it is not compared"
    assert [gap.partition(" compared")[0] + " compared" for gap in gaps] == [
        told.format(consumer) for consumer in ("platform", "platform/storage")
    ]


def test_the_difference_of_one_of_them_is_a_table(of_one: Ran) -> None:
    assert "sandbox: 0 principals gained something, 1 principal lost something" in of_one.out
    rows = [line.split() for line in of_one.out.splitlines() if "platform-team@example.com" in line]
    assert {(row[0], row[-1]) for row in rows} == {("-", role) for role in grants.CAPABILITIES["platform-reader"].roles}
    assert "shop-team" not in of_one.text


def test_what_follows_in_the_cluster_is_told_before_and_after(platform: Told) -> None:
    requests = {
        f"{verb} {kind}.{rule.group}".rstrip(".")
        for rule in cluster_readers.RULES[cluster_readers.PLATFORM]
        for verb in rule.verbs
        for kind in rule.resources
    }
    assert by_person(platform.planned) == {
        ("gained", SHOP, "the whole cluster"): requests,
        ("lost", PLATFORM, "the whole cluster"): requests,
    }
    assert platform.since["changes"] == platform.planned["changes"]
    assert "gaps" not in platform.planned | platform.since
