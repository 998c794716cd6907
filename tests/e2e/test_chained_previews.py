"""A change of several layers is previewed with the contracts that the plans before would publish.

It needs the real thing: only the engine's plan has the contract, and only the next layer's own plan shows its use.
"""

import re
from dataclasses import dataclass

import pytest

from e2e.harness import IDENTITY, PLATFORM, Ran
from e2e.lifecycle import choice, configuration, configure
from e2e.sandboxes import Draft

_VERDICT = re.compile(r"^plan gate: (\S+): .*\n(?:  .*\n)*", re.MULTILINE)


@dataclass(frozen=True)
class Previewed:
    """Previews of one change: all layers before it, and the platform after identity was updated."""

    before: Ran
    later: Ran


def verdict(ran: Ran, title: str) -> str:
    """The gate's text about a stack."""
    [found] = [match[0] for match in _VERDICT.finditer(ran.out) if match[1] == title]
    return found


@pytest.fixture(scope="module")
def previewed(draft: Draft) -> Previewed:
    """A new team that may look at the platform, which binds it to a Role of the cluster."""
    draft.bring_up("identity", "platform")
    content = configuration(draft, IDENTITY)
    content["config"]["identity:teams"]["billing"] = {
        "group": "billing-team@example.com",
        "capabilities": ["platform-reader"],
    }
    configure(draft, IDENTITY, content)
    before = draft.sandbox.run("preview", "--layer", "identity"), draft.sandbox.run("preview")
    assert before[0].code == 0, before[0].text
    draft.sandbox.run("up", *choice(IDENTITY)).succeeded()
    return Previewed(before[1], draft.sandbox.run("preview", *choice(PLATFORM)).succeeded())


def test_the_platform_is_previewed_with_the_contract_that_identity_would_publish(previewed: Previewed) -> None:
    assert "platform: reads what the plans before it would publish: identity" in previewed.before.err
    assert "billing-team@example.com" in verdict(previewed.before, "platform")


def test_the_predicted_plan_is_the_later_one(previewed: Previewed) -> None:
    assert verdict(previewed.before, "platform") == verdict(previewed.later, "platform")
