"""The plans that a product team reads are short, and apps/README.md shows them as they are.

They need the real engine: what it prints of a change is the point.
"""

import re
from pathlib import Path

import pytest

from e2e.harness import Ran, Sandbox
from e2e.tenants import BILLING, SHOP
from toolchain.environments import CHECKOUT

LONGEST = 30
_SHOWN = re.compile(r"<!-- plan: (?P<name>[a-z ]+) -->\n```\n(?P<plan>.*?)```", re.DOTALL)


def shown() -> dict[str, list[str]]:
    """The plans in the README, by name."""
    text = (CHECKOUT / "apps" / "README.md").read_text(encoding="utf-8")
    return {match["name"]: match["plan"].splitlines() for match in _SHOWN.finditer(text)}


def normalised(ran: Ran, checkout: Path) -> list[str]:
    """A plan without the place of the checkout, which the width of a column follows as well."""
    text = ran.out.replace(str(checkout), "…")
    return [re.sub(r"(?<=\S) {2,}", "  ", line).rstrip() for line in text.splitlines()]


@pytest.fixture(scope="module")
def plans(settled: tuple[Sandbox, Ran]) -> dict[str, list[str]]:
    """The plans as the engine and the gate print them."""
    sandbox, new = settled
    file = sandbox.checkout / "apps" / f"Pulumi.{SHOP}-sandbox.yaml"
    before = file.read_text()
    file.write_text(re.sub("[0-9a-f]{64}", "1" * 64, before))
    try:
        changed = sandbox.run("preview", "--app", SHOP).succeeded()
    finally:
        file.write_text(before)
    found = {"a new app": new, "another image": changed}
    return {name: normalised(ran, sandbox.checkout) for name, ran in found.items()}


@pytest.mark.parametrize("name", ["a new app", "another image"])
def test_a_plan_is_short_and_the_readme_shows_it(plans: dict[str, list[str]], name: str) -> None:
    plan = plans[name]
    assert 2 < len(plan) < LONGEST
    assert shown()[name] == plan, "write this into apps/README.md:\n" + "\n".join(plan)


def test_the_plan_of_a_new_app_names_what_will_be_there(plans: dict[str, list[str]]) -> None:
    [app] = [line for line in plans["a new app"] if f" {BILLING}: " in line]
    for kind in ("Deployment", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"):
        assert f"1 {kind}" in app
