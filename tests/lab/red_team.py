"""Table of the attacks on the plan gate: how many of a way were tried, and what refused or reported them.

Run it from `tests/` with `.venv/bin/python -m lab.red_team`; exit code 1 means that an attack got past the gate.
"""

import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from plan_gate import summary
from unit.policies import attacks

_KINDS = {
    "a protected resource": attacks.taken,
    "what gives access": attacks.staying,
    "a change that weakens": attacks.weakened,
}
PAST = "nothing"


def main() -> int:
    """Carry out all attacks, print the table, and return the exit code."""
    past = 0
    print("| attack on | way | tried | refused or reported by |\n| --- | --- | --- | --- |")
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
    return int(past > 0)


if __name__ == "__main__":
    sys.exit(main())
