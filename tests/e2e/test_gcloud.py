"""The `gcloud` of the machine works on the sandbox as on Google Cloud: everyday commands of its person."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import example_tenant as example
from sandbox import programs
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.google import control
from sandbox.google.address import Endpoints
from unit.sandbox.google.calls import SERVICES
from unit.sandbox.google.clients import ADMIN, PROJECT

GCLOUD = shutil.which("gcloud")
STRANGER = "user:nobody@example.com"
# Commands that depend on each other, in their order; chains are independent. Each text of the second part is
# expected in the output of the chain.
CHAINS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "secrets": (
        (
            "secrets create token --replication-policy=automatic --labels=app=shop",
            "secrets versions add token --data-file={file}",
            "secrets versions access latest --secret=token",
            "secrets update token --update-labels=team=shop",
            "secrets add-iam-policy-binding token --member={member} --role=roles/secretmanager.viewer",
            "secrets describe token",
        ),
        ("hello", "team: shop", "roles/secretmanager.viewer"),
    ),
    "accounts": (
        (
            "iam service-accounts create robot-1 --display-name=Robot",
            "iam roles create reader --project={project} --permissions=storage.objects.get --title=Reader",
            "iam roles delete reader --project={project}",
            "iam roles undelete reader --project={project}",
            "projects add-iam-policy-binding {project} --member={member} --role=roles/viewer",
            "projects list",
            "services enable run.googleapis.com",
        ),
        ("robot-1", "Reader", "roles/viewer", example.PROJECT),
    ),
    "network": (
        (
            "compute networks create shop --subnet-mode=custom",
            "compute networks subnets create shop --network=shop --range=10.0.0.0/20 --region={region}",
            "compute networks subnets list",
            "compute firewall-rules create deny --network=shop --action=DENY --rules=all --direction=INGRESS",
            "container clusters create-auto shop --region={region} --network=shop --subnetwork=shop",
            "container clusters list",
            "container clusters update shop --region={region} --release-channel=stable",
            "container clusters get-credentials shop --region={region}",
        ),
        ("10.0.0.0/20", "RUNNING"),
    ),
    "data": (
        (
            "storage buckets create gs://shop-by-gcloud --location=EU --uniform-bucket-level-access",
            "storage cp {file} gs://shop-by-gcloud/greeting",
            "storage cat gs://shop-by-gcloud/greeting",
            "storage rm gs://shop-by-gcloud/greeting",
            "sql instances create shop --database-version=POSTGRES_15 --tier=db-f1-micro --region={region}",
            "sql users list --instance=shop",
            "sql instances patch shop --availability-type=REGIONAL",
            "sql instances describe shop",
        ),
        ("hello", "availabilityType: REGIONAL"),
    ),
}

pytestmark = pytest.mark.skipif(GCLOUD is None, reason="no gcloud on this machine: its commands were not tried")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox with all APIs on, and the credentials of its administrator and of another person."""
    made = tmp_path_factory.mktemp("sandbox")
    seed.seed(made, 6443, example.TENANT)
    (made / "greeting").write_text("hello")
    for person in (ADMIN.member, STRANGER):
        seed.write_credentials(made, person)
    cloud = Cloud(made / "cloud.db")
    for service in ("compute", *SERVICES):
        cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
    cloud.store.close()
    return made


@pytest.fixture(scope="module")
def endpoints(folder: Path) -> Iterator[Endpoints]:
    """The sandbox's endpoints."""
    with control.running(folder, programs.ensure_objects()) as running:
        yield running


def gcloud(folder: Path, endpoints: Endpoints, member: str, command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as a member, with a configuration of its own."""
    person = Caller(member).email.partition("@")[0]
    known = {"project": example.PROJECT, "region": example.REGION, "file": folder / "greeting"}
    text = command.format(**known, member="group:security-team@example.com")
    environment = {
        **os.environ,
        **endpoints.environment(),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": example.PROJECT,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE": str(folder / "credentials" / f"{person}.json"),
        "KUBECONFIG": str(folder / "kubeconfig"),
    }
    return subprocess.run(
        [str(GCLOUD), *text.split()], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_everyday_commands_work(folder: Path, endpoints: Endpoints) -> None:
    def run(name: str) -> list[str]:
        commands, expected = CHAINS[name]
        output, problems = "", list[str]()
        for command in commands:
            ran = gcloud(folder, endpoints, ADMIN.member, command)
            output += ran.stdout + ran.stderr
            if ran.returncode:
                problems.append(f"{command}: {ran.stderr[-500:]}")
        return problems or [f"{name}: {text!r} is not in {output}" for text in expected if text not in output]

    with ThreadPoolExecutor(len(CHAINS)) as pool:
        assert [problem for problems in pool.map(run, CHAINS) for problem in problems] == []


def test_a_stranger_is_refused(folder: Path, endpoints: Endpoints) -> None:
    for command in ("secrets create other --replication-policy=automatic", "sql instances list"):
        ran = gcloud(folder, endpoints, STRANGER, command)
        assert (ran.returncode, "denied" in ran.stderr.lower()) == (1, True), ran.stderr
