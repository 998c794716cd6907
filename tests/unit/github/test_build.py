"""The workflow for repositories with an app's source: its claims, tried at the provider that admits builds."""

import pytest

from cli.checks import BUILD
from sandbox.cloud.api import Cloud
from unit.github.workflow_files import CHECKOUT, Json, events, load_file
from unit.identity.conftest import cloud, declared
from unit.identity.federated import reached
from unit.identity.test_builds import BUILDS, build
from unit.pulumi_mocks import stack_configuration

# The fixtures of the tests that try single claims.
__all__ = ["cloud", "declared"]


@pytest.fixture(scope="module")
def workflow() -> Json:
    """The file."""
    return load_file(CHECKOUT / BUILD)


def test_whoever_runs_the_apps_own_code_has_no_identity(workflow: Json) -> None:
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["build"]["permissions"] == {"contents": "read"}
    pushing = workflow["jobs"]["push"]
    assert pushing["permissions"] == {"id-token": "write"}
    assert not [step for step in pushing["steps"] if "checkout" in step.get("uses", "")]


def test_its_push_reaches_the_teams_account_on_every_event(workflow: Json, cloud: Cloud) -> None:
    started = events(workflow)
    assert [event for event, _ in started] == ["push", "workflow_dispatch"]
    for event, ref in started:
        assert reached(cloud, build(event, ref), BUILDS) == {"images-shop"}


def test_it_signs_in_where_the_committed_environments_let_it_in(workflow: Json) -> None:
    pushing = workflow["jobs"]["push"]
    [sign_in] = [step["with"] for step in pushing["steps"] if "auth@" in step.get("uses", "")]
    for row in pushing["strategy"]["matrix"]["include"]:
        settings = stack_configuration("identity", f"team-{pushing['env']['TEAM']}-{row['environment']}")
        foundation = stack_configuration("identity", f"foundation-{row['environment']}")
        assert (row["project"], row["number"]) == (settings["gcp:project"], foundation["identity:projectNumber"])
        assert pushing["env"]["REGION"] == settings["gcp:region"]
        assert settings["identity:team"]["builds"]
    pool = "locations/global/workloadIdentityPools/builds/providers/builds"
    assert sign_in["workload_identity_provider"] == f"projects/${{{{ matrix.number }}}}/{pool}"
    account = "images-${{ env.TEAM }}@${{ matrix.project }}.iam.gserviceaccount.com"
    assert sign_in["service_account"] == account
