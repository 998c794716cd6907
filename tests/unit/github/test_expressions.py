"""Expressions of workflows as GitHub evaluates them: texts in any letters are equal, and types are converted.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#operators; `act` does the same.
"""

import pytest

from unit.github.expressions import Evaluator

CONTEXTS = {"github": {"actor": "Dependabot[bot]", "count": 2, "draft": True, "empty": ""}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.actor == 'dependabot[bot]'", True),
        ("github.actor != 'dependabot[bot]'", False),
        ("github.actor == 'somebody'", False),
        ("github.count == '2'", True),
        ("github.draft == '1'", True),
        ("github.draft == 'true'", False),
        ("github.empty == 'x'", False),
        ("github.missing == ''", True),
        ("contains('SUCCESS skipped', 'success')", True),
        ("contains(fromJSON('[\"success\", \"skipped\"]'), 'Success')", True),
        ("contains(fromJSON('[\"success\"]'), 'succ')", False),
    ],
)
def test_values_are_compared_as_github_compares_them(expression: str, value: object) -> None:
    assert Evaluator(CONTEXTS, {}).value(expression) is value
