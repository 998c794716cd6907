"""Mutation testing of the rules: `.venv/bin/python -m lab.mutation [file …]`, from the folder `tests`.

Each mutant is one of the pack's files with one thing of its logic changed: a comparison, a condition, a number, a name
that is looked up, a violation that is not reported. A mutant is killed when a test fails; a surviving one shows logic
that no test covers. Messages, descriptions and lists of data are not changed: other tests compare them, or security
owns them.

Known runners start pytest once per mutant, which takes an hour here. This one forks a process that has everything
loaded except the pack, and runs the table of cases first. The score goes into policies/README.md.
"""

import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import example_checkout
from pack import analyzer as client

POLICIES = client.PACK
README = example_checkout.origin() / "policies" / "README.md"
SUITE = Path(client.__file__).parent
# The mutated files: the rules, and the functions that rules use.
FILES = (
    "policy_pack/rules/*.py",
    "policy_pack/acceptances.py",
    "policy_pack/cluster_roles.py",
    "policy_pack/demands.py",
    "policy_pack/layers.py",
    "policy_pack/objects.py",
    "policy_pack/pods.py",
    "policy_pack/quantities.py",
    "policy_pack/ranges.py",
    "policy_pack/remediation.py",
    "policy_pack/teams.py",
    "policy_pack/waivers.py",
    "engine/urns.py",
)
# Tests beside the table of cases, by the name of a file.
TESTS: dict[str, tuple[str, ...]] = {
    "acceptances": ("test_drift.py",),
    "cluster_roles": ("test_own.py", "test_layers.py"),
    "datastores": ("test_environments.py",),
    "disruption": ("test_disruption.py",),
    "drift": ("test_drift.py",),
    "iam_accounts": ("test_federation.py",),
    "iam_conditions": ("test_stacks.py", "test_teams.py"),
    "layers": ("test_layers.py", "test_inputs.py", "test_stacks.py"),
    "namespaces": ("test_stacks.py", "test_teams.py"),
    "network": ("test_stacks.py",),
    "objects": ("test_stacks.py", "test_layers.py"),
    "own": ("test_own.py", "test_layers.py"),
    "pods": ("test_workloads.py",),
    "quantities": ("test_workloads.py",),
    "ranges": ("test_stacks.py",),
    "registry": ("test_teams.py",),
    "remediation": ("test_drift.py",),
    "safeguards": ("test_safeguards.py",),
    "secrets": ("test_secrets.py", "test_teams.py"),
    "sql": ("test_stacks.py",),
    "sql_settings": ("test_environments.py",),
    "storage": ("test_environments.py",),
    "teams": ("test_teams.py",),
    "urns": ("test_waivers.py",),
    "waiver": ("test_waivers.py",),
    "waivers": ("test_waivers.py",),
    "workloads": ("test_workloads.py",),
}
_SECONDS = 600
_LINE = re.compile(r"\| mutants of the rules that a test kills \|.*\|\n")

