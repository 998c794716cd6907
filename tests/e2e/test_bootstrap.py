"""`make bootstrap` on the real engine and Google's own clients: an empty project, a state that moves, every stop.

One first run is ended at one step after the other, each run going on from the one before, until nothing is left to do.
"""

import json
import os
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import example_tenant as example
from e2e import one_identity_stack, workflow_trial
from e2e.first_runs import BUCKET, FILES, FOUNDATION, SECRET, STACK, TEAM, FirstRun, first_run
from e2e.harness import Ran, Sandbox, account, is_write
from e2e.person import Person
from e2e.sandboxes import made
from sandbox.cloud import directory, names, settings
from sandbox.cloud.services import cloudbilling, iam, serviceusage
from unit.github.origin import Origin

STATE = f".pulumi/stacks/identity/{FOUNDATION}.json"
SWEEP = pytest.mark.sweep


@pytest.fixture(scope="module")
def trial(e2e_folder: Path, person: Person) -> Iterator[FirstRun]:
    """An empty project."""
    folder = Path(tempfile.mkdtemp(prefix="first-", dir=e2e_folder))
    with made(Sandbox(folder / "sandbox", person)) as sandbox, first_run(folder, sandbox) as run:
        yield run


def test_it_shows_what_it_would_do_and_does_nothing_unasked(trial: FirstRun) -> None:
    mark = trial.sandbox.mark()

    shown = trial.start("bootstrap", "--stack", STACK).ended()

    shown.refused(2, "there is no terminal to ask on", "YES=yes")
    for text in ("prodfirst-sandbox (100200300400)", "admin@sandbox.invalid", f"gs://{BUCKET}", "apps/storefront"):
        assert text in shown.out
    assert trial.written(mark) == []
    assert not (trial.local / "state").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            example.PROJECT, "another-project", ["the project another-project", "has no access"], id="project"
        ),
        pytest.param(example.PROJECT_NUMBER, "100200300401", ["has the number 100200300400"], id="number"),
    ],
)
def test_a_stack_file_of_another_project_is_told(trial: FirstRun, old: str, new: str, said: list[str]) -> None:
    file = trial.checkout / FILES[0]
    content = file.read_text()
    mark = trial.sandbox.mark()
    file.write_text(content.replace(old, new))
    try:
        trial.bootstrap().refused(1, *said)
    finally:
        file.write_text(content)
    assert trial.written(mark) == []


