"""Whatever an entry can ask for is accepted by the real API server, from the team's own identity, with its rights.

As a dry run, which passes validation, admission and quota as the object itself would. Routes of public apps are left
out: the sandbox's cluster does not serve their kinds.
"""

from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from apps_layer.values import Schedule, TimeZone
from e2e.harness import NAMESPACES, Sandbox
from e2e.tenants import IDENTITIES, SHOP, Api
from sandbox.plugins.kubernetes.errors import ApiError
from unit.apps.deployment import NOVEMBER, VERSION, deploy
from unit.apps.test_entry import COMPLETE

# It runs no Deployment yet, whose fields would count as well.
APP = "reports"
PLACES = {
    "core/v1:ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "core/v1:Service": "/api/v1/namespaces/{}/services",
    "core/v1:ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "apps/v1:Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "autoscaling/v2:HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "batch/v1:CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "batch/v1:Job": "/apis/batch/v1/namespaces/{}/jobs",
    "networking.k8s.io/v1:NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "policy/v1:PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
}


def whole(value: Any) -> Any:
    """The recording engine keeps every number as a float, which the API server does not take for a whole one."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [whole(inner) for inner in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def offering(tenants: Sandbox) -> dict[str, Any]:
    """The contract of the team's namespaces with all that a complete entry asks for."""
    platform = cast("dict[str, Any]", tenants.outputs(NAMESPACES)["contract"])
    databases = platform["apps"][SHOP]["databases"]
    databases["orders"]["versions"] = {VERSION: NOVEMBER}
    platform["apps"][APP] |= {"secrets": [f"app-{APP}-smtp"], "databases": databases}
    platform["destinations"] = {"mail": {"ranges": ["203.0.113.7/32"], "ports": [587]}}
    return platform


@pytest.mark.parametrize("kind", COMPLETE)
def test_everything_that_an_entry_can_ask_for_is_accepted(tenants: Sandbox, kind: str) -> None:
    platform = offering(tenants)
    team = Api(tenants, IDENTITIES["apps-shop-deploy"])

    engine = deploy(COMPLETE[kind], platform, stack=f"{APP}-sandbox")
    declared = [item for item in engine.declared if item.type.startswith("kubernetes:")]
    for item in declared:
        place = PLACES[item.type.removeprefix("kubernetes:")].format(APP)
        accepted = team.apply(f"{place}/{item.inputs['metadata']['name']}", whole(item.inputs))
        assert accepted["metadata"]["namespace"] == APP

    assert len(declared) >= 4


# At and around the limits of each field: schedule and time zone.
TIMES = [
    *(
        (f"{minute} 3 * * *", "Etc/UTC")
        for minute in ("0", "59", "60", "*/15", "*/60", f"*/{2**63}", "*/0", "5-10", "10-5", "1,2,3", "-1", "x")
    ),
    *((f"0 {hour} * * *", "Etc/UTC") for hour in ("23", "24", "05", "8-18/2", "5/3")),
    *((f"0 0 {day} * *", "Etc/UTC") for day in ("1", "31", "0", "32")),
    *((f"0 0 1 {month} *", "Etc/UTC") for month in ("12", "13", "0", "jan", "JAN-mar", "january")),
    *((f"0 0 * * {weekday}", "Etc/UTC") for weekday in ("0", "6", "7", "sun", "MON-FRI", "*/2")),
    *(("0 0 * * *", zone) for zone in ("Europe/Berlin", "Europe/Atlantis", "europe/berlin", "UTC", "UTC+1", "CET", "")),
]


def test_the_api_server_takes_the_schedules_and_time_zones_that_an_entry_may_have(tenants: Sandbox) -> None:
    api = Api(tenants)
    ours = {time: _is_an_entrys(*time) for time in TIMES}
    theirs = {time: _is_taken(api, *time) for time in TIMES}
    assert ours == theirs
    assert set(ours.values()) == {True, False}


def _is_an_entrys(schedule: str, zone: str) -> bool:
    try:
        TypeAdapter(tuple[Schedule, TimeZone]).validate_python((schedule, zone))
    except ValidationError:
        return False
    return True


def _is_taken(api: Api, schedule: str, zone: str) -> bool:
    """Return whether the API server takes a job at these times, as a dry run."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "probe", "image": "registry.example/probe:1"}]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "probe"},
        "spec": {"schedule": schedule, "timeZone": zone, "jobTemplate": {"spec": {"template": {"spec": pod}}}},
    }
    try:
        api.post(PLACES["batch/v1:CronJob"].format(APP), job, dry_run=True)
    except ApiError as error:
        if error.status != 422:
            raise
        return False
    return True