_OPPOSITE: dict[type[Any], type[Any]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


class _Sites(ast.NodeVisitor):
    """Nodes of a module whose change changes its behaviour."""

    def __init__(self) -> None:
        self.nodes: list[ast.AST] = []
        self._in_message = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for statement in node.body:
            if not _is_docstring(statement):
                self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        if node.col_offset:  # a constant of the module is data
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.col_offset and node.value:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A message, or a part of one."""

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Yield):
            self.nodes.append(node)
        elif isinstance(node.value, ast.YieldFrom):
            self.nodes.append(node)
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self.nodes.append(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self.nodes.append(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        self.nodes.append(node)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.nodes.append(node)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.nodes.append(node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        # Sentences are messages; what has no blank is a key, a path or a value.
        is_sentence = isinstance(node.value, str) and (" " in node.value or not node.value)
        if isinstance(node.value, bool | int | str) and not is_sentence:
            self.nodes.append(node)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, ast.Module]]:
    """Line and text of each changed node, and the changed module."""
    sites = _Sites()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            sites.visit(statement)
    for site in sites.nodes:
        before = ast.unparse(site)
        mutated = copy.deepcopy(tree, {})
        twin = _same(mutated, tree, site)
        _change(mutated, twin)
        yield getattr(site, "lineno", 0), before.splitlines()[0][:90], ast.fix_missing_locations(mutated)


def _same(copied: ast.AST, original: ast.AST, site: ast.AST) -> ast.AST:
    return next(twin for twin, node in zip(ast.walk(copied), ast.walk(original), strict=True) if node is site)


def _change(tree: ast.Module, node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = _OPPOSITE[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp):
        node.op = _OPPOSITE[type(node.op)]()
    elif isinstance(node, ast.Constant):
        value = node.value
        node.value = (not value) if isinstance(value, bool) else f"{value}x" if isinstance(value, str) else value + 1  # pyright: ignore[reportOperatorIssue] - of these three types only
    else:
        _Replacement(node).visit(tree)


class _Replacement(ast.NodeTransformer):
    """Removes a `not` or a whole statement; a generator stays a generator."""

    def __init__(self, node: ast.AST) -> None:
        self._node = node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if node is not self._node:
            return super().generic_visit(node)
        return node.operand if isinstance(node, ast.UnaryOp) else ast.parse("if False:\n    yield").body[0]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a tree instead of from its file."""

    def __init__(self, name: str, file: Path, tree: ast.Module) -> None:
        self._name, self._file, self._tree = name, file, tree

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  as well
        target: ModuleType | None = None,  # noqa: ARG002  the protocol's
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of the mutated module; None for any other."""
        return (
            importlib.util.spec_from_file_location(fullname, self._file, loader=self)
            if fullname == self._name
            else None
        )

    def exec_module(self, module: ModuleType) -> None:
        """Execute the mutated tree."""
        exec(compile(self._tree, str(self._file), "exec"), module.__dict__)  # noqa: S102 - that is what a mutant is for


def _survives(file: Path, tree: ast.Module) -> bool:
    """True if no test fails. Runs in a process of its own, because a mutant may do anything."""
    child = os.fork()  # noqa: TID251  for speed; nothing in this process calls gRPC, the pack is asked in the child
    if child == 0:
        signal.alarm(_SECONDS)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        noticed = 1
        try:
            sys.meta_path.insert(0, _Finder(_module(file), file, tree))
            noticed = int(_is_noticed(file.stem))
        finally:
            os._exit(noticed)
    _, status = os.waitpid(child, 0)
    return status == 0


def _module(file: Path) -> str:
    return ".".join(file.relative_to(POLICIES).with_suffix("").parts)


def _is_noticed(stem: str) -> bool:
    from pack import judgement, local  # noqa: PLC0415  only here, with the mutant in place

    if not judgement.holds(local.analyzer()):
        return True
    tests = [str(SUITE / name) for name in TESTS.get(stem, ())]
    return bool(tests) and pytest.main(["-x", "-q", "--in-process", *tests]) != 0


def main(arguments: Sequence[str]) -> int:
    """Try all mutants of the files in `arguments`, or of all files; write the score of a full run."""
    example_checkout.enter("lab.mutation", arguments)
    files = [file for pattern in FILES for file in sorted(POLICIES.glob(pattern))]
    if unknown := set(arguments) - {file.stem for file in files}:
        known = ", ".join(file.stem for file in files)
        print(f"error: no mutated file is named {', '.join(sorted(unknown))}; there are {known}", file=sys.stderr)
        return 2
    chosen = [file for file in files if not arguments or file.stem in arguments]
    started, killed, survived = time.monotonic(), 0, 0
    for file in chosen:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if not _survives(file, tree):
            print(f"error: the tests fail without any change of {file.name}, so no mutant was tried", file=sys.stderr)
            return 1
        for line, before, mutant in mutants(tree):
            if _survives(file, mutant):
                survived += 1
                print(f"{file.relative_to(POLICIES)}:{line}: survives a change of: {before}", flush=True)
            else:
                killed += 1
    total = killed + survived
    score = f"{killed} of {total}, {killed / total:.1%}"
    print(f"{score}, in {time.monotonic() - started:.0f} s")
    if not arguments:
        text = f"{score} ({datetime.now(UTC):%Y-%m-%d}, `python -m lab.mutation`)"
        row = f"| mutants of the rules that a test kills | {text} |\n"
        README.write_text(_LINE.sub(lambda _: row, README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(POLICIES))
    sys.exit(main(sys.argv[1:]))
