"""Existing resources are imported by their ID, and keep the properties that the configuration names."""

import pulumi
import pytest

from unit.identity.declared import program

ACCOUNT = "gcp:serviceaccount/account:Account::gke-nodes"
OLD = "projects/prodfirst-sandbox/serviceAccounts/gke-nodes@prodfirst-sandbox.iam.gserviceaccount.com"


def test_what_is_adopted_is_imported_and_nothing_else_is() -> None:
    declared = program({"adopted": {ACCOUNT: {"id": OLD, "keeps": ["displayName"]}}}).declared

    imported = {one.name: one for one in declared if one.imported}
    assert list(imported) == ["gke-nodes"]
    assert imported["gke-nodes"].imported == OLD
    assert imported["gke-nodes"].ignored == {"displayName"}


def test_an_entry_for_what_the_stack_does_not_have_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"declares no resource '.*::gke-node', so what is there"):
        program({"adopted": {ACCOUNT.removesuffix("s"): {"id": OLD}}})


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"gke-nodes": {"id": OLD}}, "'gke-nodes' is not the end of a URN"),
        ({ACCOUNT: {}}, "id: is not set"),
        ({ACCOUNT: {"id": OLD, "keeps": ["name", "name"]}}, "name"),
        ({ACCOUNT: {"id": OLD, "keep": ["name"]}}, "keep: is unknown"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(entry: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        program({"adopted": entry})
