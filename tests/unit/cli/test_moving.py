"""`make move` finds what each stack declares by security's list of types, components and names."""

from collections.abc import Iterable
from typing import Any

import pytest

from cli.layout import Stack, foundation, stacks
from cli.moving.declaring import Declarations, require_own
from engine import states
from engine.division import Chain, Division, Names, divided
from toolchain.errors import ToolError
from unit.identity.declared import committed, committed_daily, committed_foundation, committed_team
from unit.platform_.deployment import deploy, deploy_namespaces, deploy_storage
from unit.pulumi_mocks import Declared, Engine

FOUNDATION, DAILY = foundation("sandbox"), Stack("identity", "sandbox")
TEAM, PLATFORM = Stack("identity", "sandbox", "team-shop"), Stack("platform", "sandbox")
STORAGE, NAMESPACES = Stack("platform", "sandbox", "storage"), Stack("platform", "sandbox", "namespaces-shop")


def in_one_state(engine: Engine, project: str) -> dict[str, Any]:
    """A deployment in which everything of a layer is in one stack."""
    root = f"urn:pulumi:sandbox::{project}::pulumi:pulumi:Stack::{project}-sandbox"
    stack = {"urn": root, "type": "pulumi:pulumi:Stack", "custom": False}
    return {"manifest": {}, "resources": [stack, *(_resource(item, project, root) for item in engine.declared)]}


def _resource(item: Declared, project: str, root: str) -> dict[str, Any]:
    begin = f"urn:pulumi:sandbox::{project}::"
    above = f"{begin}{'$'.join(item.kinds[:-1])}::{item.names[-2]}" if item.names[1:] else root
    urn = f"{begin}{'$'.join(item.kinds)}::{item.name}"
    custom = {"custom": True, "id": f"{item.name}-id"} if _is_in_the_cloud(item) else {"custom": False}
    return {"urn": urn, "type": item.type, "parent": above, **custom}


def _is_in_the_cloud(item: Declared) -> bool:
    return not item.type.startswith(("prodfirst:", "pulumi:"))


def declared(items: Iterable[Declared]) -> set[tuple[str, str]]:
    return {(item.type, item.name) for item in items if _is_in_the_cloud(item)}


def moved(engine: Engine, source: Stack, target: Stack) -> Division:
    """The division of the one state, by the list that the command reads."""
    declarations = Declarations(stacks("sandbox"))
    names = Names(source.project, "sandbox", target.name)

    def moves(chain: Chain) -> bool:
        return declarations.destination(source, chain) == target

    return divided(in_one_state(engine, source.project), {"manifest": {}, "resources": []}, moves, names)


@pytest.mark.parametrize(("target", "program"), [(FOUNDATION, committed_foundation), (TEAM, committed_team)])
def test_exactly_what_a_program_of_identity_declares_moves_to_its_stack(target: Stack, program: Any) -> None:
    division = moved(committed(), DAILY, target)

    assert {(each.type, each.name) for each in division.moved} == declared(program().declared)


def test_what_daily_work_declares_stays_where_it_is() -> None:
    going = [moved(committed(), DAILY, target).moved for target in (FOUNDATION, TEAM)]

    assert declared(committed_daily().declared).isdisjoint((each.type, each.name) for some in going for each in some)


def test_nothing_of_the_foundation_moves_back() -> None:
    division = moved(committed_foundation(), FOUNDATION, DAILY)

    assert division.moved == ()


def test_exactly_what_the_programs_of_the_platform_declare_moves_to_their_stacks() -> None:
    shared, storage, namespaces = deploy(), deploy_storage(), deploy_namespaces()
    logins = [item for item in namespaces.declared if item.type == "gcp:sql/user:User"]
    whole = Engine(declared=[*shared.declared, *storage.declared, *namespaces.declared], outputs={})

    # A contract of its own is as new as the stack.
    of_storage = {found for found in declared(storage.declared) if found[1] != "contract-storage-version"}
    assert {(each.type, each.name) for each in moved(whole, PLATFORM, STORAGE).moved} == of_storage
    to_team = {(each.type, each.name) for each in moved(whole, PLATFORM, NAMESPACES).moved}
    assert to_team == declared(namespaces.declared)
    assert declared(logins) <= to_team


def test_a_state_that_holds_what_other_stacks_declare_is_refused_with_the_command_that_moves_it() -> None:
    joined = Engine(declared=[*committed_foundation().declared, *committed_team().declared], outputs={})
    count = len(declared(joined.declared))

    with pytest.raises(ToolError, match="nothing was started") as refused:
        require_own(DAILY, states.exported(in_one_state(joined, "identity")).encode())

    assert f"holds {count} resources" in str(refused.value)
    assert "of identity/foundation" in str(refused.value)
    assert "of identity/team-shop" in str(refused.value)
    assert "make move STACK=sandbox" in str(refused.value)


def test_a_state_of_what_its_own_program_declares_is_accepted() -> None:
    for stack, program in ((FOUNDATION, committed_foundation), (DAILY, committed_daily), (TEAM, committed_team)):
        require_own(stack, states.exported(in_one_state(program(), stack.project)).encode())
