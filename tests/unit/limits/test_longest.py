"""The longest names everywhere at once: what is composed of several is still a name to Google and Kubernetes."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import example_tenant as example
from identity_layer.kit.domains import Domain
from identity_layer.kit.scalars import AppName, DatabaseName, ProjectId, SecretName, TeamName
from platform_layer.values import Label
from unit.limits import values
from unit.limits.environment import Environment
from unit.limits.programs import PLACE, PROGRAMS, Program
from unit.pulumi_mocks import Document

# Names of the table, and the types that say how long they may be.
TYPES: Mapping[str, Any] = {
    "prodfirst-sandbox": ProjectId,
    "shop": TeamName,
    "storefront": AppName,
    "reports": AppName,
    "orders": DatabaseName,
    "signing-key": SecretName,
    "mail": Label,
    "bank": Label,
    "sales": Label,
}
# https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4, as a text without the dot in the end.
LONGEST_NAME = 253


def longest(text: str, kind: Any) -> str:
    """The longest name of a type that begins as a text does."""
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def takes(count: int) -> bool:
        try:
            adapter.validate_python(text + "x" * count)
        except ValidationError:
            return False
        return True

    return text + "x" * values.furthest(takes, values.LONGEST)


NAMES = {name: longest(name, kind) for name, kind in TYPES.items()}


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A document with other names, also where they are parts of a path, a stack's or a contract's name."""
    text = json.dumps(value)
    for name, other in names.items():
        for before, after in (('"', '"'), ("/", "/"), ("-", '"'), ("-", "-sandbox"), ('"', "-sandbox")):
            text = text.replace(f"{before}{name}{after}", f"{before}{other}{after}")
    return json.loads(text)


def with_names(program: Program, names: Mapping[str, str]) -> Program:
    """A program of the table with other names."""
    table = renamed([program.stack, program.document, dict(program.reads), dict(program.beside)], names)
    stack, document, reads, beside = table
    read = {contract: (producer, output) for contract, (producer, output) in reads.items()}
    return dataclasses.replace(program, stack=stack, document=document, reads=read, beside=beside)


def up(folder: Path, names: Mapping[str, str]) -> list[str]:
    """Deploys the table with other names, until something is refused; what was."""
    tenant = dataclasses.replace(example.TENANT, project=names.get(PLACE["project"], PLACE["project"]))
    here = Environment(folder, tenant)
    here.begin()
    contracts: dict[str, Document] = {}
    for name, program in PROGRAMS.items():
        changed = with_names(program, names)
        read = {contract: contracts[producer][output] for contract, (producer, output) in changed.reads.items()}
        with here.engine(read, changed.document) as engine:
            said = changed.run(changed.document, engine)
            contracts[name] = engine.outputs
        if said or engine.refused:
            return [f"{name}: {said}", *engine.refused]
    return []


@pytest.mark.parametrize("left_short", ["prodfirst-sandbox", "storefront"])
def test_the_longest_names_fit_together_where_no_login_is_too_long(left_short: str, tmp_path: Path) -> None:
    names = {name: other for name, other in NAMES.items() if name not in (left_short, "reports")}
    assert up(tmp_path, names) == []


def test_an_app_whose_login_is_too_long_is_refused_where_it_is_declared() -> None:
    program = with_names(PROGRAMS["team"], NAMES)
    assert not program.takes(program.document)
    with pytest.raises(ValidationError, match="more than the 63 characters that PostgreSQL takes"):
        program.model.model_validate(program.document)


def test_a_group_whose_login_is_too_long_is_refused_where_it_becomes_an_administrator() -> None:
    program = PROGRAMS["daily"]
    place = values.Place(("teams", "research"))
    team = {"group": f"{'r' * 60}@example.com", "capabilities": ["cluster-user"]}
    assert program.takes(place.put(program.document, team))
    assert not program.takes(place.put(program.document, {**team, "capabilities": ["datastore-admin"]}))


def test_the_longest_domain_leaves_room_for_the_longest_app() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Domain)

    def takes(length: int) -> bool:
        try:
            adapter.validate_python("x." * ((length - 2) // 2) + ("com" if length % 2 else "de"))
        except ValidationError:
            return False
        return True

    domain = values.furthest(lambda more: takes(more + 3), values.LONGEST) + 3
    assert len(f"{NAMES['storefront']}.") + domain == LONGEST_NAME
