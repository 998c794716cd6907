"""Mutants: what is changed in a file, and that functions which others hold already get the change."""

import ast
import gc
from pathlib import Path
from types import FunctionType

import pytest

from lab.mutation import child, exchange, operators

SOURCE = '''
"""A module."""

LISTED = ("data", 1)
CHECKS = {"name": lambda value: value == 3}


class Limits:
    """A docstring."""

    most: int = 5


def findings(values):
    """Another one."""
    for value in values:
        if value is None:
            continue
        if any(part > 1 for part in value) and not value[0]:
            yield f"{value} is wrong"
            log("a message", cast("int", value))
'''


def _changed(tree: ast.Module) -> list[str]:
    return [mutant.text for mutant in operators.mutants(tree)]


def test_logic_is_changed_and_neither_messages_nor_data_nor_types() -> None:
    assert _changed(ast.parse(SOURCE)) == [
        "value == 3",
        "3",
        "5",
        "value is None",
        "continue",
        "any((part > 1 for part in value)) and (not value[0])",
        "any",
        "part > 1",
        "1",
        "not value[0]",
        "0",
        "yield f'{value} is wrong'",
        "log('a message', cast('int', value))",
    ]


def test_every_mutant_differs_in_one_thing_and_compiles() -> None:
    tree = ast.parse(SOURCE)
    texts = [ast.unparse(mutant.tree) for mutant in operators.mutants(tree)]
    assert len({*texts, ast.unparse(tree)}) == len(texts) + 1
    for text in texts:
        compile(text, "<mutant>", "exec")


def test_each_part_of_a_chain_of_comparisons_is_changed() -> None:
    texts = [ast.unparse(mutant.tree) for mutant in operators.mutants(ast.parse("def f(a, b, c): return a < b < c"))]
    assert texts == ["def f(a, b, c):\n    return a <= b < c", "def f(a, b, c):\n    return a < b <= c"]


def test_a_function_without_yield_gets_none() -> None:
    (mutant,) = operators.mutants(ast.parse("def f():\n    raise ValueError"))
    assert ast.unparse(mutant.tree) == "def f():\n    pass"


def test_a_mutant_knows_the_lines_of_its_statement() -> None:
    tree = ast.parse("def f(a):\n    return a in (\n        1,\n        2,\n    )\n")
    assert [(mutant.text, sorted(mutant.lines)) for mutant in operators.mutants(tree)] == [
        ("a in (1, 2)", [2, 3, 4, 5]),
        ("1", [2, 3, 4, 5]),
        ("2", [2, 3, 4, 5]),
    ]


def _loaded(source: str) -> tuple[ast.Module, dict[str, object], list[FunctionType]]:
    tree = ast.parse(source)
    namespace: dict[str, object] = {}
    exec(compile(tree, __file__, "exec"), namespace)  # noqa: S102 - a module of this test's own
    names = {__file__: Path("source.py")}
    live = exchange.functions(names)[Path("source.py")]
    return tree, namespace, [function for function in live if function.__globals__ is namespace]


def test_a_function_that_somebody_holds_gets_the_mutants_code() -> None:
    tree, namespace, live = _loaded("def of(limit):\n    return lambda value: value > limit\nover = of(2)\n")
    (mutant,) = operators.mutants(tree)
    over = namespace["over"]
    assert isinstance(over, FunctionType)
    assert not over(2)
    assert exchange.Exchange(tree, live).by(mutant.tree)
    assert over(2)


def test_what_runs_when_a_module_is_imported_cannot_be_exchanged() -> None:
    tree, _, live = _loaded("class Limits:\n    most = 5\n")
    (mutant,) = operators.mutants(tree)
    assert not exchange.Exchange(tree, live).by(mutant.tree)


def test_two_functions_that_cannot_be_told_apart_are_not_exchanged() -> None:
    tree, _, live = _loaded("checks = (lambda one: one == 1, lambda one: one == 2)\n")
    assert not any(exchange.Exchange(tree, live).by(mutant.tree) for mutant in operators.mutants(tree))


@pytest.fixture(autouse=True)
def collected() -> None:
    """Functions of earlier tests are gone."""
    gc.collect()


def test_a_mutant_that_runs_for_ever_is_killed() -> None:
    with child.Child(1) as endless:
        if endless.is_inside:
            endless.tell("begun")
            while True:
                pass
    assert endless.text == "begun\n"
    assert endless.is_killed


def _fail() -> None:
    with child.Child(1) as failing:
        if failing.is_inside:
            failing.tell(str(1 / 0))


def test_a_child_that_fails_by_itself_is_an_error() -> None:
    with pytest.raises(ChildProcessError, match="ZeroDivisionError"):
        _fail()
