"""The settings that people may change, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

import example_tenant as example
from sandbox.cloud import faults, policies, settings
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.faults import Fault
from sandbox.cloud.store import PROPAGATION_SETTING
from toolchain.environments import CHECKOUT
from unit.sandbox.cloud.cases import REVIEWER, allows, bind

TOOLS = CHECKOUT / "tools"
FAULT = Fault("compute.networks.insert", "quota", (1,))


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox.cloud.settings", *arguments],
        cwd=TOOLS,
        env={"SANDBOX_DIR": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_propagation_time_counts_from_the_next_change_on(cloud: Cloud) -> None:
    settings.change(cloud.store, PROPAGATION_SETTING, "60")
    bind(cloud, "roles/viewer", "group:security-team@example.com")
    project = f"//cloudresourcemanager.googleapis.com/projects/{example.PROJECT}"
    assert not allows(cloud, REVIEWER, "resourcemanager.projects.get", project)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (PROPAGATION_SETTING, "soon", "not 'soon'; nothing was changed"),
        (PROPAGATION_SETTING, "-1", "0 or more"),
        (PROPAGATION_SETTING, "inf", "0 or more"),
        (PROPAGATION_SETTING, "", "0 or more"),
        (faults.SETTING, "[{}]", "The value of 'faults' is no list of faults"),
        (policies.WORKLOAD_POOL_SETTING, "elsewhere", "There is no project 'elsewhere'"),
        (
            "project.id",
            "elsewhere",
            "There is no setting 'project.id'; there are iam.propagationSeconds, serviceusage.propagationSeconds",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_changes_nothing(
    cloud: Cloud, name: str, value: str, message: str
) -> None:
    before = cloud.store.setting(name)
    with pytest.raises(ApiError, match=message):
        settings.change(cloud.store, name, value)
    assert cloud.store.setting(name) == before


def test_faults_that_are_set_anew_count_from_the_beginning(cloud: Cloud) -> None:
    for _ in range(2):
        settings.change(cloud.store, faults.SETTING, faults.describe([FAULT]))
        with pytest.raises(ApiError, match="Quota exceeded"):
            faults.deliver(cloud.store, FAULT.method, dict)


def test_without_the_pools_project_its_first_cluster_makes_the_pool(cloud: Cloud) -> None:
    settings.change(cloud.store, policies.WORKLOAD_POOL_SETTING, None)
    member = f"serviceAccount:{example.PROJECT}.svc.id.goog[storefront/storefront]"
    with pytest.raises(ApiError, match="Identity Pool does not exist"):
        bind(cloud, "roles/viewer", member)
    settings.change(cloud.store, policies.WORKLOAD_POOL_SETTING, example.PROJECT)
    bind(cloud, "roles/viewer", member)


@pytest.mark.usefixtures("cloud")
def test_the_command_sets_prints_and_unsets(tmp_path: Path) -> None:
    assert run(tmp_path, PROPAGATION_SETTING, "5").stdout.startswith("iam.propagationSeconds: 5\n")
    assert "iam.propagationSeconds: 5\n" in run(tmp_path).stdout
    assert "iam.propagationSeconds: (unset)\n" in run(tmp_path, PROPAGATION_SETTING, "--unset").stdout


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("arguments", [("no.such",), ("no.such", "1"), (PROPAGATION_SETTING, "x")])
def test_the_command_tells_an_error_in_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_without_a_sandbox_the_command_says_how_to_get_one(tmp_path: Path) -> None:
    done = run(tmp_path / "absent")
    assert done.returncode == 1
    assert "make up" in done.stderr
