import json
from pathlib import Path

import pytest
import yaml

from runner import layout
from runner.bootstrap import asking, folder, setup, stack_file
from runner.bootstrap.asking import DeclinedError
from runner.bootstrap.folder import BootstrapDirectory
from sandbox.files import write_whole
from sandbox.tools.errors import ToolError, UsageError
from unit.runner.bootstrap_world import (
    ALL_APIS,
    BUCKET,
    IDENTITY,
    IDENTITY_FILE,
    KEY,
    NUMBER,
    PLATFORM,
    PROJECT,
    Ended,
    World,
    checkout,
)

_SWEEP = BootstrapDirectory.sweep


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project in which nothing was made yet."""
    return _world(tmp_path / "first", monkeypatch)


def _world(root: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for module in (layout, folder, stack_file):
        monkeypatch.setattr(module, "CHECKOUT", root)
    monkeypatch.setattr(stack_file, "write_whole", write_whole)
    monkeypatch.setattr(BootstrapDirectory, "sweep", _SWEEP)
    checkout(root)
    world = World(root)
    world.watch(monkeypatch)
    return world


def _file(world: World, address: str) -> Path:
    return world.folder_of(address) / ".pulumi/stacks/identity/prod.json"


def _local(world: World) -> Path:
    return _file(world, f"file://{world.root}/.bootstrap/prod/state/identity")


def _moved(world: World) -> Path:
    return _file(world, f"gs://{BUCKET}")


def _resources(state: Path) -> list[str]:
    """The names of a state's resources; none where there is no state."""
    found: dict[str, list[dict[str, str]]] = json.loads(state.read_text()) if state.exists() else {"resources": []}
    return [each["urn"] for each in found["resources"]]


def test_an_empty_project_becomes_an_identity_layer_with_its_state_in_its_bucket(world: World) -> None:
    world.run()

    assert world.apis >= ALL_APIS
    assert set(world.cloud.values()) == {1}
    assert _resources(_moved(world)) == list(world.program)
    assert yaml.safe_load(IDENTITY.file.read_text())["secretsprovider"] == KEY
    assert not (world.root / ".bootstrap" / "prod").exists()


def test_the_state_of_every_other_stack_is_made_empty_under_its_own_layers_key(world: World) -> None:
    world.run()

    assert yaml.safe_load(PLATFORM.file.read_text())["secretsprovider"] == KEY.replace("/identity", "/platform")
    shop = world.folder_of(f"gs://{PROJECT}-state-apps/sales") / ".pulumi/stacks/apps/shop-prod.json"
    assert json.loads(shop.read_text())["resources"] == []


def test_a_second_run_does_nothing(world: World) -> None:
    world.run()
    before = world.final()
    world.deeds.clear()

    world.run()

    assert set(world.deeds) == {"sweep"}
    assert world.final() == before


@pytest.mark.parametrize("hides_absent", [False, True], ids=["404", "403"])
def test_a_run_that_is_killed_at_any_deed_is_carried_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hides_absent: bool
) -> None:
    undisturbed = _world(tmp_path / "undisturbed", monkeypatch)
    undisturbed.run()
    deeds = list(undisturbed.deeds)
    assert len(deeds) > 40

    for number in range(1, len(deeds) + 1):
        world = _world(tmp_path / str(number), monkeypatch)
        world.ends_at, world.hides_absent = number, hides_absent
        with pytest.raises(Ended):
            world.run()
        world.ends_at = 0

        world.run()

        assert world.final() == undisturbed.final(), f"killed at {deeds[number - 1]}"


def test_a_run_that_is_killed_again_and_again_gets_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = _world(tmp_path / "undisturbed", monkeypatch)
    undisturbed.run()
    world = _world(tmp_path / "unlucky", monkeypatch)

    for _ in range(100):
        world.deeds.clear()
        world.ends_at = 7
        try:
            world.run()
        except Ended:
            continue
        break

    assert world.final() == undisturbed.final()


def test_at_no_moment_are_there_two_states_that_count_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = _world(tmp_path / "undisturbed", monkeypatch)
    undisturbed.run()

    for number in range(1, len(undisturbed.deeds) + 1):
        world = _world(tmp_path / str(number), monkeypatch)
        world.ends_at = number
        with pytest.raises(Ended):
            world.run()
        made = {name for name, count in world.cloud.items() if count}
        full = [set(found) for state in (_local(world), _moved(world)) if (found := _resources(state))]
        # One may be pending; everything else is in a state, and in two only when these are equal.
        assert len(made - set[str]().union(*full)) <= 1
        assert all(state == full[0] for state in full)


