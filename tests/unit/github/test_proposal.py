from pathlib import Path

import pytest

from cli.github import proposal
from cli.layout import LAYERS
from toolchain import recorded
from toolchain.errors import ToolError

ENGINE, PLUGIN, NEWER = "pulumi-v1.tar.gz", "pulumi-resource-gcp-v1.tar.gz", "pulumi-resource-gcp-v2.tar.gz"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a record, and a proposal beside it."""
    for top in (tmp_path, tmp_path / proposal.HEAD):
        for layer in LAYERS:
            (top / layer / ".venv").mkdir(parents=True)
            (top / layer / "__main__.py").write_text(str(top))
        (top / recorded.NAME).parent.mkdir(parents=True)
    recorded.write({ENGINE: "a" * 64, PLUGIN: "a" * 64}, tmp_path / recorded.NAME)
    return tmp_path


def test_a_proposal_brings_its_layers_and_digests_of_new_plugins_alone(checkout: Path) -> None:
    proposed = {ENGINE: "b" * 64, "pulumi-v2.tar.gz": "b" * 64, PLUGIN: "b" * 64, NEWER: "b" * 64}
    recorded.write(proposed, checkout / proposal.HEAD / recorded.NAME)

    proposal.take_over(checkout)

    assert (checkout / "apps" / "__main__.py").read_text() == str(checkout / proposal.HEAD)
    assert recorded.digests(checkout / recorded.NAME) == {ENGINE: "a" * 64, PLUGIN: "a" * 64, NEWER: "b" * 64}


def test_a_proposal_without_a_record_or_with_a_link_in_its_place_changes_none(checkout: Path) -> None:
    before = (checkout / recorded.NAME).read_text()
    proposal.take_over(checkout)
    (checkout / proposal.HEAD / recorded.NAME).symlink_to("/etc/passwd")
    proposal.take_over(checkout)

    assert (checkout / recorded.NAME).read_text() == before


def test_a_proposed_record_that_cannot_be_read_stops_the_preview(checkout: Path) -> None:
    (checkout / proposal.HEAD / recorded.NAME).write_text("nonsense\n")

    with pytest.raises(ToolError, match="is not a SHA-256"):
        proposal.take_over(checkout)
