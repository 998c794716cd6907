"""The audit's other rules: duties apart, datastores present, contracts as published, grants declared, roles known."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from audit.evidence import Evidence
from audit.settings import principals, settings
from iam.fetched import LivePolicy
from iam.permitted import ACCESS
from toolchain.environments import CHECKOUT
from unit.policies.layers_world import PROJECT, Layers, email, layers, member, texts

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
PROJECT_NAME = f"//cloudresourcemanager.googleapis.com/projects/{PROJECT}"


class TestDuties:
    """Duties that no principal has together."""

    def test_clean_layers_keep_them_apart(self) -> None:
        assert layers().found("audit-duties-separated") == []

    def test_two_grants_that_do_not_go_together_are_found(self) -> None:
        made = layers()
        made.holds("account data-admin", "container.clusters.update")

        assert "account data-admin has datastores (project) and cluster (project)" in texts(
            made.found("audit-duties-separated")
        )

    @pytest.mark.parametrize("named", ["emergency@example.com", "emergency@*"])
    def test_the_groups_of_break_glass_and_of_administrators_are_those_of_the_file(self, named: str) -> None:
        made = layers()
        made.holds("group emergency@example.com", "container.clusters.update", "cloudsql.instances.update")
        assert "group emergency@example.com has datastores" in texts(made.found("audit-duties-separated"))

        for key in ("break_glass", "trusted"):
            made.named = principals().model_copy(update={key: (f"group {named}",)})
            assert made.found("audit-duties-separated") == []

    def test_an_account_that_somebody_is_meant_to_be_counts_as_theirs(self) -> None:
        made = layers()
        made.account("platform-preview")
        made.holds("account platform-preview", "cloudsql.users.create")
        made.grant("group platform@example.com", "roles/iam.serviceAccountTokenCreator", "account platform-preview")
        made.holds("group platform@example.com", "iam.roles.create")

        assert "group platform@example.com has datastores" in texts(made.found("audit-duties-separated"))

    def test_the_same_pair_is_not_told_again_of_whoever_is_meant_to_be_the_account(self) -> None:
        made = layers()
        made.account("platform-preview")
        made.holds("account platform-preview", "cloudsql.users.create", "iam.roles.create")
        made.grant("group platform@example.com", "roles/iam.serviceAccountTokenCreator", "account platform-preview")

        assert [found.message.split(" has ")[0] for found in made.found("audit-duties-separated")] == [
            "account platform-preview"
        ]

    def test_every_conflict_and_every_exempt_principal_has_its_reason(self) -> None:
        for conflict in settings().conflicts:
            assert set(conflict.duties) <= set(settings().duties)
            assert bool(conflict.exempt) == bool(conflict.decision)
            assert not conflict.decision or (CHECKOUT / conflict.decision).is_file()

    def test_every_accepted_way_names_a_decision_that_exists(self) -> None:
        for path in settings().accepted:
            assert (CHECKOUT / path.decision).is_file(), path.decision


class TestRoles:
    """Roles that can be judged."""

    def test_a_role_that_nobody_knows_is_a_violation(self) -> None:
        made = layers()
        urn = made.grant("account bystander", "roles/editor")

        [found] = made.found("audit-roles-known")

        assert found.urn == urn
        assert "account bystander holds roles/editor on project: unknown role, cannot be judged." in found.message

    def test_every_predefined_role_that_may_be_granted_is_known(self) -> None:
        granted = {one.role for entry in ACCESS.grants for listed in entry.holds.values() for one in listed}

        assert {role for role in granted if role.startswith("roles/")} - settings().roles.keys() == set()

    def test_a_grant_on_a_kind_that_nobody_knows_is_a_violation(self) -> None:
        made = layers()
        told = {"role": "roles/logging.viewer", "member": member("group a@example.com"), "thing": "x"}
        urn = made.add("gcp:newservice/thingIamMember:ThingIamMember", "new", **told)

        assert [found.urn for found in made.found("audit-roles-known")] == [urn]

    @pytest.mark.parametrize("secret", [{"role": "[secret]"}, {"member": None}], ids=["role", "member"])
    def test_a_grant_that_cannot_be_read_is_a_violation(self, secret: dict[str, Any]) -> None:
        made = layers()
        told = {"role": "roles/logging.viewer", "member": member("group a@example.com"), "project": PROJECT, **secret}
        urn = made.add("gcp:projects/iAMMember:IAMMember", "hidden", **told)

        assert [found.urn for found in made.found("audit-roles-known")] == [urn]


class TestObjects:
    """Objects that two states have."""

    SECRET = "gcp:secretmanager/secret:Secret"
    OBJECT = "kubernetes:core/v1:ConfigMap"

    @pytest.mark.parametrize(
        ("kind", "outputs", "other"),
        [
            (SECRET, {"project": PROJECT, "secretId": "db"}, {"secretId": "cache"}),
            ("gcp:storage/bucket:Bucket", {"project": PROJECT, "name": "state"}, {"name": "reports"}),
            (OBJECT, {"metadata": {"namespace": "web", "name": "a"}}, {"metadata": {"namespace": "web", "name": "b"}}),
            (
                "gcp:projects/iAMMember:IAMMember",
                {"project": PROJECT, "role": "roles/logging.viewer", "member": "group:a@example.com"},
                {"member": "group:b@example.com"},
            ),
        ],
    )
    def test_one_in_two_states_is_found_and_two_are_not(
        self, kind: str, outputs: dict[str, Any], other: dict[str, Any]
    ) -> None:
        made = layers()
        made.add(kind, "first", "platform", "dev", **outputs)
        second = made.add(kind, "second", "platform", "storage-dev", **outputs)
        made.add(kind, "third", "platform", "storage-dev", **outputs | other)

        [found] = made.found("audit-objects-in-one-state")

        assert found.urn == second
        assert "platform/dev (first) and platform/storage-dev (second) both have" in found.message

    def test_two_resources_of_one_state_are_the_packs_business(self) -> None:
        made = layers()
        for name in ("first", "second"):
            made.add(self.SECRET, name, "platform", "dev", project=PROJECT, secretId="db")

        assert made.found("audit-objects-in-one-state") == []


class TestDatastores:
    """The inventory."""

    WANTED: ClassVar = {"dev": [{"stack": "platform/dev", "type": INSTANCE, "name": "orders"}]}

    def test_one_that_is_there_and_protected_is_in_order(self) -> None:
        made = layers()
        urn = made.add(INSTANCE, "orders", "platform")
        made.evidence = Evidence(environment="dev", protected=frozenset({urn}))

        assert made.found("audit-datastores-present", self.WANTED) == []

    def test_one_that_is_missing_is_found_though_no_code_asks_for_it(self) -> None:
        assert "'orders' of platform/dev must be there" in texts(
            layers().found("audit-datastores-present", self.WANTED)
        )

    def test_one_of_another_stack_is_not_it(self) -> None:
        made = layers()
        made.add(INSTANCE, "orders", "platform", "prod")

        assert "must be there" in texts(made.found("audit-datastores-present", self.WANTED))

    def test_one_that_lost_its_protection_is_found(self) -> None:
        made = layers()
        made.add(INSTANCE, "orders", "platform")

        assert "must be protected" in texts(made.found("audit-datastores-present", self.WANTED))

    def test_an_environment_without_a_list_is_found(self) -> None:
        assert "has no list for the environment 'dev'" in texts(
            layers().found("audit-datastores-present", {"prod": []})
        )


class TestContracts:
    """Contracts as they are published."""

    @pytest.mark.parametrize(("version", "problems"), [(1, 0), (2, 1)])
    def test_a_contract_fits_the_schema_of_its_layer(self, tmp_path: Path, version: int, problems: int) -> None:
        (tmp_path / "identity").mkdir()
        schema = {"type": "object", "properties": {"version": {"const": 1}}}
        (tmp_path / "identity" / "contract.schema.json").write_text(json.dumps(schema))
        made = Layers()
        made.add("pulumi:pulumi:Stack", "identity-dev", contract={"version": version})

        assert len(made.found("audit-contract-fits", root=tmp_path)) == problems

    @pytest.mark.parametrize("wrong", ["shop", "billing"])
    def test_the_contract_of_each_team_fits(self, tmp_path: Path, wrong: str) -> None:
        (tmp_path / "identity").mkdir()
        schema = {"type": "object", "properties": {"version": {"const": 1}}}
        (tmp_path / "identity" / "contract-team.schema.json").write_text(json.dumps(schema))
        made = Layers()
        for team in ("shop", "billing"):
            stack, version = f"team-{team}-dev", 2 if team == wrong else 1
            made.add("pulumi:pulumi:Stack", f"identity-{stack}", "identity", stack, contract={"version": version})

        [finding] = made.found("audit-contract-fits", root=tmp_path)
        assert f"identity-team-{wrong}-dev" in finding.urn

    def test_a_contract_without_a_schema_does_not_pass(self, tmp_path: Path) -> None:
        assert "cannot be read" in texts(layers().found("audit-contract-fits", root=tmp_path))

    def test_no_value_of_a_contract_is_repeated(self, tmp_path: Path) -> None:
        (tmp_path / "identity").mkdir()
        (tmp_path / "identity" / "contract.schema.json").write_text('{"properties": {"token": {"type": "null"}}}')
        made = Layers()
        made.add("pulumi:pulumi:Stack", "identity-dev", contract={"token": "hunter2"})

        assert "hunter2" not in texts(made.found("audit-contract-fits", root=tmp_path))


def _live(made: Layers, role: str, who: str, resource: str = PROJECT_NAME, condition: str = "") -> None:
    binding: dict[str, Any] = {"role": role, "members": [who]}
    if condition:
        binding["condition"] = {"title": "t", "expression": condition}
    policy = LivePolicy.model_validate({"resource": resource, "policy": {"bindings": [binding]}})
    made.evidence = Evidence(environment=made.evidence.environment or "dev", live=(policy,))


def _live_too(made: Layers, role: str, who: str, resource: str) -> None:
    before = made.evidence.live or ()
    _live(made, role, who, resource)
    made.evidence = made.evidence.model_copy(update={"live": (*before, *(made.evidence.live or ()))})


class TestDeclared:
    """Grants in the cloud that no state declares."""

    def test_a_grant_by_hand_is_found(self) -> None:
        made = layers()
        _live(made, "roles/viewer", "user:somebody@example.com")

        assert texts(made.found("audit-grants-declared")) == (
            "user:somebody@example.com holds roles/viewer on project, which no state declares."
        )

    @pytest.mark.parametrize(
        "place",
        [
            "project",
            "account data-admin",
            "secret app-shop-key",
            "bucket uploads",
            "topic t",
            "key r/k",
            "repository x",
        ],
    )
    def test_what_a_state_declares_is_not(self, place: str) -> None:
        kind, _, name = place.partition(" ")
        resource = {
            "project": "//cloudresourcemanager.googleapis.com/projects/42",
            "account": f"//iam.googleapis.com/projects/{PROJECT}/serviceAccounts/{email(name)}",
            "secret": f"//secretmanager.googleapis.com/projects/42/secrets/{name}",
            "bucket": f"//storage.googleapis.com/{PROJECT}-{name}",
            "topic": f"//pubsub.googleapis.com/projects/42/topics/{name}",
            "key": "//cloudkms.googleapis.com/projects/42/locations/l/keyRings/r/cryptoKeys/k",
            "repository": f"//artifactregistry.googleapis.com/projects/{PROJECT}/locations/l/repositories/{name}",
        }[kind]
        made = layers()
        made.grant("group a@example.com", "roles/logging.viewer", place)
        _live(made, "roles/logging.viewer", "group:a@example.com", resource)

        assert made.found("audit-grants-declared") == []

    def test_a_grant_on_a_resource_of_a_kind_that_no_layer_has_is_named_by_it(self) -> None:
        made = layers()
        _live(made, "roles/x", "group:a@example.com", f"//spanner.googleapis.com/projects/{PROJECT}/instances/i")
        _live_too(made, "roles/x", "group:a@example.com", "//newservice.googleapis.com/projects/42/things/t")

        assert [found.message.split(" on ")[1].split(",")[0] for found in made.found("audit-grants-declared")] == [
            "spanner instance i",
            f"//newservice.googleapis.com/projects/{PROJECT}/things/t",
        ]

    def test_the_same_grant_under_another_condition_is_another_grant(self) -> None:
        made = layers()
        made.grant(
            "group a@example.com", "roles/logging.viewer", condition="request.time < timestamp('2027-01-01T00:00:00Z')"
        )
        _live(made, "roles/logging.viewer", "group:a@example.com")

        assert len(made.found("audit-grants-declared")) == 1

    @pytest.mark.parametrize(
        "who",
        [
            "serviceAccount:service-42@gcp-sa-cloud-sql.iam.gserviceaccount.com",
            "serviceAccount:service-42@gs-project-accounts.iam.gserviceaccount.com",
            "serviceAccount:p42-x7k2ab@gcp-sa-cloud-sql.iam.gserviceaccount.com",
            "serviceAccount:p42-417@gcp-sa-logging.iam.gserviceaccount.com",
            "serviceAccount:service-p42@gcp-sa-accessapproval.iam.gserviceaccount.com",
            "serviceAccount:project-42@storage-transfer-service.iam.gserviceaccount.com",
            "serviceAccount:bq-42@bigquery-encryption.iam.gserviceaccount.com",
            "serviceAccount:42@cloudservices.gserviceaccount.com",
            f"projectOwner:{PROJECT}",
        ],
    )
    def test_the_clouds_own_agents_are_known(self, who: str) -> None:
        made = layers()
        _live(made, "roles/x.serviceAgent", who)

        assert made.found("audit-grants-declared") == []

    @pytest.mark.parametrize(
        "who",
        [
            "serviceAccount:service-backdoor@evil-project.iam.gserviceaccount.com",
            "serviceAccount:service-42@evil-project.iam.gserviceaccount.com",
            f"serviceAccount:service-42@{PROJECT}.iam.gserviceaccount.com",
            "serviceAccount:p42-x7k2ab@evil-project.iam.gserviceaccount.com",
            "serviceAccount:service-42@gcp-sa-evil.iam.gserviceaccount.com",
            "serviceAccount:service-43@gcp-sa-cloud-sql.iam.gserviceaccount.com",
            "serviceAccount:p43-x7k2ab@gcp-sa-cloud-sql.iam.gserviceaccount.com",
            "serviceAccount:43@cloudservices.gserviceaccount.com",
            "projectEditor:evil-project",
        ],
    )
    def test_an_account_that_only_looks_like_an_agent_or_serves_another_project_is_reported(self, who: str) -> None:
        made = layers()
        _live(made, "roles/owner", who)

        assert [found.message.partition(" holds ")[0] for found in made.found("audit-grants-declared")] == [who]

    def test_what_is_accepted_in_one_environment_is_not_in_another(self) -> None:
        made = layers()
        made.evidence = Evidence(environment="sandbox")
        _live(made, "roles/owner", "user:admin@sandbox.invalid")
        assert made.found("audit-grants-declared") == []

        made.evidence = Evidence(environment="prod")
        _live(made, "roles/owner", "user:admin@sandbox.invalid")
        assert len(made.found("audit-grants-declared")) == 1


class TestMissingRoles:
    """Custom roles that are granted and not there."""

    def test_a_deleted_role_is_named(self) -> None:
        made = layers()
        assert made.found("audit-roles-there") == []
        made.evidence = made.evidence.model_copy(
            update={"missing_roles": (f"projects/{PROJECT}/roles/platformPreview",)}
        )

        [found] = made.found("audit-roles-there")
        assert f"the custom role projects/{PROJECT}/roles/platformPreview is granted, and is deleted" in found.message

    def test_a_state_that_no_stack_file_is_of_is_found(self) -> None:
        made = layers()
        assert made.found("audit-states-declared") == []
        made.evidence = made.evidence.model_copy(update={"abandoned": ("apps/ledger (ledger-dev): its state",)})

        assert "apps/ledger (ledger-dev): its state: it runs on" in texts(made.found("audit-states-declared"))