def test_no_login_is_told(trial: FirstRun) -> None:
    nobody = {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json"}

    trial.bootstrap(**nobody).refused(1, "there is no usable Google login", "gcloud auth application-default login")


def test_somebody_without_rights_is_told_and_nothing_is_enabled(trial: FirstRun) -> None:
    stranger = trial.environment("user:shop-developer@example.com")["GOOGLE_APPLICATION_CREDENTIALS"]
    mark = trial.sandbox.mark()

    trial.bootstrap(GOOGLE_APPLICATION_CREDENTIALS=stranger).refused(1, "shop-developer@example.com has no access")

    assert [call for call in trial.sandbox.calls(mark) if is_write(call) and call.status == "OK"] == []


def test_a_project_that_nobody_pays_for_is_told_before_anything_is_made(trial: FirstRun) -> None:
    with trial.sandbox.cloud() as cloud:
        settings.change(cloud.store, cloudbilling.SETTING, "false")
    mark = trial.sandbox.mark()
    try:
        trial.bootstrap().refused(1, "has no open billing account", "gcloud billing projects link")
    finally:
        with trial.sandbox.cloud() as cloud:
            settings.change(cloud.store, cloudbilling.SETTING, None)
    assert set(trial.written(mark)) == {"serviceusage.services.enable"}


def test_what_is_missing_is_told_at_once_on_a_project_that_an_api_made(trial: FirstRun) -> None:
    missing = {
        serviceusage.SETTING: "false",
        directory.MISSING_SETTING: "gke-security-groups@example.com,security-team@example.com",
        iam.QUOTA_SETTING: "9",
    }
    with trial.sandbox.cloud() as cloud:
        for name, value in missing.items():
            settings.change(cloud.store, name, value)
    mark = trial.sandbox.mark()
    try:
        trial.bootstrap().refused(
            1,
            "the group gke-security-groups@example.com (login to the cluster",
            "the group security-team@example.com (identity:owners.identity) does not exist: `gcloud identity groups ",
            "the project's quota is 9: request more",
        )
    finally:
        with trial.sandbox.cloud() as cloud:
            for name in missing:
                settings.change(cloud.store, name, None)
    assert set(trial.written(mark)) == {"serviceusage.services.enable"}


def _called(method: str) -> Callable[[FirstRun], bool]:
    """Return whether an API method has succeeded."""
    return lambda run: any(call.method == method and call.status == "OK" for call in run.sandbox.calls())


def _stack_in_bucket(run: FirstRun) -> bool:
    return STATE in run.objects()


@pytest.mark.parametrize(
    ("has_come", "late"),
    [
        pytest.param(
            _called("iam.projects.serviceAccounts.create"), "iam.projects.serviceAccounts.get", id="account-made"
        ),
        pytest.param(_called("storage.buckets.insert"), "storage.buckets.get", id="bucket-made", marks=SWEEP),
        pytest.param(_stack_in_bucket, "", id="state-half-moved"),
    ],
)
def test_it_is_killed_in_the_middle_of_a_deed(trial: FirstRun, has_come: Callable[[FirstRun], bool], late: str) -> None:
    faults = [{"method": late, "kind": "latency", "seconds": 60}] if late else []
    running = trial.start("bootstrap", "--stack", STACK, "--yes", "yes", SANDBOX_FAULTS=json.dumps(faults))
    running.until(lambda: has_come(trial))

    assert running.kill().code == -signal.SIGKILL


@pytest.mark.parametrize(
    "said",
    [
        *(pytest.param(said, marks=SWEEP) for said in ("comparing the moved state", "the local state is removed")),
        "apps/storefront: making",
    ],
)
def test_it_is_killed_when_it_says_what_it_does(trial: FirstRun, said: str) -> None:
    running = trial.start("bootstrap", "--stack", STACK, "--yes", "yes")
    running.until_it_says(said)

    assert running.kill().code == -signal.SIGKILL


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(trial: FirstRun) -> None:
    running = trial.start("bootstrap", "--stack", STACK, "--yes", "yes")
    running.until_it_says("identity/foundation: preview")
    os.killpg(running.process.pid, signal.SIGINT)  # as a terminal does
    ended = running.ended()

    assert ended.code == 130, ended.text
    assert f"`make bootstrap STACK={STACK}` goes on from there" in ended.err
    assert "Traceback" not in ended.text


@pytest.fixture(scope="module")
def done(trial: FirstRun) -> FirstRun:
    """The first run at its end."""
    ran = trial.bootstrap().succeeded()
    assert "Commit the stack files" in ran.out
    return trial


def test_in_the_end_there_is_one_state_and_it_is_in_the_bucket(done: FirstRun) -> None:
    assert not done.local.exists()
    assert STATE in done.objects()
    assert [name for name in done.objects() if "/locks/" in name] == []
    for file in FILES:
        named = yaml.safe_load((done.checkout / file).read_text())
        part = file.partition("/Pulumi.")[2].partition("-")[0]
        parts = ("foundation", "team", "storage", "namespaces")
        store = part if part in parts else file.partition("/")[0]
        assert named["secretsprovider"].endswith(f"/keyRings/state/cryptoKeys/{store}"), file
        assert "encryptionsalt" not in named


def test_nothing_was_made_twice(done: FirstRun) -> None:
    creations = ("create", "insert")
    made = Counter(
        (call.method, call.resource)
        for call in done.sandbox.calls()
        if call.method.rpartition(".")[2] in creations
        and call.status == "OK"
        and ".objects." not in call.method
        and not call.resource.endswith("/-")  # the cloud chooses the name
    )

    assert len(made) > 50
    assert [creation for creation, times in made.items() if times > 1] == []


def test_a_secret_moved_with_the_state_and_is_nowhere_in_plain_text(done: FirstRun) -> None:
    assert done.pulumi("stack", "output", "proof", "--show-secrets").succeeded().out.strip() == SECRET
    assert SECRET not in done.pulumi("stack", "export").succeeded().out
    files = [*(done.sandbox.path / "objects").rglob("*"), *(done.sandbox.path / "logs").rglob("*")]
    assert [file for file in files if file.is_file() and SECRET.encode() in file.read_bytes()] == []


def test_another_run_finds_nothing_to_do(done: FirstRun) -> None:
    mark = done.sandbox.mark()

    again = done.bootstrap().succeeded()

    assert re.search("enable the APIs that come first +done", again.out)
    assert [method for method in done.written(mark) if not method.startswith("storage.objects.")] == []


def test_the_owning_team_previews_from_the_bucket_as_the_read_only_accounts_and_others_do_not(done: FirstRun) -> None:
    def preview(person: str) -> Ran:
        login = done.environment(f"user:{person}@example.com")["GOOGLE_APPLICATION_CREDENTIALS"]
        arguments = ("preview", "--stack", STACK, "--layer", "identity")
        return done.start(*arguments, GOOGLE_APPLICATION_CREDENTIALS=login).ended()

    mark = done.sandbox.mark()
    assert "unchanged" in preview("security-reviewer").succeeded().out
    states = {call.principal for call in done.sandbox.calls(mark) if call.method == "storage.objects.get"}
    assert states == {f"serviceAccount:{account(name)}" for name in ("identity-preview", "team-preview")}

    preview("shop-developer").refused(1, "may not act as identity-preview@", "the group of the team that owns it")


@pytest.fixture(scope="module")
def origin(done: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """The repository after it, on a GitHub whose jobs sign in to this cloud; daily work is deployed."""
    with workflow_trial.workflows(done, tmp_path_factory.mktemp("github")) as repository:
        first = workflow_trial.deployed(repository)
        assert first.result == "success", first.log
        yield repository


def test_a_pull_request_is_previewed_as_the_read_only_account_and_commented(done: FirstRun, origin: Origin) -> None:
    origin.commit(workflow_trial.new_team(origin), "new-team")
    mark = done.sandbox.mark()

    _, preview, comment = workflow_trial.previewed(origin, "new-team")

    assert preview.result == comment.result == "success", preview.log
    [written] = origin.github.comments_of(7)
    assert "this grants group billing@" in written["body"]
    assert "identity \\(trial\\): passed" in written["body"]
    assert "USD" in written["body"]
    assert done.written(mark) == []
    assert f"serviceAccount:{account('identity-preview')}" in {call.principal for call in done.sandbox.calls(mark)}


def test_a_preview_that_fails_is_commented_as_well(origin: Origin) -> None:
    origin.commit({"identity/__main__.py": "raise RuntimeError('a mistake')\n"}, "broken")

    _, preview, comment = workflow_trial.previewed(origin, "broken")

    assert (preview.result, comment.result) == ("failure", "failure")
    assert "a mistake" in origin.github.comments_of(7)[-1]["body"]


def test_what_is_merged_is_deployed_by_the_layers_own_account_and_once(done: FirstRun, origin: Origin) -> None:
    own = f"identity-{workflow_trial.STACK}"
    assert own not in workflow_trial.found_to_deploy(origin)
    origin.commit(workflow_trial.new_team(origin))
    assert own in workflow_trial.found_to_deploy(origin)
    mark = done.sandbox.mark()

    assert workflow_trial.deployed(origin, lambda: bool(done.written(mark))).result == "failure"
    first = workflow_trial.deployed(origin)
    assert first.result == "success", first.log
    assert "its lock is removed" in first.log
    writers = {call.principal for call in done.sandbox.calls(mark) if is_write(call) and call.status == "OK"}
    assert writers == {f"serviceAccount:{account('identity-deploy')}"}

    assert own not in workflow_trial.found_to_deploy(origin)
    again = workflow_trial.deployed(origin)
    assert again.result == "success", again.log
    assert "created" not in again.summary


def test_what_is_merged_for_a_reviewed_environment_is_deployed_by_the_plan_that_was_read(
    done: FirstRun, origin: Origin
) -> None:
    content = yaml.safe_load((origin.folder / FILES[1]).read_text())
    capabilities = content["config"]["identity:teams"]["security"].setdefault("capabilities", [])
    capabilities.append("cluster-user")
    origin.commit({FILES[1]: yaml.safe_dump(content)})
    mark = done.sandbox.mark()

    plan, deployment = workflow_trial.reviewed(origin)

    assert plan.result == "success", plan.log
    assert "this grants" in plan.summary
    assert deployment.result == "success", deployment.log
    assert "what its reviewers have read" not in deployment.log
    assert "created" in deployment.summary
    principals = {call.principal for call in done.sandbox.calls(mark)}
    assert {f"serviceAccount:{account(f'identity-{kind}')}" for kind in ("preview", "deploy")} <= principals


def test_a_team_is_deployed_by_the_account_of_teams(done: FirstRun, origin: Origin) -> None:
    [(file, content)] = workflow_trial.new_app(origin).items()
    origin.commit({file: content})
    (done.checkout / file).write_text(content)
    mark = done.sandbox.mark()

    ended = workflow_trial.deployed(origin, stack=workflow_trial.TEAM)

    assert ended.result == "success", ended.log
    writers = {call.principal for call in done.sandbox.calls(mark) if is_write(call) and call.status == "OK"}
    assert writers == {f"serviceAccount:{account('team-deploy')}"}
    with done.sandbox.cloud() as cloud:
        assert cloud.store.get(names.service_account(account("app-cart")))


def test_a_change_of_the_foundation_is_deployed_by_no_workflow(done: FirstRun, origin: Origin) -> None:
    content = (origin.folder / FILES[0]).read_text()
    before = origin.git("rev-parse", "main").strip()
    origin.commit({FILES[0]: content.replace("alerts: security-alerts@", "alerts: others@")})
    mark = done.sandbox.mark()

    ended = workflow_trial.deployed(origin)

    assert ended.result == "success", ended.log
    writes = [call.method for call in done.sandbox.calls(mark) if is_write(call) and call.status == "OK"]
    assert [method for method in writes if not method.startswith(("storage.objects.", "cloudkms."))] == []
    origin.git("reset", "-q", "--hard", before)


def test_what_was_changed_by_hand_is_an_issue_the_next_morning(done: FirstRun, origin: Origin) -> None:
    workflow_trial.widen_a_role(done)

    look, report = workflow_trial.looked(origin)

    assert report.result == "success", report.log
    [issue] = origin.github.open_issues().values()
    assert issue["title"] == "Drift: identity"
    assert "cloudsql.instances.delete" in issue["body"]
    # Whoever made the first run still owns the project, which no state declares.
    assert look.result == "success", look.log
    assert "roles/owner" in issue["body"]


def test_a_change_of_the_foundation_is_applied_from_the_bucket(done: FirstRun) -> None:
    file = done.checkout / FILES[0]
    content = file.read_text()
    file.write_text(content.replace("alerts: security-alerts@", "alerts: alerts@"))
    try:
        changed = done.bootstrap().succeeded()
    finally:
        file.write_text(content)

    assert "identity/foundation: update … done in" in changed.err
    assert "alerts@example.com" in changed.out


def test_foundation_and_team_move_out_of_the_state_of_daily_work_and_into_their_own_buckets(
    done: FirstRun, origin: Origin
) -> None:
    file = done.checkout / FILES[0]
    content = file.read_text()
    theirs = one_identity_stack.join(done)
    done.bootstrap().refused(1, "the identity layer has one", f"make move STACK={STACK}")

    mark = done.sandbox.mark()
    done.start("move", "--stack", STACK, "--yes", "yes").ended().succeeded()
    assert [method for method in done.written(mark) if not method.startswith("storage.objects.")] == []
    assert (done.local / "state").exists()
    done.bootstrap().succeeded()

    assert not done.local.exists()
    assert STATE in done.objects()
    held = {
        stack: one_identity_stack.identities(done, stack, bucket)
        for stack, bucket in ((FOUNDATION, BUCKET), (TEAM, one_identity_stack.TEAM_BUCKET))
    }
    assert all(theirs[stack] and theirs[stack] <= held[stack] for stack in held)
    assert file.read_text().partition("encryptedkey:")[0] == content.partition("encryptedkey:")[0]
    reviewer = done.environment("user:security-reviewer@example.com")["GOOGLE_APPLICATION_CREDENTIALS"]
    for owner in ("foundation", "team"):
        look = done.start("preview", "--stack", STACK, "--owner", owner, GOOGLE_APPLICATION_CREDENTIALS=reviewer)
        planned = look.ended().succeeded()
        assert "unchanged" in planned.out
        assert not re.search(r"\d+ to (create|update|replace|delete)", planned.out), planned.out
    daily = one_identity_stack.identities(done, STACK, one_identity_stack.IDENTITY_BUCKET)
    assert all(theirs[stack].isdisjoint(daily) for stack in held)
