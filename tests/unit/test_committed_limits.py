"""Limits of Google's that the stacks of an environment exceed together, as `make check` counts them."""

from collections.abc import Mapping

import pytest

from cli import limits
from cli.bootstrap.preflight import accounts
from cli.layout import foundation
from cli.limits import Limit
from committed import programs


def _with(most: int) -> Mapping[str, Limit]:
    known = limits.limits()
    return {**known, "principals": known["principals"].model_copy(update={"most": most})}


def test_stacks_that_fit_one_by_one_and_not_together_are_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(programs.exceeded("sandbox")) == []
    reduced = _with(10)
    monkeypatch.setattr(limits, "limits", lambda: reduced)
    [finding] = programs.exceeded("sandbox")
    assert finding.startswith("the stacks of sandbox together: ")
    assert "of 10 used" in finding
    assert "principals in one allow policy, each appearance counted, on project; grant the role to a group" in finding


def test_the_preflight_counts_the_accounts_that_the_layers_declare() -> None:
    declared = sum(
        resource.type == "gcp:serviceaccount/account:Account"
        for stack in programs.stacks("sandbox")
        for resource in programs.declared(stack).declared
    )
    assert accounts(foundation("sandbox")) == declared
