"""The pack passes what the layers declare in every environment; security's lists hold nothing that nobody needs."""

from functools import cache

import pytest

from cli import contracts
from cli.layout import Stack, foundation, stacks_by_file
from cli.projects import PROJECTS
from committed import programs as committed
from iam import grants, principals
from iam.permitted import ACCESS
from pack import programs
from plan_gate.settings import settings
from policy_pack import catalog, layers
from policy_pack.rule import Resource, findings, violations
from policy_pack.rule import Stack as Judged
from policy_pack.rules.layers import objects_declared_once
from policy_pack.waivers import FILE, Waivers, load, today
from unit.pulumi_mocks import Engine, run, stack_configuration

WINDOW = {"reason": "A drill of the year 2026.", "start": "2026-12-01T08:00:00Z", "end": "2026-12-01T10:00:00Z"}
PEOPLE = ["jane@example.com"]
# In the order of their contracts; a window is for the group or for people.
EVERYTHING: list[tuple[Stack, dict[str, object]]] = [
    (foundation("sandbox"), {"identity:onCall": {"people": PEOPLE}}),
    (Stack("identity", "sandbox"), {"identity:breakGlass": WINDOW}),
    (Stack("identity", "sandbox"), {"identity:breakGlass": {**WINDOW, "people": PEOPLE}}),
    (
        Stack("identity", "sandbox", "team-shop"),
        {
            "identity:apps": {
                "storefront": {
                    "databases": ["orders"],
                    "access": ["traces", "metrics", "errors", "profiles"],
                    "secrets": ["stripe"],
                }
            },
        },
    ),
]


@pytest.mark.parametrize(("file", "stack"), stacks_by_file().items())
def test_every_stack_passes(file: str, stack: Stack | None) -> None:
    assert stack is not None, f"{file} is of no environment"
    assert list(committed.findings(stack)) == []


@cache
def everything() -> list[tuple[Stack, Engine]]:
    """Resources that the layers declare when all that can be asked for is asked for."""
    parts = ("", "storage", "namespaces-shop")
    others = [foundation("sandbox"), *(Stack("platform", "sandbox", part or None) for part in parts)]
    declared = [(stack, committed.declared(stack)) for stack in others]

    def producer(stack: Stack) -> Engine:
        return dict(declared).get(stack) or committed.declared(stack)

    for stack, changes in EVERYTHING:
        settings = stack_configuration(stack.project, stack.name) | changes
        declared.append((stack, run(stack.project, stack.name, settings, committed.engine(stack, producer))))
    return declared


def all_grants() -> list[Resource]:
    """Everything that the layers grant then."""
    return [
        resource
        for stack, made in everything()
        for resource in programs.as_resources(stack.project, stack.name, made)
        if grants.declares(resource.type) or resource.type.endswith(":IAMCustomRole")
    ]


def test_everything_that_can_be_asked_for_passes() -> None:
    found = [
        message
        for resource in all_grants()
        for rule in catalog.RULES
        if rule.concerns(resource.type)
        for message in violations(rule, resource)
    ]
    assert found == []


def test_no_object_is_declared_twice_by_all_that_can_be_asked_for() -> None:
    for stack, made in everything():
        members = Judged(programs.as_members(stack.project, stack.name, made), Waivers([], today()))
        assert list(findings(objects_declared_once, members)) == []


def test_securitys_list_of_grants_has_no_entry_that_no_layer_needs() -> None:
    unused = {
        (entry.to, place, permitted.role)
        for entry in ACCESS.grants
        for place, roles in entry.holds.items()
        for permitted in roles
    }
    for resource in all_grants():
        if not grants.declares(resource.type):
            continue
        project = grants.own_project(resource)
        place = grants.target_words(resource, project)
        for grant in grants.of(resource.type, resource.inputs):
            who, role = principals.words(grant.member, project), grants.short_role(grant.role, project)
            unused -= {
                (to, on, held) for to, on, held in unused if held == role and ACCESS.is_entry(to, on, who, place)
            }
    assert unused == set()


def test_securitys_list_of_dangerous_permissions_has_none_that_no_role_holds() -> None:
    held = {
        resource.inputs["roleId"]: set(resource.inputs["permissions"])
        for resource in all_grants()
        if resource.type.endswith(":IAMCustomRole")
    }
    listed = {(role, name) for role, names in ACCESS.custom_roles.items() for name in names}
    assert {(role, name) for role, name in listed if name not in held.get(role, set())} == set()


def test_the_list_has_each_program_of_the_repository_and_no_other() -> None:
    programs_there = {program for rule in PROJECTS.values() for program in rule.programs}

    assert set(layers.LAYERS.layers) == programs_there
    assert {program for wave in contracts.waves() for program in wave} == programs_there
    assert set(settings().limits) == programs_there


def test_the_committed_waivers_can_be_used() -> None:
    assert load(catalog.WAIVABLE, FILE) is not None
