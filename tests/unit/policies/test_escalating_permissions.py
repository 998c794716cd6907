"""One list of escalating permissions: the pack refuses each, and the audit and access follow each with a step."""

import pytest

from iam.escalation import ACT_AS, PERMISSIONS, Step, danger, leading
from iam.impersonation import Graph
from unit.policies.access_worlds import ACCOUNT, PROJECT, ROBOT, WORKLOAD, World
from unit.policies.layers_world import layers

BYSTANDER = "account bystander"
EVE = "user:eve@example.com"
AGENT = "serviceAccount:100200300400@cloudservices.gserviceaccount.com"
LEADING = [(step, permission) for step in Step for permission in sorted(leading(step))]


def held_with(step: Step, permission: str) -> list[str]:
    """The permission, with what it needs beside it."""
    return [permission, ACT_AS] if step is Step.ATTACH else [permission]


@pytest.mark.parametrize(("step", "permission"), LEADING)
def test_the_audit_follows_every_permission_that_leads_to_an_account(step: Step, permission: str) -> None:
    made = layers()
    if step is Step.FEDERATION:
        made.add(
            "gcp:serviceaccount/iAMMember:IAMMember",
            "job",
            role="roles/iam.workloadIdentityUser",
            member="principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/attribute.a/b",
            serviceAccountId="projects/acme-dev/serviceAccounts/data-admin@acme-dev.iam.gserviceaccount.com",
        )
    made.holds(BYSTANDER, *held_with(step, permission))
    reached = {to for who, to in made.ways() if who == BYSTANDER}
    expected = {Step.WORKLOAD: "account app-shop", Step.AGENT: "everything"}.get(step, "account data-admin")
    assert expected in reached


@pytest.mark.parametrize(("step", "permission"), LEADING)
def test_access_follows_every_permission_that_leads_to_an_account(step: Step, permission: str) -> None:
    world = World()
    world.grant(EVE, world.role("planted", *held_with(step, permission)))
    if step is Step.FEDERATION:
        job = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/attribute.a/b"
        world.grant(job, "roles/iam.workloadIdentityUser", ACCOUNT)
    if step is Step.AGENT:
        world.grant(AGENT, "roles/editor", PROJECT)
    cluster = {"name": "main", "location": "europe-west4"}
    if step is Step.WORKLOAD:
        world.add("gcp:container/cluster:Cluster", "main", **cluster, project=PROJECT.rpartition("/")[2])
        world.grant(WORKLOAD, "roles/iam.workloadIdentityUser", ACCOUNT)
    graph = Graph(world.access({"roles/iam.workloadIdentityUser": []}))
    found = {(edge.source, edge.destination) for edge in graph.edges()}
    expected = {Step.WORKLOAD: WORKLOAD, Step.AGENT: AGENT}.get(step, ROBOT)
    assert (EVE, expected) in found


@pytest.mark.parametrize("permission", [name for entry in PERMISSIONS for name in entry.names])
def test_the_pack_names_the_danger_of_every_permission(permission: str) -> None:
    assert danger(permission.replace("*", "anything"))


@pytest.mark.parametrize("permission", ["cloudsql.instances.get", "iam.serviceAccounts.list", "run.services.get"])
def test_a_permission_to_look_is_harmless(permission: str) -> None:
    assert danger(permission) == ""
