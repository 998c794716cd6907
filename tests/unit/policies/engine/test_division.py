"""Division of a state of one platform stack, as the commit before the division made it, into two.

The state is that of a sandbox, shortened to the network, the datastore and the contract.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from engine import states
from engine.division import Chain, Division, DivisionError, Names, divided
from unit.policies.engine.references import dangling

STATE = Path(__file__).with_name("one_platform_stack.json")
NAMES = Names("platform", "sandbox", "storage-sandbox")
PROVIDER = "urn:pulumi:storage-sandbox::platform::pulumi:providers:gcp::default_10_2_0"
MOVED = {"orders", "orders-orders", "orders-user-storefront", "orders-administrators-database"}


def source() -> dict[str, Any]:
    return states.deployment(STATE.read_bytes(), STATE.name)


def is_datastore(chain: Chain) -> bool:
    return chain[0][0].startswith("gcp:sql/")


def division(target: dict[str, Any] | None = None, before: dict[str, Any] | None = None) -> Division:
    return divided(before or source(), target or {"manifest": {}, "resources": []}, is_datastore, NAMES)


def names(resources: Any) -> set[str]:
    return {resource["urn"].rpartition("::")[2] for resource in resources}


def identified(*deployments: dict[str, Any]) -> list[tuple[str, str]]:
    """Type and ID of everything in the cloud that the deployments hold, providers aside."""
    listed = [resource for deployment in deployments for resource in deployment["resources"]]
    return sorted(
        (each["type"], each["id"]) for each in listed if each.get("custom") and "providers" not in each["type"]
    )


def test_everything_of_a_datastore_moves_and_nothing_else() -> None:
    moved = division()

    assert {resource.name for resource in moved.moved} == MOVED
    assert {each["type"].partition("/")[0] for each in moved.target["resources"]} == {
        "gcp:sql",
        "prodfirst:platform:Datastore",
        "pulumi:providers:gcp",
        "pulumi:pulumi:Stack",
    }
    assert not [each for each in moved.source["resources"] if "Datastore" in each["urn"]]


def test_every_object_in_the_cloud_is_in_one_of_the_two_states_with_its_id_and_its_protection() -> None:
    moved = division()

    assert identified(moved.source, moved.target) == identified(source())
    assert all(each["protect"] for each in moved.target["resources"] if is_datastore(each["type"]))


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_state_refers_to_nothing_that_it_does_not_hold(side: str) -> None:
    assert dangling(getattr(division(), side)) == []


def test_a_resource_keeps_its_inputs_and_its_place_below_its_component() -> None:
    before = {each["urn"].rpartition("::")[2]: each for each in source()["resources"] if "gcp:sql/" in each["type"]}
    after = {
        each["urn"].rpartition("::")[2]: each for each in division().target["resources"] if "gcp:sql/" in each["type"]
    }

    assert {name: each["inputs"] for name, each in after.items()} == {
        name: each["inputs"] for name, each in before.items()
    }
    assert after["orders-orders"]["parent"] == (
        "urn:pulumi:storage-sandbox::platform::prodfirst:platform:Datastore::orders"
    )
    assert after["orders-orders"]["dependencies"] == [after["orders"]["urn"]]
    assert after["orders"]["dependencies"] == []


def test_a_run_that_was_interrupted_after_the_target_was_written_goes_on() -> None:
    first = division()
    again = division(target=first.target)

    assert (again.moved, again.source, again.target) == (first.moved, first.source, first.target)
    assert not again.changes_target


def test_there_is_nothing_to_do_a_second_time() -> None:
    first = division()

    assert division(target=first.target, before=first.source).moved == ()


def test_a_provider_that_the_target_has_is_used() -> None:
    root = {"urn": NAMES.root, "custom": False, "type": "pulumi:pulumi:Stack"}
    provider = {"urn": PROVIDER, "custom": True, "id": "other", "type": "pulumi:providers:gcp"}
    target = division(target={"resources": [provider, root]}).target

    assert [each["id"] for each in target["resources"] if each["type"] == "pulumi:providers:gcp"] == ["other"]
    assert {each["provider"] for each in target["resources"] if each.get("provider")} == {f"{PROVIDER}::other"}


def test_another_resource_of_the_same_name_stops_the_move() -> None:
    target = copy.deepcopy(division().target)
    for each in target["resources"]:
        each["id"] = "somewhere-else" if each["type"].endswith(":DatabaseInstance") else each.get("id")

    with pytest.raises(
        DivisionError, match=r"have a resource 'orders' .* IDs orders and somewhere-else\. Nothing was moved"
    ):
        division(target=target)


@pytest.mark.parametrize("side", ["before", "target"])
def test_an_interrupted_update_is_finished_first(side: str) -> None:
    unfinished = {**source(), "pending_operations": [{"type": "creating"}]}

    with pytest.raises(DivisionError, match="operations that an interrupted update left"):
        division(**{side: unfinished})


ROOT = "urn:pulumi:dev::identity::pulumi:pulumi:Stack::identity-dev"
ACCOUNT, GRANT = "gcp:serviceaccount/account:Account", "gcp:projects/iAMMember:IAMMember"


def below(kind: str, name: str, *above: tuple[str, str]) -> dict[str, Any]:
    """A resource of the identity layer's state below components, each given by its type and name."""
    types = "$".join([*(of for of, _ in above), kind])
    parents = "$".join(of for of, _ in above)
    parent = f"urn:pulumi:dev::identity::{parents}::{above[-1][1]}" if above else ROOT
    custom = {"custom": True, "id": f"id-of-{name}"} if kind.startswith("gcp:") else {"custom": False}
    return {"urn": f"urn:pulumi:dev::identity::{types}::{name}", "type": kind, "parent": parent, **custom}


