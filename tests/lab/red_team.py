"""Table of the attacks on pack, plan gate, audit and access: how many were tried, and what refused or reported them.

Run it from `tests/` with `.venv/bin/python -m lab.red_team`; exit code 1 means that an attack got past all of them.
What is accepted has its reason in `pack/red_team.yaml`.
"""

import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import example_checkout
from pack import attacks as of_inputs
from plan_gate import summary
from unit.policies import attacks, hidden_access

_KINDS = {
    "a protected resource": attacks.taken,
    "what gives access": attacks.staying,
    "a change that weakens": attacks.weakened,
}
PAST = "nothing"


def main() -> int:
    """Carry out all attacks, print the table, and return the exit code."""
    example_checkout.enter("lab.red_team", sys.argv[1:])
    print("| attack on | way | tried | refused or reported by |\n| --- | --- | --- | --- |")
    return int(_plans() + _inputs() + _access() > 0)


def _plans() -> int:
    """Attack the gate by plans; return how many attacks got past it."""
    past = 0
    for title, kind in _KINDS.items():
        judges = defaultdict[str, Counter[str]](Counter)
        for attack in kind():
            with tempfile.TemporaryDirectory() as folder:
                preview, urn = attack.carried_out(Path(folder))
                verdict = preview.judged()
            way = attack.way.partition(": ")[2] or attack.way
            by = {refusal.policy.name for refusal in verdict.refusals if refusal.urn == urn}
            told = any(attack.said in line for part in summary.sections(verdict) for line in part.lines)
            if not by and attack.refused:
                judges[way][PAST] += 1
                past += 1
            else:
                judges[way].update(by or ({"the verdict's first lines"} if told else {PAST}))
            judges[way]["tried"] += 1
        for way, counted in judges.items():
            tried = counted.pop("tried")
            by = ", ".join(f"{name} {count}" for name, count in counted.most_common())
            print(f"| {title} | {way} | {tried} | {by} |")
    return past


def _inputs() -> int:
    """Attack pack, gate and audit by inputs and options; return how many attacks got past all of them."""
    counted = defaultdict[tuple[str, str], Counter[str]](Counter)
    with tempfile.TemporaryDirectory() as folder:
        for kind in (of_inputs.inputs_attacked, of_inputs.lists_attacked, of_inputs.options_attacked):
            for attack in kind():
                counted["an input or an option", attack.way][_judge(attack, Path(folder))] += 1
    for attack in of_inputs.guard_rails_attacked():
        covered = any(one.covers(attack) for one in of_inputs.accepted("audit"))
        judge = "audit" if attack.noticed_by_audit() else "accepted" if covered else PAST
        counted["a guard rail in the cloud", attack.way][judge] += 1
    for (title, way), judges in counted.items():
        by = ", ".join(f"{name} {count}" for name, count in judges.most_common())
        print(f"| {title} | {way} | {judges.total()} | {by} |")
    return sum(judges[PAST] for judges in counted.values())


def _access() -> int:
    """Give access in ways that are easily missed; return how many of these no answer names."""
    judges = defaultdict[str, Counter[str]](Counter)
    for attack in hidden_access.hidden():
        judges[attack.way]["access" if attack.noticed() else PAST] += 1
    for way, counted in judges.items():
        by = ", ".join(f"{name} {count}" for name, count in counted.most_common())
        print(f"| access by | {way} | {counted.total()} | {by} |")
    return sum(counted[PAST] for counted in judges.values())


def _judge(attack: of_inputs.Attack, folder: Path) -> str:
    if attack.refused_by_pack():
        return "pack"
    if attack.noticed_by_gate(folder):
        return "plan gate"
    return "accepted" if any(one.covers(attack) for one in of_inputs.accepted()) else PAST


if __name__ == "__main__":
    sys.exit(main())
