"""Monthly cost of a plan by the price table: before, after, and what has no price."""

import copy
from datetime import date
from typing import Any

import pytest

from cli.cost import Estimate, Prices, estimate, prices
from engine.previews import Step

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
REGIONAL = {"settings": {"tier": "db-custom-2-7680", "availabilityType": "REGIONAL", "diskSize": 20}}

TABLE = Prices.model_validate(
    {
        "date": "2026-01-01",
        "region": "somewhere",
        "sources": ["https://example.com"],
        "hours": 100,
        "perHour": {"sqlCore": 1.0, "sqlMemoryGib": 0.1, "podCore": 2.0, "podMemoryGib": 0.2},
        "perMonth": {"sqlStorageGib": 3.0},
        "assumed": {},
    }
)


def step(op: str, kind: str, before: Any = None, after: Any = None) -> Step:
    urn = f"urn:pulumi:s::p::{kind}::it"
    sides = {"oldState": before, "newState": after}
    states = {key: {"urn": urn, "type": kind, "inputs": side} for key, side in sides.items() if side}
    return Step.model_validate({"op": op, "urn": urn, **states})


def of(*steps: Step) -> Estimate:
    return estimate(steps, TABLE)


def test_an_instance_costs_cores_memory_and_disk_and_all_of_it_twice_with_a_standby() -> None:
    zonal = copy.deepcopy(REGIONAL)
    zonal["settings"]["availabilityType"] = "ZONAL"
    alone = 2 * 100 * 1.0 + 7.5 * 100 * 0.1 + 20 * 3.0
    found = of(step("update", SQL, zonal, REGIONAL))
    assert (found.before, found.after) == pytest.approx((alone, 2 * alone))


def test_a_replacement_counts_once() -> None:
    steps = (
        step("create-replacement", SQL, REGIONAL, REGIONAL),
        step("replace", SQL, REGIONAL, REGIONAL),
        step("delete-replaced", SQL, REGIONAL, None),
    )
    found = of(*steps)
    assert len(found.lines) == 1
    assert found.before == found.after > 0


@pytest.mark.parametrize(("op", "sides"), [("create", (None, REGIONAL)), ("delete", (REGIONAL, None))])
def test_what_comes_or_goes_costs_nothing_on_the_other_side(op: str, sides: tuple[Any, Any]) -> None:
    found = of(step(op, SQL, *sides))
    assert min(found.before, found.after) == 0
    assert max(found.before, found.after) > 0


@pytest.mark.parametrize(
    "settings", [{"tier": "db-perf-optimized-N-8", "edition": "ENTERPRISE_PLUS"}, {"tier": "db-n1-standard-1"}]
)
def test_settings_without_a_price_are_said_to_have_none(settings: dict[str, Any]) -> None:
    [line] = of(step("same", SQL, {"settings": settings}, {"settings": settings})).lines
    assert not line.known


def test_pods_cost_what_they_reserve_sidecars_too() -> None:
    def container(cpu: str, memory: str, **more: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}

    pod = {
        "containers": [container("500m", "512Mi")],
        "initContainers": [container("1", "1Gi"), container("250m", "256Mi", restartPolicy="Always")],
    }
    spec = {"spec": {"replicas": 2, "template": {"spec": pod}}}
    assert of(step("create", DEPLOYMENT, None, spec)).after == pytest.approx(2 * (0.75 * 200 + 0.75 * 20))


def test_pods_of_an_autoscaler_cost_as_many_as_it_keeps_at_least() -> None:
    pod = {"containers": [{"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}
    place = {"namespace": "shop", "name": "web"}
    deployment = step("create", DEPLOYMENT, None, {"metadata": place, "spec": {"template": {"spec": pod}}})
    target = {"scaleTargetRef": {"name": "web"}, "minReplicas": 3}
    scaler = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"

    alone = of(deployment).after
    assert of(deployment, step("create", scaler, None, {"metadata": place, "spec": target})).after == 3 * alone
    elsewhere = {"metadata": {**place, "namespace": "other"}, "spec": target}
    assert of(deployment, step("create", scaler, None, elsewhere)).after == alone


def test_what_is_charged_by_use_is_named_and_not_summed() -> None:
    found = of(step("create", "gcp:storage/bucket:Bucket", None, {"name": "b"}))
    assert (found.by_use, found.after) == (["Bucket it"], 0)


def test_the_committed_table_has_a_date_sources_and_only_prices_above_nothing() -> None:
    table = prices()
    assert table.date.year > 2025
    assert all(source.startswith("https://cloud.google.com/") for source in table.sources)
    assert all(price > 0 for price in [*table.per_hour.values(), *table.per_month.values()])


def test_an_estimate_says_the_date_the_region_and_the_sources_of_its_prices() -> None:
    note = TABLE.note(date(2026, 6, 30))
    assert note == "US dollars a month, list prices of 2026-01-01 in somewhere, from https://example.com"


@pytest.mark.parametrize(("today", "months"), [(date(2026, 7, 1), 6), (date(2027, 2, 1), 13)])
def test_prices_of_half_a_year_ago_are_said_to_be_old(today: date, months: int) -> None:
    assert f"These prices are {months} months old: compare them with the sources" in TABLE.note(today)
