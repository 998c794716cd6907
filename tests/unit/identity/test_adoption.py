"""Existing resources are imported by their ID, and keep the properties that the configuration names."""

import pulumi
import pytest

from unit.identity.declared import foundation, team

ACCOUNT = "gcp:serviceaccount/account:Account::gke-nodes"
OLD = "projects/prodfirst-sandbox/serviceAccounts/gke-nodes@prodfirst-sandbox.iam.gserviceaccount.com"
PROGRAMS = {"gke-nodes": foundation, "app-storefront": team}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_adopted_is_imported_and_nothing_else_is(name: str) -> None:
    account, old = ACCOUNT.replace("gke-nodes", name), OLD.replace("gke-nodes", name)
    declared = PROGRAMS[name]({"adopted": {account: {"id": old, "keeps": ["displayName"]}}}).declared

    imported = {one.name: one for one in declared if one.imported}
    assert list(imported) == [name]
    assert imported[name].imported == old
    assert imported[name].ignored == {"displayName"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_the_environments_other_stack_has_cannot_be_adopted_here(name: str) -> None:
    [other] = set(PROGRAMS) - {name}
    with pytest.raises(pulumi.RunError, match=rf"declares no resource '.*::{other}', so what is there"):
        PROGRAMS[name]({"adopted": {ACCOUNT.replace("gke-nodes", other): {"id": OLD}}})


def test_an_entry_for_what_the_stack_does_not_have_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"declares no resource '.*::gke-node', so what is there"):
        foundation({"adopted": {ACCOUNT.removesuffix("s"): {"id": OLD}}})


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
        foundation({"adopted": entry})
