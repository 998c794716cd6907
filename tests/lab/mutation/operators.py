"""Changes of a file's logic: a comparison, a condition, a number, a name that is looked up, a finding not reported.

Messages, descriptions and a module's lists of data are not changed: other tests compare them, or security owns them.
Types (`cast`, annotations) and whether an object is frozen are pyright's to check; colours change no answer.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
_NO_LOGIC = frozenset({"frozen", "soft_wrap", "style"})
_QUANTIFIERS = {"any": "all", "all": "any"}
_WITH_BODY = ast.If | ast.For | ast.While | ast.With | ast.Try | ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Mutant:
    """A changed file.

    Attributes:
        line: line of the change.
        text: the changed node, as it was.
        lines: lines of the smallest statement around it; whoever runs the node runs one of them.
        tree: the changed module.
    """

    line: int
    text: str
    lines: frozenset[int]
    tree: ast.Module


class _Sites(ast.NodeVisitor):
    """Nodes of a module whose change changes its behaviour, each with the operator of a comparison to change."""

    def __init__(self) -> None:
        self.nodes: list[tuple[ast.AST, int]] = []
        self.lines: dict[ast.AST, frozenset[int]] = {}
        self._around: frozenset[int] = frozenset()

    def visit(self, node: ast.AST) -> None:
        """Visit a node, and remember the lines of its statement."""
        before = self._around
        if isinstance(node, ast.stmt):
            self._around = _lines(node)
        super().visit(node)
        self._around = before

    def _add(self, node: ast.AST, operator: int = 0) -> None:
        self.nodes.append((node, operator))
        first = getattr(node, "lineno", 0)
        self.lines[node] = self._around | set(range(first, getattr(node, "end_lineno", first) + 1))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for statement in node.body:
            if not _is_docstring(statement):
                self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_FunctionDef(node)  # pyright: ignore[reportArgumentType] - a body as well

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assigned(node, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self._assigned(node, node.value)

    def _assigned(self, node: ast.stmt, value: ast.expr) -> None:
        if node.col_offset:
            self.visit(value)
            return
        for inner in ast.walk(value):  # a constant of the module is data, but for its functions
            if isinstance(inner, ast.Lambda):
                self.visit(inner.body)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A message, or a part of one."""

    def visit_Expr(self, node: ast.Expr) -> None:
        self._add(node)
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._add(node)

    def visit_Continue(self, node: ast.Continue) -> None:
        self._add(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for operator in range(len(node.ops)):
            self._add(node, operator)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._add(node)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._add(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in _QUANTIFIERS:
            self._add(node.func)
        is_cast = isinstance(node.func, ast.Name) and node.func.id == "cast"
        self.visit(node.func)
        for argument in node.args[is_cast:]:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in _NO_LOGIC:
                self.visit(keyword.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        # Sentences are messages; what has no blank is a key, a path or a value.
        is_sentence = isinstance(node.value, str) and (" " in node.value or not node.value)
        if isinstance(node.value, bool | int | str) and not is_sentence:
            self._add(node)


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Yield the mutants of a module, which share the statements that are not changed."""
    for index, statement in enumerate(tree.body):
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign):
            continue
        sites = _Sites()
        sites.visit(statement)
        for site, operator in sites.nodes:
            text = ast.unparse(site).splitlines()[0][:90]
            mutated = copy.deepcopy(statement, {})
            _change(mutated, _same(mutated, statement, site), operator)
            body = [*tree.body[:index], ast.fix_missing_locations(mutated), *tree.body[index + 1 :]]
            yield Mutant(getattr(site, "lineno", 0), text, sites.lines[site], ast.Module(body, tree.type_ignores))


def _lines(node: ast.stmt) -> frozenset[int]:
    """Return the lines of a statement, without its body."""
    last = node.end_lineno or node.lineno
    if isinstance(node, _WITH_BODY):
        last = node.body[0].lineno - 1
    elif isinstance(node, ast.Match):
        last = node.subject.end_lineno or node.lineno
    return frozenset(range(node.lineno, max(node.lineno, last) + 1))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _same(copied: ast.AST, original: ast.AST, site: ast.AST) -> ast.AST:
    return next(twin for twin, node in zip(ast.walk(copied), ast.walk(original), strict=True) if node is site)


def _change(tree: ast.stmt, node: ast.AST, operator: int) -> None:
    if isinstance(node, ast.Compare):
        node.ops[operator] = _OPPOSITE[type(node.ops[operator])]()
    elif isinstance(node, ast.BoolOp):
        node.op = _OPPOSITE[type(node.op)]()
    elif isinstance(node, ast.Name):
        node.id = _QUANTIFIERS[node.id]
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
        if isinstance(node, ast.UnaryOp):
            return node.operand
        yields = isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom)
        return ast.copy_location(ast.parse("if False:\n    yield" if yields else "pass").body[0], node)
