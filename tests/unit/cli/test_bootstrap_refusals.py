"""Conditions that stop the first run: each problem has one message, and nothing is created."""

import json

import pytest

from cli.bootstrap import setup
from cli.bootstrap.asking import DeclinedError
from toolchain.errors import ToolError, UsageError
from unit.cli.bootstrap_doubles import bootstrap, end_at, run
from unit.cli.bootstrap_world import (
    ALL_APIS,
    BUCKET,
    FOUNDATION,
    FOUNDATION_FILE,
    IDENTITY,
    KEY,
    NUMBER,
    PROJECT,
    World,
    local_state,
    moved_state,
    resources,
)


def _nothing_made(world: World) -> bool:
    return not any(world.cloud.values()) and not (world.root / ".bootstrap/prod/state").exists()


def test_another_projects_number_is_told_before_anything_is_made(world: World) -> None:
    world.number = "987654321"

    with pytest.raises(ToolError, match=f"has the number 987654321, and identity:projectNumber says {NUMBER}"):
        run(world)
    assert _nothing_made(world)


def test_a_project_without_billing_is_told_before_anything_is_made(world: World) -> None:
    world.billing = False

    with pytest.raises(ToolError, match=r"has no open billing account.*gcloud billing projects link demo-project"):
        run(world)
    assert _nothing_made(world)


def test_every_missing_right_is_told_with_the_role_that_has_it(world: World) -> None:
    world.lacking = frozenset(
        {"iam.roles.create", "iam.denypolicies.create", "resourcemanager.organizations.setIamPolicy"}
    )

    with pytest.raises(ToolError) as caught:
        run(world)

    member = "--member=user:admin@example.com"
    owner = f"`gcloud projects add-iam-policy-binding demo-project {member} --role=roles/owner`"
    assert str(caught.value).splitlines()[1:] == [
        f"  - your permission iam.roles.create (roles/owner): {owner}",
        *(
            f"  - your permission {permission} ({role}): `gcloud organizations add-iam-policy-binding 42 {member} "
            f"--role={role}`"
            for permission, role in (
                ("iam.denypolicies.create", "roles/iam.denyAdmin"),
                ("iam.roles.create", "roles/iam.organizationRoleAdmin"),
                ("resourcemanager.organizations.setIamPolicy", "roles/resourcemanager.organizationAdmin"),
            )
        ),
        "Nothing was made. Correct all of it, as somebody who may, and run this again.",
    ]
    assert _nothing_made(world)


