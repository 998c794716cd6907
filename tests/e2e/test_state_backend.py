"""State in a bucket and secrets under a key: the real engine, Google's own clients, and what IAM lets them do.

What each command needs is read from the audit log, to the permission; the accounts hold that and no more.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import example_tenant as example
from e2e.harness import PROJECT, account, ended, kill_tree, until
from e2e.state_backends import BUCKET, DECRYPTS, ENCRYPTS, FOLDER, KEY, READS, WRITES, Backend, bind, furnish
from sandbox import programs
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.credentials import current_caller
from sandbox.cloud.unused import unused
from sandbox.google import control
from toolchain import engine
from toolchain.environments import CHECKOUT, python

PASSWORD = "correct-horse-battery-staple"
LOCKS = f"{FOLDER}/.pulumi/locks/"
# What `make history` does with one place.
HISTORY = """
import sys
from cli.history import backends, checkpoints, updates
found = updates.recorded(backends.bucket_at(sys.argv[1]), "platform", "prod", {})
for where, update in updates.read(found):
    told = update.model_copy(update={"changes": checkpoints.changes(where, refreshed=False)})
    print(told.model_dump_json())
"""


@pytest.fixture(scope="module")
def backend(e2e_folder: Path) -> Iterator[Backend]:
    """A stack in the bucket, up once."""
    folder = e2e_folder / "state"
    folder.mkdir()
    seed.seed(folder, 6443, example.TENANT)
    cloud = Cloud(folder / "cloud.db")
    furnish(cloud)
    cloud.store.close()
    with control.running(folder, programs.ensure_objects()) as endpoints:
        made = Backend(e2e_folder / "project", folder, endpoints, engine.ensure().path.resolve().parent)
        made.write()
        made.run("deploy", "stack", "init", "prod", "--secrets-provider", f"gcpkms://{KEY}").succeeded()
        made.run("deploy", "config", "set", "--secret", "password", PASSWORD).succeeded()
        made.run("deploy", "up", "--yes", "--skip-preview").succeeded()
        yield made


def test_the_state_is_in_the_teams_folder_and_the_secret_nowhere_in_plain_text(backend: Backend) -> None:
    assert f"{FOLDER}/.pulumi/stacks/platform/prod.json" in backend.objects("")
    assert [name for name in backend.objects("") if not name.startswith(f"{FOLDER}/.pulumi/")] == []
    assert PASSWORD not in backend.run("deploy", "stack", "export").succeeded().out
    kept = [file for file in (backend.sandbox / "objects").rglob("*") if file.is_file()]
    assert any(b"platform" in file.read_bytes() for file in kept)
    assert not any(PASSWORD.encode() in file.read_bytes() for file in [*kept, backend.settings])


def test_the_stacks_file_names_the_key_and_holds_what_only_the_key_opens(backend: Backend) -> None:
    settings = yaml.safe_load(backend.settings.read_text())
    assert settings["secretsprovider"] == f"gcpkms://{KEY}"
    assert "encryptionsalt" not in settings
    shown = backend.run("deploy", "stack", "output", "password", "--show-secrets").succeeded()
    assert shown.out.strip() == PASSWORD


def test_creating_a_stack_takes_both_uses_of_the_key_and_removing_it_none(backend: Backend) -> None:
    before = backend.mark()
    backend.run("deploy", "stack", "init", "other", "--secrets-provider", f"gcpkms://{KEY}").succeeded()
    assert backend.used("deploy", before) == WRITES | ENCRYPTS
    before = backend.mark()
    backend.run("deploy", "stack", "rm", "other", "--yes").succeeded()
    assert backend.used("deploy", before) == WRITES
    assert backend.objects("other.json") == [f"{FOLDER}/.pulumi/stacks/platform/other.json.bak"]


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        ("stack ls", READS),
        ("stack export", READS),
        ("preview --expect-no-changes", READS | DECRYPTS),
        ("preview --refresh", READS | DECRYPTS),
        ("stack output --show-secrets", READS | DECRYPTS),
        (f"config set --secret password {PASSWORD}", READS | DECRYPTS),
    ],
)
def test_whoever_looks_reads_and_decrypts_at_most(backend: Backend, command: str, needs: frozenset[str]) -> None:
    before = backend.mark()
    backend.run("preview", *command.split()).succeeded()
    assert backend.used("preview", before) == needs


@pytest.mark.parametrize("command", ["up", "refresh"])
def test_a_change_writes_and_never_encrypts_with_the_key_itself(backend: Backend, command: str) -> None:
    before = backend.mark()
    backend.run("deploy", command, "--yes", "--skip-preview").succeeded()
    assert backend.used("deploy", before) == WRITES | DECRYPTS


def test_a_new_data_key_takes_both_uses_of_the_key(backend: Backend) -> None:
    before = backend.mark()
    backend.run("deploy", "stack", "change-secrets-provider", f"gcpkms://{KEY}").succeeded()
    assert backend.used("deploy", before) == WRITES | ENCRYPTS


def test_nothing_of_both_roles_is_left_unused(backend: Backend) -> None:
    backend.run("preview", "preview").succeeded()
    backend.run("deploy", "up", "--yes", "--skip-preview").succeeded()
    with backend.cloud() as cloud:
        wide = [one for one in unused(cloud) if one.role.startswith("projects/") and one.permissions]
    assert wide == []


def test_the_history_is_told_with_what_a_preview_identity_may(backend: Backend) -> None:
    message = "A longer password (#7)\n\nRan-as: deploy@example.com"
    backend.run("deploy", "up", "--yes", "--skip-preview", "--message", message).succeeded()
    before = backend.mark()
    # Otherwise Google's library asks for the project that the credentials belong to, which it need not know here.
    known = {"PYTHONPATH": str(CHECKOUT / "tools"), "GOOGLE_CLOUD_PROJECT": example.PROJECT}
    env = {**backend.environment("preview", {}), **known}
    command = [str(python("tests")), "-c", HISTORY, f"gs://{BUCKET}/{FOLDER}"]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stderr
    updates = [json.loads(line) for line in told.stdout.splitlines()]
    assert [update["number"] for update in updates] == list(range(1, len(updates) + 1))
    last = updates[-1]
    assert (last["message"], last["pull_request"], last["identity"]) == (
        "A longer password (#7)",
        7,
        "deploy@example.com",
    )
    assert [change["operation"] for change in updates[0]["changes"]] == ["create"]
    assert PASSWORD not in told.stdout
    assert backend.used("preview", before) == READS


def test_a_preview_identity_cannot_update(backend: Backend) -> None:
    ran = backend.run("preview", "up", "--yes", "--skip-preview")
    assert ran.code != 0
    assert "storage.objects.create" in ran.text
    assert "preview@" in ran.text
    assert backend.objects(LOCKS) == []


def test_an_identity_of_one_folder_sees_no_other(backend: Backend) -> None:
    ran = backend.run("deploy", "stack", "ls", PULUMI_BACKEND_URL=f"gs://{BUCKET}/billing")
    assert ran.code != 0
    assert "403" in ran.text
    assert "storage.objects" in ran.text


def test_a_job_of_another_repository_gets_no_token(backend: Backend) -> None:
    ran = backend.run("deploy", "stack", "ls", claims={"repository_id": "1"})
    assert ran.code != 0
    assert "rejected by the attribute condition" in ran.text


def test_a_job_for_another_environment_cannot_act_as_the_account(backend: Backend) -> None:
    ran = backend.run("deploy", "stack", "ls", claims={"environment": "preview"})
    assert ran.code != 0
    assert "iam.serviceAccounts.getAccessToken" in ran.text


def test_a_person_previews_as_the_account_by_impersonation(backend: Backend) -> None:
    may = "roles/iam.serviceAccountTokenCreator"
    with backend.cloud() as cloud:
        bind(
            cloud,
            "iam.projects.serviceAccounts",
            f"{PROJECT}/serviceAccounts/{account('preview')}",
            may,
            example.OPERATOR,
        )
    person = json.loads(seed.write_credentials(backend.sandbox, example.OPERATOR).read_text())
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account('preview')}"
    path = backend.sandbox / "credentials" / "impersonation.json"
    content = {"type": "impersonated_service_account", "source_credentials": person}
    path.write_text(json.dumps({**content, "service_account_impersonation_url": f"{url}:generateAccessToken"}))
    backend.run("preview", "preview", GOOGLE_APPLICATION_CREDENTIALS=str(path)).succeeded()
    with backend.cloud() as cloud:
        last = cloud.store.calls()[-1]
        assert (last.principal, last.delegation) == (f"serviceAccount:{account('preview')}", [example.OPERATOR])
        # The sandbox's own provider plugin reads the same file.
        assert current_caller(cloud, {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}).member == last.principal


def test_a_second_update_is_refused_by_the_first_ones_lock(backend: Backend) -> None:
    hold = backend.folder / "hold"
    hold.touch()
    first = backend.start("deploy", "up", "--yes", "--skip-preview", HOLD=str(hold))
    until(lambda: bool(backend.objects(LOCKS)), first)
    second = backend.run("deploy", "up", "--yes", "--skip-preview")
    assert second.code != 0
    assert "the stack is currently locked by 1 lock(s)" in second.text
    hold.unlink()
    ended(first).succeeded()
    assert backend.objects(LOCKS) == []


def test_what_a_killed_update_leaves_locked_a_person_unlocks(backend: Backend) -> None:
    hold = backend.folder / "hold"
    hold.touch()
    killed = backend.start("deploy", "up", "--yes", "--skip-preview", HOLD=str(hold))
    until(lambda: bool(backend.objects(LOCKS)), killed)
    kill_tree(killed.pid)
    killed.wait()
    hold.unlink()
    assert "currently locked" in backend.run("deploy", "up", "--yes", "--skip-preview").text
    before = backend.mark()
    backend.run("deploy", "cancel", "--yes").succeeded()
    assert backend.used("deploy", before) == READS | {"storage.objects.delete"}
    backend.run("deploy", "up", "--yes", "--skip-preview").succeeded()
