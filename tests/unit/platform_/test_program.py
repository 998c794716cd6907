"""Declarations of the platform layer's three programs for the sandbox's stacks."""

from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.platform_.deployment import deploy, deploy_namespaces, deploy_storage
from unit.pulumi_mocks import Engine, run, stack_configuration

VERSION = "gcp:secretmanager/secretVersion:SecretVersion"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy()


@pytest.fixture(scope="module")
def namespaces() -> Engine:
    return deploy_namespaces()


@pytest.mark.parametrize(
    ("stack", "key", "value", "other"),
    [
        ("sandbox", "datastores", {"orders": {}}, "storage-<environment>"),
        ("sandbox", "namespaces", {"storefront": {"public": True}}, "namespaces-<team>-<environment>"),
        ("sandbox", "team", "shop", "namespaces-<team>-<environment>"),
        ("storage-sandbox", "network", {"nodes": "10.0.0.0/20"}, "<environment>"),
        ("namespaces-shop-sandbox", "gateway", {"domain": "example.com"}, "<environment>"),
        ("namespaces-shop-sandbox", "datastores", {"orders": {}}, "storage-<environment>"),
    ],
)
def test_a_key_of_another_stack_of_the_environment_is_refused_with_its_place(
    stack: str, key: str, value: Any, other: str
) -> None:
    configuration = stack_configuration("platform", stack) | {f"platform:{key}": value}

    with pytest.raises(pulumi.RunError, match=rf"platform:{key}: is a key of .*{other}\.yaml, .* Move it there"):
        run("platform", stack, configuration, Engine())


def test_the_empty_defaults_of_the_other_stacks_keys_are_no_finding() -> None:
    # As the engine merges them from Pulumi.yaml, which declares the keys of all stacks.
    assert stack_configuration("platform", "storage-sandbox")["platform:network"] == {}
    assert stack_configuration("platform", "storage-sandbox")["platform:team"] == ""
    assert deploy_storage().outputs["contract"]


def test_a_stack_that_is_not_named_like_its_team_is_refused() -> None:
    stack = "namespaces-shop-sandbox"
    configuration = stack_configuration("platform", stack) | {"platform:team": "billing"}

    with pytest.raises(pulumi.RunError, match="declares the team 'billing', but is not named like it"):
        run("platform", stack, configuration, Engine())


def test_a_team_is_required() -> None:
    stack = "namespaces-shop-sandbox"
    configuration = stack_configuration("platform", stack) | {"platform:team": ""}

    with pytest.raises(pulumi.RunError, match=r"platform:team: is not set\. Add it to Pulumi\.namespaces-shop"):
        run("platform", stack, configuration, Engine())


def kinds(engine: Engine) -> set[str]:
    """The services whose resources a program declares, and its components."""
    return {
        item.type if item.type.startswith("prodfirst:") else item.type.partition("/")[0] for item in engine.declared
    }


def test_no_program_declares_what_another_one_owns(engine: Engine, namespaces: Engine) -> None:
    assert not {"gcp:sql", "gcp:artifactregistry"} & kinds(engine)
    assert kinds(deploy_storage()) == {
        "gcp:sql",
        "gcp:secretmanager",
        "prodfirst:platform:Datastore",
        "prodfirst:platform:Publication",
    }
    assert kinds(namespaces) == {
        "gcp:artifactregistry",
        "gcp:secretmanager",
        "gcp:sql",
        "kubernetes:core",
        "kubernetes:networking.k8s.io",
        "kubernetes:rbac.authorization.k8s.io",
        "prodfirst:platform:Access",
        "prodfirst:platform:Logins",
        "prodfirst:platform:Namespace",
        "prodfirst:platform:Publication",
        "prodfirst:platform:Registry",
        "pulumi:providers:kubernetes",
    }
    assert {item.type for item in namespaces.declared if item.type.startswith("gcp:sql/")} == {"gcp:sql/user:User"}


def test_everything_of_a_team_is_in_its_own_namespaces_and_named_like_it(namespaces: Engine) -> None:
    for item in namespaces.declared:
        if item.type.startswith("kubernetes:"):
            metadata = item.inputs["metadata"]
            assert metadata.get("namespace", metadata["name"]) in ("storefront", "reports")
            assert item.type != "kubernetes:core/v1:Namespace" or metadata["labels"]["prodfirst/team"] == "shop"
    [version] = namespaces.of(VERSION).values()
    assert version.inputs["secret"] == "projects/prodfirst-sandbox/secrets/contract-namespaces-shop"


def test_network_cluster_and_datastores_do_not_grow_with_teams_and_apps(engine: Engine) -> None:
    named = {"storefront", "reports", "shop"}
    for declared in (engine, deploy_storage()):
        text = str([(item.name, item.inputs) for item in declared.declared])
        assert not {name for name in named if name in text}


def test_the_cluster_is_protected(engine: Engine) -> None:
    assert all(item.protect for item in engine.of("gcp:container/cluster:Cluster").values())


@pytest.mark.parametrize("contract", ["platform", "namespaces-shop"])
def test_the_contract_is_published_after_everything_else(engine: Engine, namespaces: Engine, contract: str) -> None:
    program = engine if contract == "platform" else namespaces
    version = program.of(VERSION)[f"contract-{contract}-version"]
    others = {
        item.name for item in program.declared if item.type.startswith(("gcp:", "kubernetes:")) and item.type != VERSION
    }
    assert others <= version.dependencies


def test_a_team_without_a_database_does_not_wait_for_the_datastores() -> None:
    team = contract_documents.team()
    team["apps"]["storefront"]["databases"] = []
    contracts: dict[str, Any] = {"contract-team-shop": team, "contract-platform": contract_documents.platform()}
    engine = Engine(contracts, {"contract-storage": "Error 404"})

    run("platform", "namespaces-shop-sandbox", stack_configuration("platform", "namespaces-shop-sandbox"), engine)

    assert not engine.of("gcp:sql/user:User")


def test_the_cluster_of_a_teams_stack_is_the_one_of_the_platforms(engine: Engine, namespaces: Engine) -> None:
    provider = "pulumi:providers:kubernetes"
    [theirs], [ours] = engine.of(provider).values(), namespaces.of(provider).values()
    assert ours.inputs == theirs.inputs
