"""The plan gate refuses every attack of a kind, or says it where daily work does the same."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plan_gate import summary
from unit.policies import attacks, hidden_access
from unit.policies.attacks import Attack


@pytest.mark.parametrize("kind", [attacks.taken, attacks.staying, attacks.weakened])
def test_no_attack_of_a_kind_gets_past_the_gate(kind: Callable[[], Iterator[Attack]], tmp_path: Path) -> None:
    tried, past = Counter[str](), list[str]()
    for attack in kind():
        preview, urn = attack.carried_out(tmp_path)
        verdict = preview.judged()
        tried[attack.token] += 1
        named = {refusal.urn for refusal in verdict.refusals}
        if (attack.refused and urn not in named) or (
            attack.said and not any(attack.said in line for part in summary.sections(verdict) for line in part.lines)
        ):
            past.append(f"{attack.token}: {attack.way}")

    assert past == []
    assert len(tried) >= 10
    assert sum(tried.values()) >= 90


def test_access_by_any_way_is_answered() -> None:
    attacked = [*hidden_access.hidden()]
    assert [f"{one.way}: {one.permission}" for one in attacked if not one.noticed()] == []
    assert len(attacked) == len(hidden_access.WAYS) * len(hidden_access.TARGETS)


def test_access_that_nobody_has_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> str:
        return hidden_access.EVE

    monkeypatch.setitem(hidden_access.WAYS, "nothing", nothing)
    assert not any(hidden_access.HiddenAccess("nothing", each).noticed() for each in hidden_access.TARGETS)
