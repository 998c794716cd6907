"""Predictions of an update where files are not what they should be, and where only the update can tell."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import example_tenant as example
from engine.document import FormatError
from iam.fetched import Fetched
from plan_gate.change import changes
from plan_gate.needs import Environment, environment, required
from plan_gate.plan import read
from plan_gate.requirements import Needs
from unit.policies.access_worlds import EMAIL, World
from unit.policies.plans import FIREWALL, INSTANCE, UNKNOWN, Preview, urn
from unit.policies.test_needs import APIS, created, predicted, router, world
from unit.sandbox.gcp_plugin.lives import NETWORK, P

ROUTER_NEEDS = ("compute.routers.create", "compute.routers.get", "compute.networks.updatePolicy")
NAMED = {"name": "web", "network": NETWORK}
SECRET_VERSION = "gcp:secretmanager/secretVersion:SecretVersion"


@pytest.fixture
def preview(tmp_path: Path) -> Preview:
    preview = Preview(tmp_path)
    preview.stack()
    return preview


def _resource(name: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(FIREWALL, name), "type": FIREWALL, "custom": True, **more}


def _written(folder: Path, *resources: dict[str, Any]) -> tuple[Path, Path]:
    fetched, state = folder / "fetched.json", folder / "around.json"
    fetched.write_text(json.dumps({"environment": "dev"}))
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return fetched, state


def test_an_environment_is_read_without_what_is_about_to_be_deleted(tmp_path: Path) -> None:
    outputs = {"name": "web"}
    fetched, state = _written(
        tmp_path, _resource("web", outputs=outputs), _resource("bare"), _resource("old", delete=True)
    )

    read_in = environment(fetched, [state], EMAIL, "12")

    members = [(member.urn, member.type, member.name, member.fields) for member in read_in.states]
    assert members == [(urn(FIREWALL, "web"), FIREWALL, "web", outputs), (urn(FIREWALL, "bare"), FIREWALL, "bare", {})]
    assert (read_in.account, read_in.number) == (EMAIL, "12")


@pytest.mark.parametrize(
    ("missing", "words"), [("fetched.json", "answers of the cloud"), ("around.json", "state around.json")]
)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, missing: str, words: str) -> None:
    fetched, state = _written(tmp_path)
    (tmp_path / missing).unlink()

    with pytest.raises(FormatError, match=words):
        environment(fetched, [state], EMAIL, "")


def test_answers_of_another_form_are_refused(tmp_path: Path) -> None:
    fetched, state = _written(tmp_path)
    fetched.write_text('{"apis": 1}')

    with pytest.raises(FormatError, match=r"fetched\.json"):
        environment(fetched, [state], EMAIL, "")


def test_an_import_that_changes_something_requires_the_update(preview: Preview) -> None:
    shown = ("import", "update")
    preview.planned(urn(FIREWALL, "web"), "update", shown=shown, inputDiff={"adds": NAMED})

    purposes = {purpose for one in predicted(preview, world()).permissions for purpose in one.purposes}
    assert purposes == {"update Firewall web"}


def test_components_and_providers_call_nothing(preview: Preview) -> None:
    created(preview, "pulumi:providers:gcp", "default", {"project": example.PROJECT})
    preview.planned(urn("prodfirst:platform:Group", "one"), "create", custom=False)

    assert predicted(preview, world()) == Needs(EMAIL)


def test_without_a_state_the_project_is_the_accounts(preview: Preview) -> None:
    router(preview)
    plan = read(*preview.written())
    known = Fetched.model_validate({"environment": "dev", "apis": APIS})

    needed = required(plan, changes(plan), Environment([], known, EMAIL, datetime.now(UTC)))

    assert {one.resource for one in needed.permissions if one.place == "project"} == {
        f"//cloudresourcemanager.googleapis.com/projects/{example.PROJECT}"
    }


def test_a_condition_that_depends_on_the_request_is_unknown(preview: Preview) -> None:
    router(preview)
    around = world(*ROUTER_NEEDS, "compute.regionOperations.get", condition="request.auth.claims.x == 'y'")

    needed = predicted(preview, around)

    assert needed.refused == ()
    assert len(needed.uncertain) == 4
    assert all("its condition depends on the request" in line for line in needed.uncertain)


def test_where_only_the_update_names_the_resource_a_missing_grant_is_unknown(preview: Preview) -> None:
    created(preview, SECRET_VERSION, "new", {"secret": UNKNOWN, "secretData": "{}"})

    needed = predicted(preview, world())

    assert needed.refused == ()
    assert all("whether it is granted there is known in the update" in line for line in needed.uncertain)
    assert needed.uncertain


def test_what_is_refused_stands_before_what_is_unknown_and_what_is_granted(preview: Preview) -> None:
    router(preview)
    created(preview, SECRET_VERSION, "new", {"secret": UNKNOWN, "secretData": "{}"})

    listed = predicted(preview, world("compute.routers.get", "compute.routers.create")).permissions

    order = [(bool(one.problem), one.certain) for one in listed]
    assert order == sorted(order, key=lambda one: (not one[0], not one[1]))
    assert {*order} == {(True, True), (True, False), (False, True)}


def test_a_deny_policy_that_exempts_nobody_says_so(preview: Preview) -> None:
    preview.planned(preview.held(INSTANCE, "orders", inputs={"name": "orders"}), "delete")
    around = world("cloudsql.instances.delete")
    for service in ("sqladmin", "cloudsql"):
        around.forbid([f"{service}.googleapis.com/instances.delete"], ["principalSet://goog/public:all"])

    [line] = predicted(preview, around).refused
    assert line.endswith("keeps account robot from it; exempt: nobody")


def test_without_any_role_of_its_own_a_new_grant_is_the_remedy(preview: Preview) -> None:
    router(preview)
    around = World()

    assert all(
        line.endswith("which an administrator applies, grants a role with it")
        for line in predicted(preview, around).refused
    )


def test_a_group_is_looked_up_for_grants_alone(preview: Preview) -> None:
    member = {"project": example.PROJECT, "role": "roles/viewer"}
    created(preview, "gcp:projects/iAMMember:IAMMember", "user", {**member, "member": "user:ann@example.com"})
    created(preview, "gcp:projects/iAMMember:IAMMember", "later", {**member, "member": UNKNOWN})
    held = preview.held("gcp:projects/iAMMember:IAMMember", "old", inputs={**member, "member": "group:old@example.com"})
    preview.planned(held, "delete")
    around = world("resourcemanager.projects.getIamPolicy", "resourcemanager.projects.setIamPolicy")

    needed = predicted(preview, around)

    assert not [line for line in (*needed.refused, *needed.uncertain) if "group" in line]


def test_a_constraint_that_is_not_enforced_forbids_nothing(preview: Preview) -> None:
    around = world("cloudsql.instances.create", "cloudsql.instances.get")
    spec = {"rules": [{"enforce": "FALSE"}]}
    around.add("gcp:orgpolicy/policy:Policy", "sql", name=f"{P}/policies/sql.restrictPublicIp", parent=P, spec=spec)
    created(preview, INSTANCE, "orders", {"name": "orders", "settings": {}})

    assert predicted(preview, around).refused == ()
