"""The steps of the first run: what is there in the end, wherever it was stopped on the way."""

import json
from pathlib import Path

import pytest
import yaml

from cli.bootstrap import transient
from cli.pulumi.engine import Result
from engine.events import Events
from toolchain.errors import ToolError
from unit.cli import bootstrap_doubles
from unit.cli.bootstrap_doubles import bootstrap, end_at, run
from unit.cli.bootstrap_world import (
    ACCOUNT,
    ALL_APIS,
    FOUNDATION,
    IDENTITY,
    KEY,
    PLATFORM,
    PROJECT,
    STORE,
    Ended,
    World,
    local_state,
    moved_state,
    new_world,
    resources,
)


def test_an_empty_project_becomes_a_foundation_with_its_state_in_its_bucket(world: World) -> None:
    run(world)

    assert world.apis >= ALL_APIS
    assert set(world.cloud.values()) == {1}
    assert resources(moved_state(world)) == list(world.program)
    assert yaml.safe_load(FOUNDATION.file.read_text())["secretsprovider"] == KEY
    assert not (world.root / ".bootstrap" / "prod").exists()


def test_the_state_of_every_other_stack_is_made_empty_under_its_own_layers_key(world: World) -> None:
    run(world)

    for stack in (IDENTITY, PLATFORM):
        key = KEY.replace("/foundation", f"/{stack.project}")
        assert yaml.safe_load(stack.file.read_text())["secretsprovider"] == key
        state = world.folder_of(stack.backend()) / f".pulumi/stacks/{stack.project}/prod.json"
        assert json.loads(state.read_text())["resources"] == []
    shop = world.folder_of(f"gs://{PROJECT}-state-apps/sales") / ".pulumi/stacks/apps/shop-prod.json"
    assert json.loads(shop.read_text())["resources"] == []


def test_a_second_run_does_nothing(world: World) -> None:
    run(world)
    before = world.final()
    world.deeds.clear()

    run(world)

    assert set(world.deeds) == {"sweep"}
    assert world.final() == before


@pytest.mark.parametrize("hides_absent", [False, True], ids=["404", "403"])
def test_a_run_that_is_killed_at_any_deed_is_carried_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hides_absent: bool
) -> None:
    undisturbed = new_world(tmp_path / "undisturbed", monkeypatch)
    run(undisturbed)
    deeds = list(undisturbed.deeds)
    assert len(deeds) > 40

    for number in range(1, len(deeds) + 1):
        world = new_world(tmp_path / str(number), monkeypatch)
        world.ends_at, world.hides_absent = number, hides_absent
        with pytest.raises(Ended):
            run(world)
        world.ends_at = 0

        run(world)

        assert world.final() == undisturbed.final(), f"killed at {deeds[number - 1]}"


def test_a_run_that_is_killed_again_and_again_gets_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = new_world(tmp_path / "undisturbed", monkeypatch)
    run(undisturbed)
    world = new_world(tmp_path / "unlucky", monkeypatch)

    for _ in range(100):
        world.deeds.clear()
        world.ends_at = 7
        try:
            run(world)
        except Ended:
            continue
        break

    assert world.final() == undisturbed.final()


def test_at_no_moment_are_there_two_states_that_count_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = new_world(tmp_path / "undisturbed", monkeypatch)
    run(undisturbed)

    for number in range(1, len(undisturbed.deeds) + 1):
        world = new_world(tmp_path / str(number), monkeypatch)
        world.ends_at = number
        with pytest.raises(Ended):
            run(world)
        made = {name for name, count in world.cloud.items() if count}
        full = [set(found) for state in (local_state(world), moved_state(world)) if (found := resources(state))]
        # One may be pending; everything else is in a state, and in two only when these are equal.
        assert len(made - set[str]().union(*full)) <= 1
        assert all(state == full[0] for state in full)


def test_apis_and_grants_that_take_their_time_are_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.slow_apis, world.slow_grants = 3, 2

    run(world)

    assert world.slow_grants == 0
    assert set(world.cloud.values()) == {1}


