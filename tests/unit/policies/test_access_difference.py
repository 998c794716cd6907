"""Gained and lost access: between two answers, and by plans that have yet to be carried out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from access import difference
from access.planned import Plan, members, unsettled
from access.questions import QuestionError
from audit.merge import StateError
from engine.members import Member
from example_tenant import PROJECT
from iam.build import Builder
from iam.decide import Access
from iam.fetched import Fetched
from iam.states import States
from unit.policies.access_worlds import INNER, SECRET, World
from unit.policies.plans import UNKNOWN, Preview, urn

ACCESSOR = "roles/secretmanager.secretAccessor"
ROLES = {ACCESSOR: ["secretmanager.versions.access"], "roles/other": ["secretmanager.versions.access"]}
EVE, BOB = "user:eve@example.com", "user:bob@example.com"


def changes(before: World, after: World) -> set[tuple[str, str, tuple[str, ...], str]]:
    """Gained or lost, by whom, what, by which role."""
    found = difference.changes(before.access(ROLES), after.access(ROLES))
    return {(each.change, each.who, each.what, each.by) for each in found}


def world(*grants: tuple[str, str]) -> World:
    """A world with grants on the secret."""
    made = World()
    for who, role in grants:
        made.grant(who, role, SECRET)
    return made


def test_nothing_changed_is_no_change() -> None:
    assert changes(world((EVE, ACCESSOR)), world((EVE, ACCESSOR))) == set()


def test_a_grant_is_gained_and_its_end_is_lost() -> None:
    gained = ("gained", "person eve@example.com", ("secretmanager.versions.access",), ACCESSOR)
    assert changes(world(), world((EVE, ACCESSOR))) == {gained}
    assert changes(world((EVE, ACCESSOR)), world()) == {("lost", *gained[1:])}


def test_the_same_permission_by_another_role_is_no_change() -> None:
    assert changes(world((EVE, ACCESSOR)), world((EVE, "roles/other"))) == set()


def test_a_condition_that_goes_is_a_gain() -> None:
    bound = World()
    bound.grant(EVE, ACCESSOR, SECRET, 'request.time < timestamp("2199-01-01T00:00:00Z")')
    assert {change for change, *_ in changes(bound, world((EVE, ACCESSOR)))} == {"gained", "lost"}


def test_a_deny_rule_that_goes_is_a_gain_of_whom_it_bound() -> None:
    denied = world((EVE, ACCESSOR), (INNER, ACCESSOR))
    denied.forbid(["secretmanager.googleapis.com/versions.access"], ["principal://goog/subject/eve@example.com"])
    after = world((EVE, ACCESSOR), (INNER, ACCESSOR))
    assert {(change, who) for change, who, *_ in changes(denied, after)} == {("gained", "person eve@example.com")}


def test_who_comes_into_a_group_is_told() -> None:
    before, after = (world((INNER, ACCESSOR)).access(ROLES, groups={INNER: people}) for people in ((), (EVE,)))
    assert [(each.change, each.who, each.what) for each in difference.changes(before, after)] == [
        ("gained", "person eve@example.com", ("be in group inner@example.com",))
    ]


@pytest.mark.parametrize(("before", "after"), [((EVE, BOB), (BOB,)), ((BOB,), (EVE, BOB)), ((EVE,), (EVE,))])
def test_who_is_there_before_or_after_only_can_be_asked_about(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    old, new = (world(*((who, ACCESSOR) for who in each)).access(ROLES) for each in (before, after))
    assert difference.whose("eve@example.com", old, new) == "person eve@example.com"


def test_who_is_there_at_neither_time_cannot_be_asked_about() -> None:
    old, new = (world((who, ACCESSOR)).access(ROLES) for who in (EVE, BOB))
    with pytest.raises(QuestionError, match=r"no principal 'bobb@example\.com'. The nearest: bob@example\.com"):
        difference.whose("bobb@example.com", old, new)


MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
KEY = {"secretId": "key", "project": PROJECT}


def planned(preview: Preview) -> list[tuple[str, str]]:
    """Principals that gain or lose access by the plan of a preview, on a secret whose policy equals the state's."""
    old = [Member(each["urn"], each["type"], "x", lambda e=each: e.get("outputs", {})) for each in preview.resources]
    before, after = States(old), States(list(members(Plan(*preview.written()))))
    bindings = [
        {"role": each["outputs"]["role"], "members": [each["outputs"]["member"]]}
        for each in preview.resources
        if each["type"] == MEMBER
    ]
    told = Fetched.model_validate(
        {
            "environment": "dev",
            "policies": [{"resource": SECRET, "policy": {"bindings": bindings}}],
            "roles": {ACCESSOR: {"includedPermissions": ROLES[ACCESSOR]}},
        }
    )
    now = datetime.now(UTC)
    compared = (Builder(before, told, now).document(), Builder(after, told, now, before=before).document())
    return [(each.change, each.who) for each in difference.changes(*map(Access, compared))]