def test_apis_and_grants_that_take_their_time_are_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.slow_apis, world.slow_grants = 3, 2

    world.run()

    assert world.slow_grants == 0
    assert set(world.cloud.values()) == {1}


def _nothing_made(world: World) -> bool:
    return not any(world.cloud.values()) and not (world.root / ".bootstrap/prod/state").exists()


def test_another_projects_number_is_told_before_anything_is_made(world: World) -> None:
    world.number = "987654321"

    with pytest.raises(ToolError, match=f"has the number 987654321, and identity:projectNumber says {NUMBER}"):
        world.run()
    assert _nothing_made(world)


def test_a_project_without_billing_is_told_before_anything_is_made(world: World) -> None:
    world.billing = False

    with pytest.raises(ToolError, match=r"has no open billing account.*gcloud billing projects link demo-project"):
        world.run()
    assert _nothing_made(world)


def test_every_missing_right_is_told_with_the_role_that_has_it(world: World) -> None:
    world.lacking = frozenset({"iam.roles.create", "iam.denypolicies.create"})

    with pytest.raises(ToolError) as caught:
        world.run()

    assert "admin@example.com lacks, for the project demo-project" in str(caught.value)
    assert "  - iam.roles.create (roles/owner)\n" in str(caught.value)
    assert "  - iam.denypolicies.create (roles/iam.denyAdmin on the organisation 42)\n" in str(caught.value)
    assert _nothing_made(world)


def test_without_an_organisation_its_rights_are_not_asked_for(world: World) -> None:
    content = IDENTITY_FILE.replace('  identity:organization: {id: "42", customerId: C01}\n', "")
    IDENTITY.file.write_text(content)
    world.lacking = frozenset({"iam.denypolicies.create"})

    world.run()

    assert set(world.cloud.values()) == {1}


@pytest.mark.parametrize("key", ["projectNumber", "administrators"])
def test_a_stack_file_without_what_must_be_checked_is_told(world: World, key: str) -> None:
    kept = [line for line in IDENTITY_FILE.splitlines() if f"identity:{key}" not in line]
    IDENTITY.file.write_text("\n".join(kept))

    with pytest.raises(ToolError, match=rf"identity/Pulumi\.prod\.yaml does not set identity:{key}, so nothing was"):
        world.run()
    assert set(world.deeds) <= {"sweep"}


def test_a_bucket_name_that_somebody_else_has_is_told_before_anything_is_made(world: World) -> None:
    world.foreign_bucket = True
    world.apis |= ALL_APIS

    with pytest.raises(ToolError, match=f"the bucket {BUCKET}, which is to hold the state, is there already"):
        world.run()
    assert set(world.deeds) <= {"sweep"}


def test_a_bucket_without_a_state_anywhere_stops_it(world: World) -> None:
    world.apis |= ALL_APIS
    world.cloud["store"] += 1

    with pytest.raises(ToolError, match=r"the bucket .* is there, but no state"):
        world.run()
    assert set(world.deeds) <= {"sweep"}


def test_a_local_state_of_another_project_stops_it(world: World) -> None:
    _end_at(world, "created state")
    _local(world).write_text(_local(world).read_text().replace(PROJECT, "other-project"))

    with pytest.raises(ToolError, match=r"the local state in .* is of the project other-project, and .* demo-project"):
        world.run()
    assert world.cloud["store"] == 0


def _end_at(world: World, deed: str) -> None:
    """Have a run killed when it comes to the first deed of that name."""

    class _Watched(list[str]):
        def append(self, name: str) -> None:
            super().append(name)
            if name == deed:
                raise Ended

    world.deeds = _Watched()
    with pytest.raises(Ended):
        world.run()
    world.deeds = []


def test_a_state_that_differs_from_the_moved_one_is_kept(world: World) -> None:
    _end_at(world, f"name key in {IDENTITY.file}")
    content = json.loads(_moved(world).read_text())
    _moved(world).write_text(json.dumps({**content, "resources": content["resources"][:2]}))

    with pytest.raises(ToolError, match="1 resources are only in the local one, 0 only in that one"):
        world.run()
    assert _resources(_local(world)) == list(world.program)


