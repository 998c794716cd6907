"""Whatever an entry can ask for is accepted by the real API server, from the team's own identity, with its rights.

As a dry run, which passes validation, admission and quota as the object itself would. Routes of public apps are left
out: the sandbox's cluster does not serve their kinds.
"""

from typing import Any, cast

import pytest

from e2e.harness import NAMESPACES, Sandbox
from e2e.tenants import IDENTITIES, SHOP, Api
from unit.apps.deployment import deploy
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


@pytest.mark.parametrize("kind", COMPLETE)
def test_everything_that_an_entry_can_ask_for_is_accepted(tenants: Sandbox, kind: str) -> None:
    platform = tenants.outputs(NAMESPACES)["contract"]
    databases = platform["apps"][SHOP]["databases"]
    platform["apps"][APP] |= {"secrets": [f"app-{APP}-smtp"], "databases": databases}
    platform["destinations"] = {"mail": {"ranges": ["203.0.113.7/32"], "ports": [587]}}
    team = Api(tenants, IDENTITIES["apps-shop-deploy"])

    engine = deploy(COMPLETE[kind], platform, stack=f"{APP}-sandbox")
    declared = [item for item in engine.declared if item.type.startswith("kubernetes:")]
    for item in declared:
        place = PLACES[item.type.removeprefix("kubernetes:")].format(APP)
        accepted = team.apply(f"{place}/{item.inputs['metadata']['name']}", whole(item.inputs))
        assert accepted["metadata"]["namespace"] == APP

    assert len(declared) >= 4
