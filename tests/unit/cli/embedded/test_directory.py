import json
import os
from pathlib import Path

import pytest

import example_tenant as example
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import ADMINISTRATOR, administrator_environment, runs_as, sandbox_environment
from cli.embedded.plugins import OWN
from cli.environment import cloud_environment, stripped
from cli.layout import Stack, foundation
from sandbox.cloud import seed
from toolchain import pins
from toolchain.errors import ToolError

FOUNDATION, IDENTITY = foundation("sandbox"), Stack("identity", "sandbox")
STOREFRONT = Stack("apps", "sandbox", "storefront")


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxDirectory:
    """A prepared sandbox without servers."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("pulumi", "pulumi-language-python", "controlplane"):
        (programs / name).touch(0o755)
    made = SandboxDirectory(tmp_path / "sandbox")
    with made.locked("a test"):
        made.prepare(programs / "pulumi", OWN)
        made.link_kubectl(programs / "controlplane")
    seed.seed(made.path, 6443, example.TENANT)
    return made


def test_a_prepared_sandbox_has_programs_and_version_matched_plugins(sandbox: SandboxDirectory) -> None:
    assert {path.name for path in sandbox.bin.iterdir()} == {
        "pulumi",
        "pulumi-language-python",
        "kubectl",
        "gke-gcloud-auth-plugin",
    }
    for name, version in pins.PLUGINS.items():
        plugin = sandbox.pulumi_home / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
        assert os.access(plugin, os.X_OK)


def test_a_passphrase_is_not_readable_by_others(sandbox: SandboxDirectory) -> None:
    file = sandbox.passphrase("platform")

    assert file.read_text() == "sandbox-platform"
    assert file.stat().st_mode & 0o077 == 0


def test_preparing_again_changes_nothing(sandbox: SandboxDirectory, tmp_path: Path) -> None:
    def times() -> dict[Path, int]:
        return {path: path.lstat().st_mtime_ns for path in sandbox.path.rglob("*") if not path.is_dir()}

    before = times()
    sandbox.prepare(tmp_path / "programs" / "pulumi", OWN)
    sandbox.link_kubectl(tmp_path / "programs" / "controlplane")

    assert times() == before


def test_a_folder_that_is_no_sandbox_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    foreign = SandboxDirectory(tmp_path)

    with pytest.raises(ToolError, match="not empty and not a sandbox"), foreign.locked("a test"):
        pytest.fail("held")
    with pytest.raises(ToolError, match="not empty and not a sandbox"):
        foreign.discard()
    assert (tmp_path / "precious").exists()


def test_discarding_removes_the_folder_and_what_an_interrupted_discard_left(sandbox: SandboxDirectory) -> None:
    left = sandbox.path.with_name(f"{sandbox.path.name}.discarded-1")
    left.mkdir()

    with sandbox.locked("a test"):
        sandbox.discard()

    assert not sandbox.path.exists()
    assert not left.exists()


def test_nothing_of_the_persons_clouds_and_clusters_reaches_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    ambient = {
        "PULUMI_ACCESS_TOKEN": "t",
        "GOOGLE_CREDENTIALS": "c",
        "CLOUDSDK_CORE_PROJECT": "p",
        "GCP_PROJECT": "p",
        "KUBECONFIG": "k",
        "PYTHONPATH": "x",
        "SSL_CERT_DIR": "d",
    }
    for name, value in ambient.items():
        monkeypatch.setenv(name, value)

    assert ambient.keys().isdisjoint(stripped())


def test_a_deployment_of_the_foundation_is_the_administrators_own(sandbox: SandboxDirectory) -> None:
    env = sandbox_environment(sandbox, FOUNDATION, "deploy")

    assert "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT" not in env
    assert env["GOOGLE_APPLICATION_CREDENTIALS"] == str(seed.write_credentials(sandbox.path, seed.ADMIN))


def test_every_other_run_signs_in_as_a_job_that_leads_to_the_stacks_account(sandbox: SandboxDirectory) -> None:
    env = sandbox_environment(sandbox, STOREFRONT, "preview")

    credentials = json.loads(Path(env["GOOGLE_APPLICATION_CREDENTIALS"]).read_text())
    account = f"apps-shop-preview@{example.PROJECT}.iam.gserviceaccount.com"
    assert credentials["type"] == "external_account"
    assert credentials["service_account_impersonation_url"].endswith(f"/{account}:generateAccessToken")
    assert "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT" not in env


def test_the_foundation_is_the_administrators_but_for_previews_once_its_contract_is_out(
    sandbox: SandboxDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runs_as(sandbox, FOUNDATION, "deploy") == runs_as(sandbox, FOUNDATION, "preview") == ADMINISTRATOR
    for stack in (IDENTITY, STOREFRONT):
        assert runs_as(sandbox, stack, "deploy") == stack.account("deploy")
        assert runs_as(sandbox, stack, "preview") == stack.account("preview")

    def found(directory: Path, secret: str) -> bool:
        return (directory, secret) == (sandbox.path, "contract-foundation")

    monkeypatch.setattr(seed, "has_contract", found)

    assert runs_as(sandbox, FOUNDATION, "deploy") == ADMINISTRATOR
    assert runs_as(sandbox, FOUNDATION, "preview") == IDENTITY.account("preview")


def test_what_only_an_administrator_may_runs_with_their_own_credentials(sandbox: SandboxDirectory) -> None:
    env = administrator_environment(sandbox, IDENTITY)

    assert json.loads(Path(env["GOOGLE_APPLICATION_CREDENTIALS"]).read_text())["account"] == ADMINISTRATOR
    assert env["PULUMI_BACKEND_URL"] == sandbox_environment(sandbox, IDENTITY, "deploy")["PULUMI_BACKEND_URL"]


def test_each_layer_has_its_own_backend_and_passphrase(sandbox: SandboxDirectory) -> None:
    first, second = (sandbox_environment(sandbox, stack, "deploy") for stack in (IDENTITY, STOREFRONT))

    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        assert first[name] != second[name]
    assert first["PULUMI_HOME"] == second["PULUMI_HOME"] == str(sandbox.path / "pulumi")


def test_outside_of_the_sandbox_the_persons_own_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "gs://theirs")

    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "somebody else's")

    env = cloud_environment(IDENTITY)

    assert env["PULUMI_BACKEND_URL"] == "gs://theirs"
    assert "GOOGLE_OAUTH_ACCESS_TOKEN" not in env
    assert "SANDBOX_DIR" not in env
