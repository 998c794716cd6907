"""The environment of whoever runs the tests: no test reads it, and none leaves anything in it.

It names a person's cloud, stacks, cluster and sandbox, or a real job of a workflow: the files with its summary and
outputs, the place of its token, its report of the tests. A suite's `conftest.py` imports both names below, so that it
is gone before a test module is imported, from this process and from all that tests start.

`CI` stays: pytest shows whole differences where it is set.
"""

import os
from collections.abc import Iterator, Mapping

import pytest

_PREFIXES = (
    *("PULUMI_", "GOOGLE_", "GCP_", "GCLOUD_", "CLOUDSDK_", "KUBE"),
    *("GITHUB_", "GH_", "ACTIONS_", "RUNNER_"),
    *("SANDBOX_API_PORT", "SANDBOX_DIR", "SANDBOX_FAULTS", "SANDBOX_PERMISSIVE"),
    # The run that was started with it has read it; one that a test starts would write to the same report.
    "PYTEST_ADDOPTS",
)
# Where the published data is that tests compare with.
_INPUTS = ("GCP_METHODS_ORACLE", "GCP_ROLES_ORACLE", "GCP_SCHEMA_ORACLE")
_PYTESTS_OWN = "PYTEST_CURRENT_TEST"


def names(environment: Mapping[str, str]) -> list[str]:
    """The variables of an environment that no test may see."""
    return [name for name in environment if name.startswith(_PREFIXES) and name not in _INPUTS]


def pytest_configure() -> None:
    """Drop them, once for the whole run."""
    for name in names(os.environ):
        del os.environ[name]


@pytest.fixture(autouse=True)
def environment_of_its_own() -> Iterator[None]:
    """A test's changes to the environment end with it."""
    before = dict(os.environ)
    yield
    # Nothing else is set anew: threads of servers read the environment meanwhile.
    for name in {*before, *os.environ} - {_PYTESTS_OWN}:
        if name not in before:
            del os.environ[name]
        elif os.environ.get(name) != before[name]:
            os.environ[name] = before[name]
