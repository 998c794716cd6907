"""The identity layer day by day: what identity-deploy and team-deploy do through the real engine, and are refused.

Its life cycle in order: people with a part in the whole project, and a team with an app, secrets and accesses; another
group and another order, an app of another team; an emergency; all of it goes again. Nobody but the accounts of each
stack runs any of that.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import example_tenant as example
from cli.layout import Stack
from e2e.foundation_changes import FOUNDATION_CHANGES, attempted
from e2e.harness import ADMIN, IDENTITY, PROJECT, TEAM, Ran, account, acting_as, is_write
from e2e.lifecycle import Change, Config, applied, choice, configuration, configure, file_of, name_of, resources
from e2e.sandboxes import Draft
from e2e.tenants import add_team
from identity_layer.foundation.custom_roles import ROLES
from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import CallEntry, Json

BILLING = Stack("identity", "sandbox", "team-billing")
AUDITORS = {"group": "auditors@example.com", "capabilities": ["platform-reader"]}
INVOICES = {"databases": [], "access": ["traces", "metrics"], "secrets": ["smtp"]}
LEDGER = {"databases": [], "access": ["profiles"]}
SECRET, CONTRACTS = "app-invoices-smtp", ("contract-namespaces-billing", "contract-team-billing")

DEPLOYERS = {stack: acting_as(f"{stack.owner()}-deploy") for stack in (IDENTITY, TEAM)}
SOMEBODY_ON_DUTY = Caller("user:on-duty@example.com")
START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
END = START + timedelta(hours=2)
DATABASE = f"{PROJECT}/instances/orders"


@pytest.fixture(scope="module")
def founded(draft: Draft) -> Draft:
    """The identity layer as it first comes up, and a database that has no protection of its own."""
    content = configuration(draft, TEAM)
    content["config"]["identity:apps"]["ledger"] = LEDGER
    configure(draft, TEAM, content)
    draft.bring_up("identity")
    instance: Json = {
        "name": "orders",
        "region": example.REGION,
        "databaseVersion": "POSTGRES_17",
        "settings": {"tier": "db-f1-micro", "edition": "ENTERPRISE"},
    }
    with draft.sandbox.cloud() as cloud:
        cloud.call("sql.instances.insert", DATABASE, ADMIN, instance)
        cloud.store.add_membership("group:break-glass@example.com", SOMEBODY_ON_DUTY.member)
    return draft


@pytest.fixture(scope="module")
def admitted(founded: Draft) -> Change:
    """People with a part in the whole project."""
    content = configuration(founded, IDENTITY)
    content["config"]["identity:teams"]["auditors"] = AUDITORS
    return applied(founded, IDENTITY, content)


@pytest.fixture(scope="module")
def enlarged(founded: Draft, admitted: Change) -> Change:
    """A second team, with an app."""
    add_team(founded.sandbox.checkout, "billing", "billing-team@example.com", {"invoices": INVOICES})
    return applied(founded, BILLING, configuration(founded, BILLING))


@dataclass(frozen=True)
class Altered:
    """Another group, access and order, an app of another team, a window in which glass may be broken.

    Attributes:
        daily: the change of what the whole project has.
        giver: the change of the team whose app is the other one's now.
        taker: the change of that other team.
        moving: of the audit log, the calls by `make move`.
    """

    daily: Change
    giver: Change
    taker: Change
    moving: list[CallEntry]


@pytest.fixture(scope="module")
def altered(founded: Draft, enlarged: Change) -> Altered:
    """All of these changes, one after the other."""
    content = configuration(founded, IDENTITY)
    config: Config = content["config"]
    config["identity:teams"]["auditors"]["group"] = "reviewers@example.com"
    config["identity:teams"] = dict(reversed(config["identity:teams"].items()))
    config["identity:breakGlass"] = {
        "reason": "the database of orders is beyond repair",
        "start": START.isoformat(),
        "end": END.isoformat(),
    }
    daily = applied(founded, IDENTITY, content)

    giving, taking = configuration(founded, TEAM), configuration(founded, BILLING)
    apps: Config = taking["config"]["identity:apps"]
    apps["invoices"]["access"] = ["errors"]
    apps["ledger"] = giving["config"]["identity:apps"].pop("ledger")
    taking["config"]["identity:apps"] = dict(reversed(apps.items()))
    taking["config"]["identity:team"]["group"] = "invoices-team@example.com"
    configure(founded, TEAM, giving)
    configure(founded, BILLING, taking)
    mark = founded.sandbox.mark()
    founded.sandbox.run("move", "--yes", "yes").succeeded()
    moving = founded.sandbox.calls(mark)
    return Altered(daily, applied(founded, TEAM, giving), applied(founded, BILLING, taking), moving)


@pytest.fixture(scope="module")
def reduced(founded: Draft, altered: Altered) -> Change:
    """The team goes, its apps first, and the people with it; break-glass deletes the secrets."""
    urns = [urn for urn in altered.taker.after if name_of(urn).startswith(SECRET)]
    targets = " ".join(f"--target '{urn}'" for urn in urns)

    def as_deployer(command: str) -> None:
        options = ("--as", "deploy", "--cmd", f"pulumi {command} --yes --skip-preview --non-interactive")
        founded.sandbox.run("shell", *choice(BILLING), *options).succeeded()

    def break_glass(*secrets: str) -> None:
        with founded.sandbox.cloud() as cloud, at(cloud, START + timedelta(minutes=1)):
            for secret in secrets:
                cloud.call("secretmanager.projects.secrets.delete", f"{PROJECT}/secrets/{secret}", SOMEBODY_ON_DUTY)

    break_glass(SECRET)
    as_deployer(f"refresh {targets}")
    content = configuration(founded, BILLING)
    content["config"]["identity:apps"] = {}
    applied(founded, BILLING, content)
    as_deployer("destroy --exclude-protected")
    break_glass(*CONTRACTS)
    as_deployer("refresh")
    as_deployer("destroy")
    assert resources(founded, BILLING) == {}
    file_of(founded, BILLING).unlink()
    content = configuration(founded, IDENTITY)
    del content["config"]["identity:teams"]["auditors"]
    return applied(founded, IDENTITY, content)


@contextmanager
def at(cloud: Cloud, moment: datetime) -> Generator[None]:
    """A cloud at another time."""
    before, cloud.iam.clock = cloud.iam.clock, moment.timestamp
    try:
        yield
    finally:
        cloud.iam.clock = before


def ran_as(done: Ran, stack: Stack) -> str:
    """The account that ran a stack, from the summary of `up`."""
    [row] = [line.split() for line in done.out.splitlines() if line.startswith(f"{stack.title} ")]
    return row[-3]


def writers(change: Change) -> set[str]:
    """Principals that changed something."""
    return {call.principal for call in change.calls if is_write(call)}


def planned(change: Change) -> list[str]:
    """Operations that the preview announces, one for each resource."""
    [verdict] = re.findall("plan gate: .*", change.planned.out)
    counts: list[tuple[str, str]] = re.findall("([0-9]+) to (create|update|replace|delete)", verdict)
    return [operation for number, operation in counts for _ in range(int(number))]


def test_a_team_alone_is_a_plan_of_under_thirty_lines(founded: Draft) -> None:
    content = configuration(founded, IDENTITY)
    content["config"]["identity:teams"]["legal"] = {
        "group": "legal-team@example.com",
        "capabilities": ["cluster-user"],
    }
    file = file_of(founded, IDENTITY)
    before = file.read_text()
    configure(founded, IDENTITY, content)
    try:
        printed = founded.sandbox.run("preview", *choice(IDENTITY)).succeeded().out
    finally:
        file.write_text(before)

    assert re.search(r"\+ group legal-team@example\.com: .*container\.clusterViewer on project", printed), printed
    assert len(printed.splitlines()) < 20, printed


def test_adding_people_only_creates_and_is_done_by_identity_deploy(admitted: Change) -> None:
    assert set(planned(admitted)) == {"create", "replace"}
    assert planned(admitted).count("replace") == 1, "the contract's next version"
    assert ran_as(admitted.done, IDENTITY) == "identity-deploy"
    assert writers(admitted) == {DEPLOYERS[IDENTITY].member}
    assert admitted.removed == set()
    assert {name_of(urn) for urn in admitted.replaced} == {"contract-identity-version"}


def test_adding_a_team_only_creates_and_is_a_small_plan(enlarged: Change) -> None:
    assert set(planned(enlarged)) == {"create"}
    assert 10 < len(planned(enlarged)) < 40


def test_a_team_is_added_by_team_deploy(enlarged: Change) -> None:
    assert ran_as(enlarged.done, BILLING) == "team-deploy"
    assert writers(enlarged) == {DEPLOYERS[TEAM].member}
    assert {"apps-billing-deploy", "app-invoices", "app-invoices-smtp"} <= {name_of(urn) for urn in enlarged.created}


def gone(change: Change) -> set[str]:
    """Names of what a change removed or replaced."""
    return {name_of(urn) for urn in change.removed | change.replaced}


def test_another_group_and_another_order_replace_nothing_that_is_protected(altered: Altered) -> None:
    taker = altered.taker
    protected = {urn for urn, each in taker.before.items() if each.get("protect")}

    assert ran_as(altered.daily.done, IDENTITY) == "identity-deploy"
    assert ran_as(taker.done, BILLING) == "team-deploy"
    roles = ("platformReader", "logging.viewer", "monitoring.viewer")
    assert gone(altered.daily) == {*(f"team-auditors-{role}" for role in roles), "contract-identity-version"}
    assert gone(taker) == {
        "team-billing-container.clusterViewer",
        "apps-billing-preview-people",
        "app-invoices-smtp-owners",
        "app-invoices-cloudtrace.agent",
        "app-invoices-monitoring.metricWriter",
        "contract-team-billing-version",
    }
    assert {name_of(urn) for urn in protected} >= {SECRET, *CONTRACTS}
    assert protected <= set(taker.after)
    assert all(taker.after[urn]["inputs"] == taker.before[urn]["inputs"] for urn in protected)


def test_an_app_that_another_team_takes_over_keeps_its_account_and_its_roles(altered: Altered) -> None:
    assert [call.method for call in altered.moving if is_write(call)] == []
    assert {"app-ledger", "app-ledger-cloudprofiler.agent"} <= {name_of(urn) for urn in altered.taker.before}
    assert gone(altered.giver) == {"contract-team-shop-version"}


def test_a_team_goes_without_a_trace_but_the_secrets_that_break_glass_deleted(founded: Draft, reduced: Change) -> None:
    with founded.sandbox.cloud() as cloud:
        for name in ("apps-billing-deploy", "apps-billing-preview", "app-invoices", "app-ledger"):
            assert cloud.store.get(names.service_account(account(name))) is None
        policies = [str(policy) for _, policy in cloud.store.policies()]
    words = ("billing", "invoices", "auditors", "reviewers")
    assert [policy for policy in policies if any(word in policy for word in words)] == []


def deletes(cloud: Cloud, caller: Caller, moment: datetime) -> bool:
    """Return whether a principal may delete the database at a moment."""
    resource = f"//sqladmin.googleapis.com/{DATABASE}"
    with at(cloud, moment), cloud.iam.recording(caller, resource):
        return cloud.iam.decide(caller.member, "cloudsql.instances.delete", resource).allowed


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (START - timedelta(seconds=1), False),
        (START, True),
        (END - timedelta(seconds=1), True),
        (END, False),
        (END + timedelta(days=365), False),
    ],
    ids=["before", "at the start", "at the end", "after", "a year later"],
)
def test_glass_is_broken_within_the_window_alone(
    founded: Draft, altered: Altered, moment: datetime, *, allowed: bool
) -> None:
    with founded.sandbox.cloud() as cloud:
        assert deletes(cloud, SOMEBODY_ON_DUTY, moment) is allowed


@pytest.mark.parametrize(
    "caller", [ADMIN, *DEPLOYERS.values(), acting_as("platform-deploy"), Caller("user:developer@example.com")]
)
def test_within_the_window_everybody_else_is_refused(founded: Draft, altered: Altered, caller: Caller) -> None:
    with founded.sandbox.cloud() as cloud:
        assert not deletes(cloud, caller, START)


def test_the_owner_is_refused_by_the_deny_policy_and_by_nothing_else(founded: Draft) -> None:
    with founded.sandbox.cloud() as cloud:
        with pytest.raises(ApiError) as refused:
            cloud.call("sql.instances.delete", DATABASE, ADMIN)
        decision = cloud.store.calls()[-1].decisions[-1]

    assert refused.value.status == "PERMISSION_DENIED"
    assert decision["deniedBy"]["permission"] == "cloudsql.googleapis.com/instances.delete"


@pytest.fixture(scope="module")
def tried(founded: Draft) -> dict[tuple[Stack, str], Ran]:
    """All of these changes in three updates by each deploy account.

    A bucket comes after its key, so that it is not tried when the key has failed. The list is in a grant that is
    replaced: the engine never answers the program when a deletion before a creation fails and it goes on after errors.
    """
    alone = ["bucket", "list of what it may grant"]
    rest = [what for what in FOUNDATION_CHANGES if what not in alone]
    return {
        (stack, what): ran
        for stack in DEPLOYERS
        for together in (*([what] for what in alone), rest)
        for ran in [attempted(founded, stack, together)]
        for what in together
    }


@pytest.mark.parametrize("stack", DEPLOYERS, ids=[stack.owner() for stack in DEPLOYERS])
@pytest.mark.parametrize("what", FOUNDATION_CHANGES)
def test_a_deploy_account_is_refused_a_change_of_the_foundation(
    tried: dict[tuple[Stack, str], Ran], what: str, stack: Stack
) -> None:
    ran = tried[stack, what]
    assert ran.code != 0
    assert f"Permission '{FOUNDATION_CHANGES[what][3]}' denied on resource" in ran.text


def unneeded(draft: Draft, member: str, roles: set[str]) -> frozenset[str]:
    """The permissions of some custom roles that an account never used, wherever it had them from."""
    with draft.sandbox.cloud() as cloud:
        calls = [call for call in cloud.store.calls() if call.principal == f"serviceAccount:{account(member)}"]
        granted = frozenset[str]().union(*(ROLES[role].permissions for role in roles)) & cloud.vocabulary
    used = {each["permission"] for call in calls for each in call.decisions if each["granted"]}
    assert used
    return granted - used


@pytest.mark.parametrize(
    ("member", "roles"),
    [
        ("identity-deploy", {"identityDeploy", "identityGrantor", "contractPublisher"}),
        ("team-deploy", {"teamDeploy", "identityGrantor", "stateGrantor", "keyGrantor", "contractPublisher"}),
    ],
)
def test_a_full_life_cycle_uses_every_permission_of_the_deploy_accounts(
    founded: Draft, reduced: Change, member: str, roles: set[str]
) -> None:
    assert unneeded(founded, member, roles) == set()


def test_looking_for_drift_uses_every_permission_of_the_preview_accounts(founded: Draft, enlarged: Change) -> None:
    found = founded.sandbox.run("preview", "--layer", "identity", "--refresh", "yes").succeeded()
    with founded.sandbox.cloud() as cloud:  # the other half: what no state declares
        cloud.call("cloudasset.searchAllIamPolicies", PROJECT, acting_as("identity-preview"))

    assert "to update" not in found.out
    assert unneeded(founded, "identity-preview", {"identityPreview", "contractReviewer"}) == set()
    assert unneeded(founded, "team-preview", {"teamPreview", "contractReviewer"}) == set()
