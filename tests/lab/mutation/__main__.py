"""Tries the mutants, prints those that survive, and writes the score of a full run into policies/README.md."""

import ast
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import cast

import pytest

import example_checkout
from lab.mutation import child, exchange, operators
from lab.mutation.session import Survivor, Trial

POLICIES = Path(__file__).resolve().parents[3] / "policies"
README = example_checkout.origin() / "policies" / "README.md"
# The mutated files: the rules, the functions that rules use, and the plan gate. The gate's commands run in processes of
# their own, where no mutant is.
FILES = (
    "policy_pack/rules/*.py",
    "policy_pack/acceptances.py",
    "policy_pack/cluster_roles.py",
    "policy_pack/demands.py",
    "policy_pack/layers.py",
    "policy_pack/objects.py",
    "policy_pack/permitted_inputs.py",
    "policy_pack/pods.py",
    "policy_pack/quantities.py",
    "policy_pack/ranges.py",
    "policy_pack/remediation.py",
    "policy_pack/rule.py",
    "policy_pack/teams.py",
    "policy_pack/waivers.py",
    "plan_gate/*.py",
    "engine/urns.py",
)
_COMMANDS = ("__main__.py", "needed.py")
TESTS = ("pack", "unit/policies")
# Tests that start the pack's server or a command, where no mutant is.
_ELSEWHERE = ("pack/test_pack.py", "pack/test_judges.py", "unit/policies/test_plan_gate_command.py")
# Tests that try so much that they would never be asked.
_LONG = (
    "pack/test_programs.py",
    "pack/test_red_team.py",
    "unit/policies/test_access_differential.py",
    "unit/policies/test_red_team.py",
)
_OPTIONS = ("-q", "-s", "-p", "no:warnings", *(f"--ignore={file}" for file in (*_ELSEWHERE, *_LONG)))
_LINE = re.compile(r"\| mutants of .*that a test kills \|.*\|\n")
# CPU time of a mutant that is tried from the start.
_SECONDS = 120


def main(arguments: Sequence[str]) -> int:
    """Try all mutants of the files in `arguments`, or of all files, by the tests in them, or by all tests."""
    example_checkout.enter("lab.mutation", arguments)
    files = [file for pattern in FILES for file in sorted(POLICIES.glob(pattern)) if file.name not in _COMMANDS]
    stems = [argument for argument in arguments if "/" not in argument]
    tests = [argument for argument in arguments if "/" in argument] or list(TESTS)
    if unknown := set(stems) - {file.stem for file in files}:
        known = ", ".join(file.stem for file in files)
        print(f"error: no mutated file is named {', '.join(sorted(unknown))}; there are {known}", file=sys.stderr)
        return 2
    chosen = [file for file in files if not stems or file.stem in stems]
    started = time.monotonic()
    survivors: defaultdict[Path, int] = defaultdict(int)
    for survivor in _surviving(chosen, tests):
        mutant = _mutant(survivor)
        if survivor.tests and _is_noticed_when_imported(survivor, mutant):
            continue
        survivors[survivor.file] += 1
        name = survivor.file.relative_to(POLICIES)
        print(f"{name}:{mutant.line}: survives a change of: {mutant.text}", flush=True)
    everything = 0
    for file in chosen:
        number = len(list(operators.mutants(ast.parse(file.read_text(encoding="utf-8")))))
        everything += number
        print(f"{file.relative_to(POLICIES)}: {_score(number - survivors[file], number)}")
    score = _score(everything - sum(survivors.values()), everything)
    print(f"{score}, in {time.monotonic() - started:.0f} s")
    if not arguments:
        text = f"{score} ({datetime.now(UTC):%Y-%m-%d}, `python -m lab.mutation`)"
        row = f"| mutants of rules and plan gate that a test kills | {text} |\n"
        README.write_text(_LINE.sub(lambda _: row, README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _ended(tests: Sequence[str], *options: str, plugins: Sequence[object] = ()) -> int:
    """Run pytest; the pack's tests ask the pack of this process, and know an option for it."""
    in_process = ("--in-process",) if any(test.startswith("pack") for test in tests) else ()
    return pytest.main([*_OPTIONS, *options, *in_process, *tests], plugins=list(plugins))


def _surviving(files: Sequence[Path], tests: Sequence[str]) -> Iterator[Survivor]:
    """Yield the mutants that survive where the code of functions is exchanged; first those that need nothing more.

    Raises:
        SystemExit: the tests fail without any mutant.
    """
    later: list[Survivor] = []
    with child.Child(0) as session:
        if session.is_inside:
            modules = ["pack.local", *map(_module, files)]
            trial = Trial(files, modules, _programs, lambda one: session.tell(one.written()))
            status = _ended(tests, plugins=[trial])
            session.tell(json.dumps([*trial.failed, *([] if status == 0 else [f"pytest ended with {status}"])]))
            session.end()
        ended = ["the session ended early"]
        for line in session.lines():
            told = json.loads(line)
            if isinstance(told, list):
                ended = cast("list[str]", told)
            elif (survivor := Survivor.read(told)).tests:
                later.append(survivor)
            else:
                yield survivor
    if ended:
        print(f"error: without any mutant: {', '.join(ended[:5])}; so none was tried", file=sys.stderr)
        raise SystemExit(1)
    yield from later


def _programs() -> object:
    """Run the layers' programs, which import nothing that is mutated."""
    from pack import test_inputs  # noqa: PLC0415  only in the process that has everything loaded

    return test_inputs.declared()


def _module(file: Path) -> str:
    return ".".join(file.relative_to(POLICIES).with_suffix("").parts)


def _mutant(survivor: Survivor) -> operators.Mutant:
    tree = ast.parse(survivor.file.read_text(encoding="utf-8"))
    return next(islice(operators.mutants(tree), survivor.number, None))


def _is_noticed_when_imported(survivor: Survivor, mutant: operators.Mutant) -> bool:
    """Return whether a test fails where the mutant is there from the start; this process has nothing of it loaded."""
    with child.Child(_SECONDS) as trial:
        if trial.is_inside:
            sys.meta_path.insert(0, exchange.Finder(_module(survivor.file), survivor.file, mutant.tree))
            trial.tell(str(_ended(survivor.tests, "-x")))
            trial.end()
    return trial.is_killed or trial.text.strip() != "0"


def _score(killed: int, of: int) -> str:
    return f"{killed} of {of}, {killed / of:.1%}" if of else "nothing to change"


if __name__ == "__main__":
    sys.path.insert(0, str(POLICIES))
    sys.exit(main(sys.argv[1:]))