def test_everything_that_is_missing_is_in_one_list_before_anything_is_made(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.lacking = frozenset({"iam.denypolicies.create"})
    world.groups = {"administrators@example.com": False, "sales@example.com": None}
    world.quota = 11
    world.members = ("user:admin@example.com", "user:contractor@gmail.com", "allUsers")
    world.public_buckets = ("website",)
    FOUNDATION.file.write_text(f"{FOUNDATION_FILE}  identity:domain: example.com\n")

    with pytest.raises(ToolError) as caught:
        run(world)

    missing, shown = str(caught.value), "".join(capsys.readouterr())
    assert "your permission iam.denypolicies.create" in missing
    assert (
        "the group administrators@example.com (identity:administrators) does not exist: `gcloud identity groups create "
        "administrators@example.com --organization=example.com`"
    ) in missing
    assert "the stack files declare about 13 service accounts, and the project's quota is 11: request more" in missing
    assert "allUsers holds roles/viewer on the project" in missing
    assert "the bucket website is public" in missing
    assert "sales@example.com" not in missing
    assert "contractor@gmail.com" not in missing
    assert "the group sales@example.com (identity:team of identity/Pulumi.team-sales-prod.yaml), which must" in shown
    assert "user:contractor@gmail.com holds roles/viewer" in shown
    assert _nothing_made(world)


def test_a_constraint_that_is_left_out_while_adopting_stops_nobody(world: World) -> None:
    world.members, world.public_buckets = ("allUsers",), ("website",)
    left_out = "C01, without: [iam.allowedPolicyMemberDomains, storage.publicAccessPrevention]}"
    FOUNDATION.file.write_text(FOUNDATION_FILE.replace("C01}", left_out))

    run(world)

    assert set(world.cloud.values()) == {1}


@pytest.mark.parametrize("group", ["gke-security-groups@example.com", "sales@example.com"])
def test_a_group_that_a_later_layer_needs_is_looked_up_before_the_first(world: World, group: str) -> None:
    world.groups = {group: False}
    FOUNDATION.file.write_text(f"{FOUNDATION_FILE}  identity:domain: example.com\n")

    with pytest.raises(ToolError, match=f"the group {group} .* does not exist"):
        run(world)
    assert _nothing_made(world)


def test_without_an_organisation_its_rights_are_not_asked_for(world: World) -> None:
    content = FOUNDATION_FILE.replace('  identity:organization: {id: "42", customerId: C01}  # ours\n', "")
    FOUNDATION.file.write_text(content)
    world.lacking = frozenset({"iam.denypolicies.create"})

    run(world)

    assert set(world.cloud.values()) == {1}


@pytest.mark.parametrize("key", ["projectNumber", "administrators"])
def test_a_stack_file_without_what_must_be_checked_is_told(world: World, key: str) -> None:
    kept = [line for line in FOUNDATION_FILE.splitlines() if f"identity:{key}" not in line]
    FOUNDATION.file.write_text("\n".join(kept))

    with pytest.raises(
        ToolError, match=rf"identity/Pulumi\.foundation-prod\.yaml does not set identity:{key}, so nothing was"
    ):
        run(world)
    assert set(world.deeds) <= {"sweep"}


def test_a_bucket_name_that_somebody_else_has_is_told_before_anything_is_made(world: World) -> None:
    world.foreign_bucket = True
    world.apis |= ALL_APIS

    with pytest.raises(ToolError, match=f"the bucket {BUCKET}, which is to hold the state, is there already"):
        run(world)
    assert set(world.deeds) <= {"sweep"}


def test_a_bucket_without_a_state_anywhere_stops_it(world: World) -> None:
    world.apis |= ALL_APIS
    world.cloud["store"] += 1

    with pytest.raises(ToolError, match=r"the bucket .* is there, but no state"):
        run(world)
    assert set(world.deeds) <= {"sweep"}


@pytest.mark.parametrize("begun", [False, True], ids=["no local state", "an empty local state"])
def test_an_identity_layer_whose_state_holds_the_foundation_is_moved_first(world: World, *, begun: bool) -> None:
    if begun:
        end_at(world, "create deploy")
        local_state(world).write_text(json.dumps({"resources": []}))
    IDENTITY.file.write_text(f"secretsprovider: {KEY}\nencryptedkey: c2VhbGVk\n{IDENTITY.file.read_text()}")
    before = dict(world.cloud)

    with pytest.raises(ToolError, match=r"has no state, and the identity layer has one: .*: make move STACK=prod$"):
        run(world)
    assert dict(world.cloud) == before
    assert not moved_state(world).exists()


def test_a_foundation_whose_resources_were_moved_to_its_local_state_is_gone_on_with(world: World) -> None:
    end_at(world, "created store")  # as `make move` leaves it: a local state with everything, and the cloud as it was
    IDENTITY.file.write_text(
        f"secretsprovider: {KEY.replace('/foundation', '/identity')}\n"
        f"encryptedkey: c2VhbGVk\n{IDENTITY.file.read_text()}"
    )

    run(world)

    assert set(world.cloud.values()) == {1}
    assert resources(moved_state(world)) == list(world.program)


def test_a_local_state_of_another_project_stops_it(world: World) -> None:
    end_at(world, "created state")
    local_state(world).write_text(local_state(world).read_text().replace(PROJECT, "other-project"))

    with pytest.raises(ToolError, match=r"the local state in .* is of the project other-project, and .* demo-project"):
        run(world)
    assert world.cloud["store"] == 0


def test_a_state_that_differs_from_the_moved_one_is_kept(world: World) -> None:
    end_at(world, f"name key in {FOUNDATION.file}")
    content = json.loads(moved_state(world).read_text())
    moved_state(world).write_text(json.dumps({**content, "resources": content["resources"][:2]}))

    with pytest.raises(ToolError, match="1 resources are only in the local one, 0 only in that one"):
        run(world)
    assert resources(local_state(world)) == list(world.program)


def test_a_lock_of_another_machine_stops_it(world: World) -> None:
    run(world)
    lock = world.folder_of(f"gs://{BUCKET}") / ".pulumi/locks/organization/identity/foundation-prod/9.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 7, "hostname": "elsewhere", "timestamp": "2026-01-01"}))
    world.deeds.clear()

    with pytest.raises(ToolError, match="is being changed by process 7 on elsewhere since 2026-01-01"):
        run(world)
    assert set(world.deeds) <= {"sweep"}


def test_a_state_whose_passphrase_is_lost_stops_it(world: World) -> None:
    end_at(world, "created deploy")
    (world.root / ".bootstrap/prod/passphrase/foundation").unlink()

    with pytest.raises(ToolError, match="but not its passphrase"):
        run(world)


def test_the_folder_is_its_owners_alone(world: World) -> None:
    end_at(world, "created deploy")

    bootstrap = world.root / ".bootstrap"
    assert (bootstrap / "prod").stat().st_mode & 0o777 == 0o700
    assert (bootstrap / "prod/passphrase/foundation").stat().st_mode & 0o777 == 0o600


def test_the_stack_file_keeps_everything_but_the_lines_of_its_encryption(world: World) -> None:
    FOUNDATION.file.write_text(FOUNDATION_FILE.replace("config:\n", "encryptionsalt: v1:old\nconfig:\n"))

    run(world)

    named = f"secretsprovider: {KEY}\nencryptedkey: c2VhbGVk\n"
    assert FOUNDATION.file.read_text() == FOUNDATION_FILE.replace("config:\n", f"{named}config:\n")


def test_encrypted_values_that_nothing_could_decrypt_are_told(world: World) -> None:
    FOUNDATION.file.write_text(FOUNDATION_FILE + "  identity:token:\n    secure: v1:x\n")

    with pytest.raises(ToolError, match="holds encrypted values"):
        run(world)
    assert not any(world.cloud.values())


def test_a_stack_file_that_names_another_key_than_its_state_is_told(world: World) -> None:
    run(world)
    FOUNDATION.file.write_text(FOUNDATION.file.read_text().replace("c2VhbGVk", "b3RoZXI="))

    with pytest.raises(ToolError, match="name different keys"):
        run(world)


@pytest.mark.parametrize(
    "providers",
    [
        {"type": "passphrase", "state": {"salt": "v1:x"}},
        {"type": "cloud", "state": {"url": KEY.replace("state", "elsewhere"), "encryptedkey": "c2VhbGVk"}},
    ],
)
def test_a_state_under_another_key_than_its_layers_is_told(world: World, providers: dict[str, object]) -> None:
    run(world)
    moved_state(world).write_text(
        json.dumps({**json.loads(moved_state(world).read_text()), "secrets_providers": providers})
    )

    with pytest.raises(ToolError, match=f"not encrypted with the key of its layer.*change-secrets-provider {KEY}"):
        run(world)


def test_without_a_terminal_and_without_yes_nothing_is_done(world: World) -> None:
    command = bootstrap(world)
    command.agreed = False

    with pytest.raises(UsageError, match="no terminal to ask on"):
        command.run()
    assert set(world.deeds) <= {"sweep"}


@pytest.mark.parametrize(("said", "began"), [(["n"], False), ([""], False), (["y", "n"], True)])
def test_a_no_stops_it_there(world: World, monkeypatch: pytest.MonkeyPatch, said: list[str], began: bool) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answers = iter(said)

    def answer(question: str) -> str:
        return next(answers)

    monkeypatch.setattr("builtins.input", answer)
    command = bootstrap(world)
    command.agreed = False

    with pytest.raises(DeclinedError, match="stopped, as you said"):
        command.run()
    assert (world.apis == ALL_APIS) == began
    assert not any(world.cloud.values())


def test_the_sandbox_needs_none() -> None:
    with pytest.raises(UsageError, match="the sandbox needs no first run"):
        setup.run("sandbox")


def test_an_environment_that_is_not_listed_is_refused_before_anything_is_started() -> None:
    with pytest.raises(UsageError, match=r"environments\.yaml does not list the environment 'qa' \(it lists: "):
        setup.run("qa")
