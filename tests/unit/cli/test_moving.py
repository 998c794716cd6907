"""`make move` finds what each stack of a layer declares by security's list of types and components."""

from collections.abc import Iterable
from typing import Any

import pytest

from cli.layout import Stack, foundation
from cli.moving import command
from engine.division import Division, Names, divided
from unit.identity.declared import committed, committed_daily, committed_foundation
from unit.pulumi_mocks import Declared, Engine

ROOT = "urn:pulumi:sandbox::identity::pulumi:pulumi:Stack::identity-sandbox"
FOUNDATION, DAILY = foundation("sandbox"), Stack("identity", "sandbox")


def in_one_state(engine: Engine) -> dict[str, Any]:
    """A deployment in which everything of the identity layer is in one stack, as before the foundation was apart."""
    stack = {"urn": ROOT, "type": "pulumi:pulumi:Stack", "custom": False}
    return {"manifest": {}, "resources": [stack, *map(_resource, engine.declared)]}


def _resource(item: Declared) -> dict[str, Any]:
    above = f"urn:pulumi:sandbox::identity::{'$'.join(item.kinds[:-1])}::{item.names[-2]}" if item.names[1:] else ROOT
    urn = f"urn:pulumi:sandbox::identity::{'$'.join(item.kinds)}::{item.name}"
    custom = {"custom": True, "id": f"{item.name}-id"} if _is_in_the_cloud(item) else {"custom": False}
    return {"urn": urn, "type": item.type, "parent": above, **custom}


def _is_in_the_cloud(item: Declared) -> bool:
    return not item.type.startswith("prodfirst:")


def declared(items: Iterable[Declared]) -> set[tuple[str, str]]:
    return {(item.type, item.name) for item in items if _is_in_the_cloud(item)}


def moved(source: Stack, target: Stack) -> Division:
    """The division of the one state, by the list that the command reads."""
    foreign = command._foreign(command._types(), source, target)  # pyright: ignore[reportPrivateUsage]  no cloud here
    names = Names("identity", "sandbox", target.name)
    return divided(in_one_state(committed()), {"manifest": {}, "resources": []}, foreign.__contains__, names)


def test_exactly_what_the_foundation_declares_moves_to_it() -> None:
    division = moved(DAILY, FOUNDATION)

    assert {(each.type, each.name) for each in division.moved} == declared(committed_foundation().declared)
    left = {
        (each["type"], each["urn"].rpartition("::")[2]) for each in division.source["resources"] if each.get("custom")
    }
    assert left == declared(committed_daily().declared)


def test_nothing_of_the_foundation_moves_back() -> None:
    division = moved(FOUNDATION, DAILY)

    assert {(each.type, each.name) for each in division.moved} <= declared(committed_daily().declared)


@pytest.mark.parametrize("kind", ["prodfirst:identity:ServiceAccount", "gcp:projects/iAMMember:IAMMember"])
def test_what_both_programs_declare_moves_with_its_component_alone(kind: str) -> None:
    foreign = command._foreign(command._types(), DAILY, FOUNDATION)  # pyright: ignore[reportPrivateUsage]  as above

    assert kind not in foreign
    assert kind in {item.type for item in committed_foundation().declared}
    assert kind in {item.type for item in committed_daily().declared}
