"""Agreement of program, policies and cloud, at and around every limit of every field.

A value that the first two let pass and the third refuses would be found after the merge. The values are found by asking
the programs' own models (values.py), so a new field is compared as soon as the table (programs.py) sets it.
"""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pack.programs import as_resources
from policy_pack import catalog
from policy_pack.rule import violations
from unit.limits import values
from unit.limits.environment import Environment, Made
from unit.limits.programs import PROGRAMS, Program
from unit.limits.values import Field, Place
from unit.pulumi_mocks import Document

# Texts without a length of their own.
UNLIMITED = {
    "arguments.0": "all arguments together are limited, in bytes",
    "environment.LOG_LEVEL": "all variables together are limited, in bytes",
}


class World:
    """The environment of the table: each program finds the cloud, and the contracts, as those before it leave them.

    Attributes:
        contracts: what each program publishes.
    """

    def __init__(self, folder: Path) -> None:
        self.contracts: dict[str, Document] = {}
        self._folder = folder
        self._before: dict[str, Environment] = {}
        last = self._environment("begin")
        last.begin()
        for name, program in PROGRAMS.items():
            self._before[name] = last
            with last.copy() as here, here.engine(self._read(program), program.document) as engine:
                assert program.run(program.document, engine) == ""
                assert engine.refused == []
                self.contracts[name] = engine.outputs
                if program.layer != "apps":  # an app of each kind in the same place
                    last = self._environment(name)
                    here.keep(last.folder)

    def refusals(self, name: str, document: Document) -> tuple[str, list[str]]:
        """Objections of the program to a document, or of the cloud if the policies have none."""
        program = PROGRAMS[name]
        with (
            self._before[name].copy() as here,
            here.engine(self._read(program), document) as engine,
        ):
            try:
                said = program.run(document, engine)
            except Exception as error:  # noqa: BLE001 - whatever a program does not say in words of its own
                return "", [f"the program ends with {error!r}"]
            return said, [] if said or not engine.refused or policies_refuse(program, engine) else engine.refused

    def _environment(self, name: str) -> Environment:
        folder = self._folder / name
        folder.mkdir()
        return Environment(folder)

    def _read(self, program: Program) -> Mapping[str, Document]:
        return {name: self.contracts[producer][output] for name, (producer, output) in program.reads.items()}


def policies_refuse(program: Program, engine: Made) -> bool:
    """Whether a mandatory policy refuses something that the program declares."""
    return any(
        message
        for resource in as_resources(program.layer, program.stack, engine)
        for rule in catalog.RULES
        if rule.concerns(resource.type) and not rule.advisory
        for message in violations(rule, resource)
    )


def table(program: Program) -> list[Field]:
    """Fields of a program."""
    return list(values.fields(program.model.model_json_schema(by_alias=True), program.document))


def is_left_out(program: Program, field: Field) -> bool:
    """Whether a field, or what it is in, is left out."""
    return any(field.place.name.startswith(place) for place in program.left_out)


@functools.cache
def compared(name: str) -> Mapping[Place, list[Any]]:
    """Values of a program's fields at and around their limits."""
    program = PROGRAMS[name]
    found = {
        field.place: values.around(field, program.document, program.takes)
        for field in table(program)
        if field.given and not is_left_out(program, field)
    }
    by_name = {place.name: place for place in found}
    for name_of, further in program.further.items():
        place = by_name[name_of]
        found[place] += [value for value in further if program.takes(place.put(program.document, value))]
    return found


def disagreements(world: World, name: str, changes: Mapping[Place, Any]) -> Iterator[str]:
    """The changes which program and policies take and the cloud refuses, each alone where it can be found."""
    said, refused = world.refusals(name, values.changed(PROGRAMS[name].document, changes))
    if not said and not refused:
        return
    if len(changes) > 1:
        half, several = len(changes) // 2, list(changes.items())
        alone = [found for part in (several[:half], several[half:]) for found in disagreements(world, name, dict(part))]
        yield from alone or refused
    elif refused:
        ((place, value),) = changes.items()
        yield f"{name} takes {place.name} = {str(value)[:60]!r} ({len(str(value))}): {refused[0][:300]}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The environment of the table, in which nothing is refused."""
    return World(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_field_is_compared_or_left_out_with_a_reason(name: str) -> None:
    program = PROGRAMS[name]
    fields = table(program)
    missing = [field.place.name for field in fields if not field.given and not is_left_out(program, field)]
    idle = [place for place in program.left_out if not any(field.place.name.startswith(place) for field in fields)]
    assert (missing, idle) == ([], [])


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_text_has_a_limit(name: str) -> None:
    unlimited = [
        place.name
        for place, found in compared(name).items()
        if place.name not in UNLIMITED
        and any(isinstance(value, str) and len(value) >= values.LONGEST for value in found)
    ]
    assert unlimited == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_a_program_takes_at_its_limits_the_cloud_makes(name: str, world: World) -> None:
    program = PROGRAMS[name]
    sets = values.together(program.document, compared(name), program.takes)
    assert [found for changes in sets for found in disagreements(world, name, changes)] == []


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "foundation"])
def test_what_a_program_takes_of_random_texts_the_cloud_makes(name: str, world: World) -> None:
    program = PROGRAMS[name]
    places = [place for place in compared(name) if isinstance(place.value(program.document), str)]
    texts = st.text(st.sampled_from("abz019AZ-_./:@+~ "), min_size=1, max_size=70)
    drawn = st.fixed_dictionaries({}, optional={place: st.tuples(texts, st.integers(0, 70)) for place in places})

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=4,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    )
    @given(drawn)
    def compare(insertions: Mapping[Place, tuple[str, int]]) -> None:
        changes: dict[Place, Any] = {}
        for place, (text, at) in insertions.items():
            present = str(place.value(program.document))
            wanted = {**changes, place: present[:at] + text + present[at:]}
            if program.takes(values.changed(program.document, wanted)):
                changes = wanted
        assert list(disagreements(world, name, changes)) == []

    compare()
