"""A team's repository of images: its own, and written by its own builds alone."""

import pytest

from unit import contract_documents
from unit.platform_.deployment import deploy_namespaces
from unit.pulumi_mocks import PROJECT, Declared, Engine

REPOSITORY = "gcp:artifactregistry/repository:Repository"
MEMBER = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy_namespaces()


@pytest.fixture(scope="module")
def repository(engine: Engine) -> Declared:
    assert set(engine.of(REPOSITORY)) == {"images-shop"}
    return engine.of(REPOSITORY)["images-shop"]


def test_it_keeps_tags_and_scans_and_belongs_to_one_team(repository: Declared) -> None:
    assert repository.inputs["repositoryId"] == "shop"
    assert repository.inputs["dockerConfig"] == {"immutableTags": True}
    assert repository.inputs["vulnerabilityScanningConfig"] == {"enablementConfig": "INHERITED"}
    assert repository.inputs["cleanupPolicyDryRun"] is False
    deleting = [rule for rule in repository.inputs["cleanupPolicies"] if rule["action"] == "DELETE"]
    assert [rule["condition"]["tagState"] for rule in deleting] == ["UNTAGGED"]


def test_it_cannot_be_deleted_by_mistake(repository: Declared) -> None:
    assert repository.protect


def test_only_the_teams_builds_push(engine: Engine) -> None:
    [member] = engine.of(MEMBER).values()
    assert member.inputs["repository"] == "shop"
    assert member.inputs["role"] == "roles/artifactregistry.writer"
    assert member.inputs["member"] == f"serviceAccount:images-shop@{PROJECT}.iam.gserviceaccount.com"


def test_while_nothing_builds_nobody_pushes() -> None:
    team = contract_documents.team()
    team["team"]["images"] = None
    engine = deploy_namespaces(team=team)
    assert (len(engine.of(REPOSITORY)), len(engine.of(MEMBER))) == (1, 0)