@pytest.fixture
def layer(tmp_path: Path) -> Preview:
    """A preview of a stack with a secret, which bob may read."""
    made = Preview(tmp_path)
    made.stack("identity", contract={"project": {"number": "1"}})
    account = {"accountId": "robot", "project": PROJECT, "email": "robot@x"}
    made.held("gcp:serviceaccount/account:Account", "robot", project="identity", inputs=account, outputs=account)
    made.held("gcp:secretmanager/secret:Secret", "key", project="identity", inputs=KEY, outputs=KEY)
    grant = {"secretId": "key", "role": ACCESSOR, "member": BOB}
    made.held(MEMBER, "bob", project="identity", inputs=grant, outputs=grant)
    return made


def test_a_plan_that_changes_nothing_changes_no_access(layer: Preview) -> None:
    assert planned(layer) == []


def test_a_planned_grant_is_gained_and_one_that_goes_is_lost(layer: Preview) -> None:
    grant = {"secretId": "key", "role": ACCESSOR, "member": EVE}
    layer.planned(urn(MEMBER, "eve", "identity"), "create", inputDiff={"adds": grant})
    layer.planned(urn(MEMBER, "bob", "identity"), "delete")
    assert planned(layer) == [("gained", "person eve@example.com"), ("lost", "person bob@example.com")]


def test_a_grant_on_what_is_planned_itself_is_gained(layer: Preview) -> None:
    new = {"secretId": "new", "project": PROJECT}
    layer.planned(urn("gcp:secretmanager/secret:Secret", "new", "identity"), "create", inputDiff={"adds": new})
    grant = {"secretId": "new", "role": ACCESSOR, "member": EVE}
    layer.planned(urn(MEMBER, "eve", "identity"), "create", inputDiff={"adds": grant})
    assert planned(layer) == [("gained", "person eve@example.com")]


def test_a_grant_that_only_the_update_knows_is_a_gap(layer: Preview) -> None:
    grant = {"secretId": "key", "role": ACCESSOR, "member": UNKNOWN}
    named = layer.planned(urn(MEMBER, "eve", "identity"), "create", inputDiff={"adds": grant})
    after = States(list(members(Plan(*layer.written()))))
    told = Builder(after, Fetched(environment="dev", roles={}, groups={}), datetime.now(UTC)).document()
    assert any(named.rpartition("::")[2] in gap for gap in told.gaps)


def test_a_preview_that_failed_gives_no_answer(layer: Preview) -> None:
    layer.failed = True
    with pytest.raises(StateError, match="the preview ended without a plan"):
        list(members(Plan(*layer.written())))


def hands_over(folder: Path, layer: str, stack: str = "dev", *, changed: bool) -> Plan:
    """The plan of a stack that hands over a contract, the same as before or another."""
    folder.mkdir()
    made = Preview(folder)
    made.stack(layer, stack, contract={"teams": {}})
    named = next(iter(made.plans))
    made.planned(
        named, "same", custom=False, outputDiff={"updates": {"contract": {"teams": {"shop": {}}}} if changed else {}}
    )
    return Plan(*made.written())


@pytest.mark.parametrize(
    ("changed", "told"),
    [((), []), (("identity",), ["identity"]), (("platform",), []), (("identity", "platform"), ["identity"])],
)
def test_what_a_layer_will_make_of_another_contract_is_a_gap(
    tmp_path: Path, changed: tuple[str, ...], told: list[str]
) -> None:
    plans = [hands_over(tmp_path / layer, layer, changed=layer in changed) for layer in ("identity", "platform")]
    assert [gap.split()[0] for gap in unsettled(plans)] == told  # who reads the platform's contract grants nothing


@pytest.mark.parametrize("changed", ["shop", "billing"])
def test_the_contract_of_each_team_is_compared(tmp_path: Path, changed: str) -> None:
    teams = [
        hands_over(tmp_path / team, "identity", f"team-{team}-dev", changed=team == changed)
        for team in ("shop", "billing")
    ]
    namespaces = hands_over(tmp_path / "namespaces", "platform", "namespaces-shop-dev", changed=False)
    [gap] = unsettled([*teams, namespaces])
    assert gap.startswith("identity/team will hand over another contract, and what platform/namespaces makes of it")
