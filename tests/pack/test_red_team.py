"""Attacks on what protects or grants, input by input: a judge notices each, or it is accepted with a reason."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iam.safeguards import SAFEGUARDS
from pack import attacks
from pack.attacks import Accepted, Attack


@pytest.mark.parametrize("kind", [attacks.inputs_attacked, attacks.lists_attacked, attacks.options_attacked])
def test_no_attack_on_an_input_or_an_option_gets_past_pack_and_gate(
    kind: Callable[[], Iterator[Attack]], tmp_path: Path
) -> None:
    tried, table = Counter[str](), attacks.accepted()
    past: list[str] = []
    for attack in kind():
        tried[attack.token] += 1
        if attack.refused_by_pack() or any(one.covers(attack) for one in table):
            continue
        if not attack.noticed_by_gate(tmp_path):
            past.append(f"{attack.token}: {attack.input}: {attack.way}")

    assert past == []
    assert set(tried) == set(attacks.attacked()) or kind is attacks.lists_attacked
    assert len(tried) >= 20


def test_no_change_of_a_guard_rail_in_the_cloud_gets_past_the_audit() -> None:
    tried, table = Counter[str](), attacks.accepted("audit")
    past: list[str] = []
    for attack in attacks.guard_rails_attacked():
        tried[f"{attack.token} {attack.after.name}"] += 1
        if not attack.noticed_by_audit() and not any(one.covers(attack) for one in table):
            past.append(f"{attack.token} {attack.after.name}: {attack.input}: {attack.way}")

    assert past == []
    assert len(tried) == len(list(SAFEGUARDS.all()))


def test_every_accepted_attack_is_still_possible_and_has_a_reason(tmp_path: Path) -> None:
    """An entry without such an attack would hide the next one."""
    kinds = (attacks.inputs_attacked, attacks.lists_attacked, attacks.options_attacked)
    silent = [one for kind in kinds for one in kind() if not one.refused_by_pack()]
    in_the_cloud = [one for one in attacks.guard_rails_attacked() if not one.noticed_by_audit()]

    for entry in _one_by_one("accepted"):
        assert any(entry.covers(one) and not one.noticed_by_gate(tmp_path) for one in silent), entry
    for entry in _one_by_one("audit"):
        assert any(entry.covers(one) for one in in_the_cloud), entry


def _one_by_one(table: str) -> Iterator[Accepted]:
    """Yield the entries of a table, with one pattern of inputs each."""
    for entry in attacks.accepted(table):
        assert len(entry.reason) > 35, entry
        yield from (Accepted(entry.types, (pattern,), entry.ways, entry.reason) for pattern in entry.inputs)
