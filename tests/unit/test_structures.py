"""An update of a state of every earlier structure deletes no object that it has just created under another URN."""

from dataclasses import replace

import pytest

from unit import structures
from unit.pulumi_mocks import Declared
from unit.structures import PROGRAMS, problems, structure

RENAMED = "prodfirst:lab:Renamed"
# Two of them are two objects, so one that is deleted is never the one that was just made.
NAMED_BY_GOOGLE = {
    "gcp:monitoring/alertPolicy:AlertPolicy",
    "gcp:monitoring/notificationChannel:NotificationChannel",
    "gcp:secretmanager/secretVersion:SecretVersion",
}
KINDS = ("prodfirst:apps:WebService", "prodfirst:apps:Worker")


@pytest.mark.parametrize("date", structures.dates())
@pytest.mark.parametrize("program", PROGRAMS)
def test_no_object_of_an_earlier_state_changes_its_urn_without_an_alias(program: str, date: str) -> None:
    kept, declared = structures.read(date).get(program, {}), PROGRAMS[program]().declared

    assert list(problems(kept, declared)) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_newest_kept_structure_has_every_component_and_type_of_today(program: str) -> None:
    newest = structures.read(structures.dates()[-1]).get(program, {})
    new = structures.kinds(structure(PROGRAMS[program]().declared)) - structures.kinds(newest)

    assert {"$".join(chain) for chain in new} == set(), f"keep the new structure, and commit it: {structures.KEEP}"


@pytest.mark.parametrize("program", PROGRAMS)
def test_all_objects_have_names_to_be_compared_by_but_those_that_google_names(program: str) -> None:
    declared = [item for item in PROGRAMS[program]().declared if item.type.startswith(("gcp:", "kubernetes:"))]

    assert {item.type for item in declared if not structure([item])} <= NAMED_BY_GOOGLE


def under_a_renamed_component(item: Declared) -> Declared:
    """A resource as a program would declare it that had renamed the component around it."""
    if len(item.kinds) == 1:
        return item
    kinds = (RENAMED, *item.kinds[1:])
    return replace(item, kinds=kinds, known_as=frozenset([(kinds, item.name)]))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_renamed_component_is_found_in_every_program(program: str) -> None:
    declared = PROGRAMS[program]().declared
    kept = structure(declared)
    found = list(problems(kept, map(under_a_renamed_component, declared)))

    assert len(found) == sum(len(chain) > 1 for chain, _ in kept.values()) > 0
    assert all(RENAMED in line and "pulumi.Alias" in line for line in found)


def test_a_resource_of_another_name_is_found_and_one_with_an_alias_is_not() -> None:
    kept = structure(PROGRAMS["apps/storefront"]().declared)
    # The kinds of apps have each other's types as aliases.
    of_another_kind = {
        name: (tuple(KINDS[1] if kind == KINDS[0] else kind for kind in chain), urn)
        for name, (chain, urn) in kept.items()
    }
    renamed = {name: (chain, f"{urn}-before") for name, (chain, urn) in kept.items()}
    declared = PROGRAMS["apps/storefront"]().declared

    assert of_another_kind != kept
    assert list(problems(of_another_kind, declared)) == []
    assert len(list(problems(renamed, declared))) == len(kept)