# As the provider words them, with the resource before and details behind.
AGENT = (
    'Error applying IAM policy for KMS CryptoKey "state": googleapi: Error 400: Service account '
    "service-100200300400@gcp-sa-artifactregistry.iam.gserviceaccount.com does not exist., badRequest"
)
GRANT = (
    "googleapi: Error 403: Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account …"
)
API = (
    "Error creating KeyRing: googleapi: Error 403: Cloud Key Management Service (KMS) API has not been used in project "
    "100200300400 before or it is disabled. Enable it by visiting …"
)
OTHER = "googleapi: Error 403: Permission 'cloudkms.keyRings.create' denied on resource"
ACCOUNT_OF_OURS = "googleapi: Error 400: Service account gke-nodes@demo-project.iam.gserviceaccount.com does not exist."


def failed(*errors: str) -> Result:
    return Result(255, Events(errors=[*(("urn", text) for text in errors), ("", "update failed")]), "")


@pytest.mark.parametrize("error", [AGENT, GRANT, API])
def test_what_is_not_effective_yet_is_waited_for(world: World, error: str) -> None:
    world.unready = [error, error]

    run(world)

    assert world.unready == []
    assert resources(moved_state(world)) == list(world.program)


@pytest.mark.parametrize("error", [OTHER, ACCOUNT_OF_OURS])
def test_any_other_error_ends_the_run_at_once(world: World, error: str) -> None:
    world.unready = [error, error]

    with pytest.raises(ToolError, match="the update was stopped"):
        run(world)
    assert len(world.unready) == 1


def test_waiting_ends_after_ten_minutes_with_the_error(world: World) -> None:
    world.unready = [AGENT] * 100
    command = bootstrap(world)
    minutes = iter(range(0, 100 * 60, 60))
    command.clock = lambda: next(minutes)

    with pytest.raises(ToolError, match=r"gcp-sa-artifactregistry.* does not exist"):
        command.run()
    assert 100 - len(world.unready) == 12


def test_the_administrator_is_asked_once_for_a_plan_that_is_carried_out_in_parts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.unready = [API, AGENT]
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "y"

    monkeypatch.setattr("builtins.input", answer)
    command = bootstrap(world)
    command.agreed = False

    command.run()

    assert len([question for question in asked if question.startswith("Do this in")]) == 1


def test_one_error_of_another_kind_makes_a_failure_final() -> None:
    assert transient.passing(failed(AGENT, API)) == "an API and an agent of Google"
    assert transient.passing(failed(AGENT, OTHER)) == ""
    assert transient.passing(failed()) == ""


def test_the_network_that_google_made_is_named_with_the_command_that_deletes_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    run(world)
    assert "default" not in capsys.readouterr().err
    world.default_network = True

    run(world)

    said = capsys.readouterr().err
    assert "has the network `default`" in said
    assert f"gcloud compute networks delete default --project={PROJECT}" in said


def test_the_first_apply_leaves_the_audit_log_unlocked_and_the_last_one_is_announced(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    end_at(world, f"create {ACCOUNT}")
    copied = world.root / ".bootstrap/prod/projects/identity-foundation-prod" / FOUNDATION.file.name
    assert yaml.safe_load(copied.read_text())["config"]["identity:auditLog"] == {"locked": False}
    assert "locks the audit log" not in capsys.readouterr().err

    run(world)

    assert yaml.safe_load(FOUNDATION.file.read_text())["config"]["identity:auditLog"] == {"locked": True}
    said = capsys.readouterr()
    assert "the next plan locks the audit log: nobody can shorten its retention" in said.err
    assert "locked in a last step of its own, for good" in said.out


def test_a_log_that_is_locked_already_stays_so_in_a_local_state(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ("gcp:logging/projectBucketConfig:ProjectBucketConfig", {"locked": True, "project": PROJECT})
    monkeypatch.setitem(bootstrap_doubles.TYPES, ACCOUNT, log)
    end_at(world, f"create {STORE}")
    end_at(world, f"create {STORE}")

    copied = world.root / ".bootstrap/prod/projects/identity-foundation-prod" / FOUNDATION.file.name
    assert yaml.safe_load(copied.read_text())["config"]["identity:auditLog"] == {"locked": True}


def test_a_network_that_google_made_meanwhile_is_named_at_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = bootstrap(world)
    there = iter([False, True])
    monkeypatch.setattr(command.google, "has_default_network", lambda: next(there))

    command.run()

    assert capsys.readouterr().err.count("has the network `default`") == 1