FOUNDATION, OF_LAYER = ("prodfirst:identity:Foundation", "foundation"), ("prodfirst:identity:ServiceAccount", "layer")
OF_APP, KEY = ("prodfirst:identity:ServiceAccount", "app"), "gcp:kms/keyRing:KeyRing"
IDENTITY: dict[str, Any] = {
    "manifest": {},
    "resources": [
        {"urn": ROOT, "type": "pulumi:pulumi:Stack", "custom": False},
        below(*FOUNDATION),
        below(*OF_LAYER, FOUNDATION),
        below(ACCOUNT, "layer", FOUNDATION, OF_LAYER),
        below(GRANT, "layer-role", FOUNDATION, OF_LAYER),
        below(KEY, "data", FOUNDATION),
        below(KEY, "beside"),
        below(*OF_APP),
        below(ACCOUNT, "app", OF_APP),
        {**below(GRANT, "app-role", OF_APP), "dependencies": [below(KEY, "data", FOUNDATION)["urn"]]},
        below(GRANT, "beside"),
    ],
}


def of_foundation(*, component: bool) -> Division:
    """Division of the identity layer's state: what is of a type of the foundation's moves."""
    types = {KEY, FOUNDATION[0]} if component else {KEY}
    names_there = Names("identity", "dev", "foundation-dev")

    def moves(chain: Chain) -> bool:
        return any(kind in types for kind, _ in chain)

    return divided(IDENTITY, {"manifest": {}, "resources": []}, moves, names_there)


def test_what_is_below_a_component_of_the_target_moves_and_the_same_type_beside_it_stays() -> None:
    moved = of_foundation(component=True)

    assert [(each.type, each.name) for each in moved.moved] == [
        (ACCOUNT, "layer"),
        (GRANT, "layer-role"),
        (KEY, "data"),
        (KEY, "beside"),
    ]
    assert names(moved.source["resources"]) == {"identity-dev", "app", "app-role", "beside"}
    assert [each["type"] for each in moved.source["resources"] if each["urn"].endswith("::beside")] == [GRANT]
    assert identified(moved.source, moved.target) == identified(IDENTITY)


def test_a_component_that_moves_takes_the_components_below_it_along() -> None:
    target = {each["urn"]: each for each in of_foundation(component=True).target["resources"]}
    layer = (
        "urn:pulumi:foundation-dev::identity::prodfirst:identity:Foundation$prodfirst:identity:ServiceAccount::layer"
    )

    assert target[layer]["parent"] == "urn:pulumi:foundation-dev::identity::prodfirst:identity:Foundation::foundation"
    assert target[layer.replace("::layer", f"${ACCOUNT}::layer")]["parent"] == layer


def test_what_stays_no_longer_waits_for_what_moved() -> None:
    [left] = [each for each in of_foundation(component=True).source["resources"] if each["urn"].endswith("::app-role")]
    assert left["dependencies"] == []


def test_without_the_component_a_shared_type_stays_whatever_is_above_it() -> None:
    moved = of_foundation(component=False)

    assert [(each.type, each.name) for each in moved.moved] == [(KEY, "data"), (KEY, "beside")]
    assert {"foundation", "layer", "layer-role"} <= names(moved.source["resources"])


def test_the_state_is_small_and_holds_no_secret() -> None:
    text = STATE.read_text()

    assert len(text) < 40_000
    assert "ciphertext" not in json.dumps(source()["resources"])
