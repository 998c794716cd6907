"""Changes in platform/CHANGES.md that would replace what everything stands on, as the engine plans them."""

from typing import Any

import pytest

from e2e.harness import Sandbox
from e2e.tenants import edit


@pytest.mark.parametrize(
    "ranges",
    [{"nodes": "10.0.0.0/21"}, {"pods": "10.32.0.0/14"}],
    ids=["a smaller range of nodes", "another range of pods"],
)
def test_a_range_that_cannot_change_in_place_is_refused_in_the_plan(tenants: Sandbox, ranges: dict[str, str]) -> None:
    file = tenants.checkout / "platform" / "Pulumi.sandbox.yaml"
    before = file.read_text()

    def change(stack: dict[str, Any]) -> None:
        stack["config"]["platform:network"] |= ranges

    edit(file, change)
    try:
        stopped = tenants.run("preview", "--layer", "platform")
    finally:
        file.write_text(before)

    assert stopped.code == 1, stopped.text
    for said in ("unable to replace resource", "Subnetwork::main-europe-west4", "plan gate: platform: refused"):
        assert said in stopped.out, stopped.text