def test_a_lock_of_another_machine_stops_it(world: World) -> None:
    world.run()
    lock = world.folder_of(f"gs://{BUCKET}") / ".pulumi/locks/organization/identity/prod/9.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 7, "hostname": "elsewhere", "timestamp": "2026-01-01"}))
    world.deeds.clear()

    with pytest.raises(ToolError, match="is being changed by process 7 on elsewhere since 2026-01-01"):
        world.run()
    assert set(world.deeds) <= {"sweep"}


def test_a_state_whose_passphrase_is_lost_stops_it(world: World) -> None:
    _end_at(world, "created deploy")
    (world.root / ".bootstrap/prod/passphrase/identity").unlink()

    with pytest.raises(ToolError, match="but not its passphrase"):
        world.run()


def test_the_folder_is_its_owners_alone(world: World) -> None:
    _end_at(world, "created deploy")

    bootstrap = world.root / ".bootstrap"
    assert (bootstrap / "prod").stat().st_mode & 0o777 == 0o700
    assert (bootstrap / "prod/passphrase/identity").stat().st_mode & 0o777 == 0o600


def test_the_stack_file_keeps_everything_but_the_lines_of_its_encryption(world: World) -> None:
    IDENTITY.file.write_text(IDENTITY_FILE.replace("config:\n", "encryptionsalt: v1:old\nconfig:\n"))

    world.run()

    named = f"secretsprovider: {KEY}\nencryptedkey: c2VhbGVk\n"
    assert IDENTITY.file.read_text() == IDENTITY_FILE.replace("config:\n", f"{named}config:\n")


def test_encrypted_values_that_nothing_could_decrypt_are_told(world: World) -> None:
    IDENTITY.file.write_text(IDENTITY_FILE + "  identity:token:\n    secure: v1:x\n")

    with pytest.raises(ToolError, match="holds encrypted values"):
        world.run()
    assert not any(world.cloud.values())


def test_a_stack_file_that_names_another_key_than_its_state_is_told(world: World) -> None:
    world.run()
    IDENTITY.file.write_text(IDENTITY.file.read_text().replace("c2VhbGVk", "b3RoZXI="))

    with pytest.raises(ToolError, match="name different keys"):
        world.run()


@pytest.mark.parametrize(
    "providers",
    [
        {"type": "passphrase", "state": {"salt": "v1:x"}},
        {"type": "cloud", "state": {"url": KEY.replace("state", "elsewhere"), "encryptedkey": "c2VhbGVk"}},
    ],
)
def test_a_state_under_another_key_than_its_layers_is_told(world: World, providers: dict[str, object]) -> None:
    world.run()
    _moved(world).write_text(json.dumps({**json.loads(_moved(world).read_text()), "secrets_providers": providers}))

    with pytest.raises(ToolError, match=f"not encrypted with the key of its layer.*change-secrets-provider {KEY}"):
        world.run()


@pytest.mark.parametrize("answer", ["no", "y", ""])
def test_only_yes_is_yes(answer: str) -> None:
    with pytest.raises(UsageError, match=f"YES={answer} is no answer"):
        asking.agreed_beforehand(answer)


def test_without_a_terminal_and_without_yes_nothing_is_done(world: World) -> None:
    bootstrap = world.bootstrap()
    bootstrap.agreed = False

    with pytest.raises(UsageError, match="no terminal to ask on"):
        bootstrap.run()
    assert set(world.deeds) <= {"sweep"}


@pytest.mark.parametrize(("said", "began"), [(["n"], False), ([""], False), (["y", "n"], True)])
def test_a_no_stops_it_there(world: World, monkeypatch: pytest.MonkeyPatch, said: list[str], began: bool) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answers = iter(said)

    def answer(question: str) -> str:
        return next(answers)

    monkeypatch.setattr("builtins.input", answer)
    bootstrap = world.bootstrap()
    bootstrap.agreed = False

    with pytest.raises(DeclinedError, match="stopped, as you said"):
        bootstrap.run()
    assert (world.apis == ALL_APIS) == began
    assert not any(world.cloud.values())


def test_the_sandbox_needs_none() -> None:
    with pytest.raises(UsageError, match="the sandbox needs no first run"):
        setup.run("sandbox", None)
