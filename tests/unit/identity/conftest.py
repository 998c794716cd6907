"""The identity layer's programs with two teams that own an app, and a cloud that holds what it declares.

The published list of Google's roles is no part of the repository: the tests against it run where it is at hand.
"""

from collections.abc import Iterator

import pytest

import example_tenant as example
import oracles
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from unit.identity.declared import program
from unit.identity.federated import fill
from unit.pulumi_mocks import Engine

collect_ignore_glob = oracles.tests_without(oracles.ROLES)


@pytest.fixture(scope="module")
def declared() -> Engine:
    """The programs with two teams that own an app, each built in a repository of its own."""
    builds = [{"repository": "example/billing", "repositoryId": "400500602", "branch": "release"}]
    billing = {"name": "billing", "group": "billing-team@example.com", "builds": builds}
    return program(further=[{"team": billing, "apps": {"invoices": {}}}])


@pytest.fixture(scope="module")
def cloud(declared: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with the pools, their providers, the accounts and their policies as the program declares them."""
    folder = tmp_path_factory.mktemp("cloud")
    seed.seed(folder, 6443, example.TENANT)
    made = Cloud(folder / "cloud.db")
    made.store.add_membership("group:billing-team@example.com", "user:billing-developer@example.com")
    fill(made, declared)
    yield made
    made.store.close()
