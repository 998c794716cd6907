"""A proposal's comment says how the declared rights inside of databases change, from files alone."""

import json

import pytest
import yaml

from unit.github.conftest import ENVIRONMENTS
from unit.github.origin import Ended, Origin, pull_request
from unit.github.workflow_runs import Run


def test_changed_rights_inside_of_databases_are_told_from_files_alone(origin: Origin) -> None:
    name = f"identity/Pulumi.team-shop-{ENVIRONMENTS[0]}.yaml"
    team = yaml.safe_load((origin.folder / name).read_text())
    team["config"]["identity:apps"]["storefront"]["databases"] = []
    team["config"]["identity:apps"]["reports"]["databases"] = ["orders"]
    origin.commit({name: yaml.safe_dump(team)}, "change")
    run = Run(origin, "preview", pull_request(origin, "change", 7))

    changes = run.job("changes")

    assert changes.result == "success", changes.log
    rights = "CONNECT, CREATE, TEMPORARY"
    begin = f"{ENVIRONMENTS[0]}, instance orders, database orders: app"
    assert json.loads(changes.outputs["rights"]) == [
        f"- {begin}-storefront@prodfirst-sandbox.iam {rights}",
        f"+ {begin}-reports@prodfirst-sandbox.iam {rights}",
    ]

    run.jobs |= {"preview": Ended("success"), **{f"preview-{level}": Ended("skipped") for level in range(2, 6)}}
    run.job("comment")
    [written] = origin.github.comments_of(7)
    assert "**rights inside of databases, which administrators then set with make databases**" in written["body"]
    assert "this takes trial, instance orders" in written["body"]


@pytest.mark.parametrize(
    ("broken", "repaired", "whose"), [("main", "change", "base branch"), ("change", "main", "proposal")]
)
def test_rights_that_cannot_be_read_are_not_known(origin: Origin, broken: str, repaired: str, whose: str) -> None:
    name = f"platform/Pulumi.storage-{ENVIRONMENTS[0]}.yaml"
    whole = (origin.folder / name).read_text()
    stack = yaml.safe_load(whole)
    stack["config"]["platform:datastores"] = "nothing that fits"
    content = {broken: yaml.safe_dump(stack), repaired: f"{whole}# whole\n"}
    for branch in ("main", "change"):
        origin.commit({name: content[branch]}, branch)

    changes = Run(origin, "preview", pull_request(origin, "change", 7)).job("changes")

    assert changes.result == "success", changes.log
    assert json.loads(changes.outputs["rights"]) == [f"not known: a stack file of the {whose} cannot be read"]
