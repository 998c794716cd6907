"""Existing resources are imported by their ID, and keep the properties that the configuration names."""

import pulumi
import pytest

from unit.platform_.deployment import deploy, deploy_storage

NETWORK = "gcp:compute/network:Network::main"
OLD = "projects/my-project/global/networks/old"


def test_what_is_adopted_is_imported_and_keeps_what_is_named() -> None:
    adopted = {NETWORK: {"id": OLD, "keeps": ["name", "description"]}}
    network = deploy(adopted=adopted).of("gcp:compute/network:Network")["main"]

    assert network.imported == OLD
    assert network.ignored == {"name", "description"}
    assert network.protect


def test_an_adoption_changes_nothing_of_all_other_resources() -> None:
    plain, adopting = (
        {f"{one.type}::{one.name}": one for one in deploy(adopted=adopted).declared}
        for adopted in ({}, {NETWORK: {"id": OLD, "keeps": ["name"]}})
    )

    assert plain.keys() == adopting.keys()
    assert [name for name in plain if plain[name] != adopting[name]] == [NETWORK]


def test_without_adopted_resources_none_is_imported() -> None:
    assert not any(declared.imported for declared in deploy().declared)


def test_what_a_component_ignores_already_stays_ignored() -> None:
    source = {"datastore": "orders", "pointInTime": "2026-11-20T03:00:00Z"}
    whole = {"adopted": {"databases": ["orders"], "apps": [], "teams": ["database"]}}
    entry = {
        "owner": "database",
        "version": "POSTGRES_17",
        "tier": "db-custom-2-7680",
        "databases": ["orders"],
        "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 10},
    }
    stores = {"orders": entry | {"standby": True}, "copy": entry | {"source": source | whole}}
    login = "gcp:sql/user:User::copy-administrators-database"
    engine = deploy_storage(datastores=stores, adopted={login: {"id": "p/copy/g", "keeps": ["type"]}})
    users = engine.of("gcp:sql/user:User")

    assert users["copy-administrators-database"].ignored == {"databaseRoles", "type"}


def test_an_entry_for_what_the_stack_does_not_have_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"declares no resource 'gcp:compute/network:Network::man'"):
        deploy(adopted={"gcp:compute/network:Network::man": {"id": OLD}})


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"main": {"id": OLD}}, "'main' is not the end of a URN"),
        ({NETWORK: {}}, "id: is not set"),
        ({NETWORK: {"id": ""}}, "'' is not an ID"),
        ({NETWORK: {"id": OLD, "keep": ["name"]}}, "keep: is unknown"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(entry: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        deploy(adopted=entry)
