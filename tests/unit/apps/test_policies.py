"""Everything that a team may declare passes the policy pack: each kind of app with every key, and public."""

import pytest
import yaml

from apps_layer.kit import scalars
from pack import programs
from policy_pack import catalog, quantities
from policy_pack.rule import Resource, Stack, findings, violations
from policy_pack.waivers import Waivers, today
from unit.apps.deployment import deploy, open_platform
from unit.apps.test_entry import COMPLETE, CRON
from unit.pulumi_mocks import Document

STACK = "storefront-sandbox"


def platform() -> Document:
    contract = open_platform()
    contract["apps"]["storefront"]["secrets"] = ["app-storefront-smtp"]
    return contract


@pytest.fixture(params=COMPLETE)
def declared(request: pytest.FixtureRequest) -> list[Resource]:
    public = request.param == "webService"
    engine = deploy(COMPLETE[request.param], platform(), stack=STACK, public=public)
    return list(programs.as_resources("apps", STACK, engine))


def test_what_a_component_declares_breaks_no_rule(declared: list[Resource]) -> None:
    assert len(declared) > 5
    refusals = [
        f"{resource.name}: {message}"
        for resource in declared
        for rule in catalog.RULES
        if rule.concerns(resource.type)
        for message in violations(rule, resource)
    ]
    assert refusals == []


def test_every_container_is_looked_at_by_the_rules(declared: list[Resource]) -> None:
    """The rules would speak up: without its limits the same pod breaks them."""
    [workload] = [one for one in declared if one.type.endswith(("v1:Deployment", "v1:CronJob", "v1:Job"))]
    template = workload.inputs["spec"].get("jobTemplate", workload.inputs)["spec"]["template"]["spec"]
    template["containers"][0]["resources"] = {}
    [rule] = [rule for rule in catalog.RULES if rule.name == "workload-resources-bounded"]
    assert len(list(violations(rule, workload))) == 3


def test_the_stack_as_a_whole_breaks_no_rule() -> None:
    whole = Stack(programs.as_members("apps", STACK, deploy(stack=STACK)), Waivers([], today()))
    assert [finding.message for rule in catalog.STACK_RULES for finding in findings(rule, whole)] == []


def test_a_quantity_of_an_entry_is_declared_as_the_cluster_keeps_it() -> None:
    resources = {"cpu": "1000m", "memory": "1024Mi", "ephemeralStorage": "1024Mi"}
    entry = yaml.safe_dump({**yaml.safe_load(CRON), "resources": resources})
    declared = programs.as_resources("apps", STACK, deploy(entry, platform(), stack=STACK))
    [job] = [resource for resource in declared if resource.type == "kubernetes:batch/v1:CronJob"]
    [container] = job.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["requests"] == {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"}


@pytest.mark.parametrize(
    "given", ["0", "1", "250m", "1000m", "2000000m", "1000", "52Mi", "1024Mi", "1048576Ki", "3072Mi", "1536Mi", "2Ti"]
)
def test_the_layers_and_the_policies_write_a_quantity_alike(given: str) -> None:
    assert scalars.canonical(given) == quantities.canonical(given)
