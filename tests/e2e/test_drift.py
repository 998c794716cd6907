"""What is changed behind Pulumi's back is found by a preview that refreshes, and put right by such an update."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import Person, Sandbox
from e2e.sandboxes import as_administrator, made

UPDATE = "pulumi up --refresh --yes --skip-preview --non-interactive"
FOUND = {
    "identity": ("gcp:projects/iAMCustomRole:IAMCustomRole: (update)", "gcp:projects/iAMMember:IAMMember: (create)"),
    "platform": ("gcp:sql/databaseInstance:DatabaseInstance: (update)", "gcp:compute/subnetwork:Subnetwork: (update)"),
    "apps": ("kubernetes:apps/v1:Deployment: (update)",),
}


@pytest.fixture(scope="module")
def drifted(e2e_folder: Path, person: Person) -> Iterator[Sandbox]:
    """All layers, then changed by hand."""
    with made(Sandbox(e2e_folder / "drifted", person)) as sandbox:
        sandbox.run("up").succeeded()
        sandbox.run("drift").succeeded()
        yield sandbox


def test_a_plain_preview_compares_with_the_state_and_sees_nothing(drifted: Sandbox) -> None:
    for layer in FOUND:
        assert "to update" not in drifted.run("preview", "--layer", layer).succeeded().text


@pytest.mark.parametrize("layer", FOUND)
def test_a_refreshing_preview_finds_every_change_and_nothing_else(drifted: Sandbox, layer: str) -> None:
    printed = drifted.run("preview", "--layer", layer, "--refresh").succeeded().out
    headings = [
        line.strip() for line in printed.splitlines() if line.rstrip(" 🔒").endswith((": (update)", ": (create)"))
    ]
    assert len(headings) == len(FOUND[layer]), printed
    for expected in FOUND[layer]:
        assert any(expected in heading for heading in headings), printed


def test_a_refreshing_preview_changes_nothing(drifted: Sandbox) -> None:
    before = drifted.run("preview", "--layer", "platform", "--refresh").succeeded().out
    assert drifted.run("preview", "--layer", "platform", "--refresh").succeeded().out == before


def test_a_refreshing_update_puts_everything_right(drifted: Sandbox) -> None:
    # A custom role is of the foundation, which identity-deploy may not even read.
    as_administrator(drifted, UPDATE).succeeded()
    drifted.shell("platform", UPDATE).succeeded()
    refused = drifted.shell("apps", UPDATE)
    assert 'conflict with "kubectl-patch"' in refused.text, "a field that a person took over is not overwritten unasked"
    drifted.shell("apps", f"PULUMI_K8S_ENABLE_PATCH_FORCE=true {UPDATE}").succeeded()
    drifted.shell("apps", UPDATE).succeeded()  # the permission to overwrite is in the provider's state; out with it
    for layer in FOUND:
        printed = drifted.run("preview", "--layer", layer, "--refresh").succeeded().out
        assert "to update" not in printed, printed
        assert "to create" not in printed, printed
