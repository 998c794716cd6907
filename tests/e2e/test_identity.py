"""The identity layer day by day: what identity-deploy does through the real engine, and what it is refused.

Its life cycle in order: a team with an app, secrets and accesses; another group and another order; an emergency; the
team goes again. Nobody but its own account runs any of that.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

import example_tenant as example
from e2e.foundation_changes import FOUNDATION_CHANGES, attempted
from e2e.harness import ADMIN, PROJECT, Ran, account, acting_as, is_write
from e2e.lifecycle import STACK_FILE, Change, Config, applied, configuration, configure, name_of
from e2e.sandboxes import Draft
from identity_layer.foundation.custom_roles import ROLES
from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json

BILLING = {"group": "billing-team@example.com", "capabilities": ["cluster-user"]}
INVOICES = {"team": "billing", "databases": [], "access": ["traces", "metrics"], "secrets": ["smtp"]}
LEDGER = {"team": "shop", "databases": [], "access": ["profiles"]}
SECRET = f"{PROJECT}/secrets/app-invoices-smtp"

DEPLOYER = acting_as("identity-deploy")
SOMEBODY_ON_DUTY = Caller("user:on-duty@example.com")
START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
END = START + timedelta(hours=2)
DATABASE = f"{PROJECT}/instances/orders"


@pytest.fixture(scope="module")
def founded(draft: Draft) -> Draft:
    """The identity layer as it first comes up, and a database that has no protection of its own."""
    content = configuration(draft)
    content["config"]["identity:apps"]["ledger"] = LEDGER
    configure(draft, content)
    draft.bring_up("identity")
    instance: Json = {
        "name": "orders",
        "region": example.REGION,
        "databaseVersion": "POSTGRES_17",
        "settings": {"tier": "db-f1-micro"},
    }
    with draft.sandbox.cloud() as cloud:
        cloud.call("sql.instances.insert", DATABASE, ADMIN, instance)
        cloud.store.add_membership("group:break-glass@example.com", SOMEBODY_ON_DUTY.member)
    return draft


@pytest.fixture(scope="module")
def enlarged(founded: Draft) -> Change:
    """A second team, with an app."""
    content = configuration(founded)
    content["config"]["identity:teams"]["billing"] = BILLING
    content["config"]["identity:apps"]["invoices"] = INVOICES
    return applied(founded, content)


@pytest.fixture(scope="module")
def altered(founded: Draft, enlarged: Change) -> Change:
    """Another group, access and order, an app of another team, a window in which glass may be broken."""
    content = configuration(founded)
    config: Config = content["config"]
    config["identity:teams"]["billing"]["group"] = "invoices-team@example.com"
    config["identity:apps"]["invoices"]["access"] = ["errors"]
    config["identity:apps"]["ledger"]["team"] = "billing"
    for key in ("identity:teams", "identity:apps"):
        config[key] = dict(reversed(config[key].items()))
    config["identity:breakGlass"] = {
        "reason": "the database of orders is beyond repair",
        "start": START.isoformat(),
        "end": END.isoformat(),
    }
    return applied(founded, content)


@pytest.fixture(scope="module")
def reduced(founded: Draft, altered: Change) -> Change:
    """The team goes; break-glass has deleted its secret before."""
    with founded.sandbox.cloud() as cloud, at(cloud, START + timedelta(minutes=1)):
        cloud.call("secretmanager.projects.secrets.delete", SECRET, SOMEBODY_ON_DUTY)
    urns = [urn for urn in altered.after if "app-invoices-smtp" in name_of(urn)]
    targets = " ".join(f"--target '{urn}'" for urn in urns)
    founded.sandbox.shell("identity", f"pulumi refresh --yes --skip-preview --non-interactive {targets}").succeeded()
    content = configuration(founded)
    del content["config"]["identity:teams"]["billing"]
    del content["config"]["identity:apps"]["invoices"], content["config"]["identity:apps"]["ledger"]
    return applied(founded, content)


@contextmanager
def at(cloud: Cloud, moment: datetime) -> Generator[None]:
    """A cloud at another time."""
    before, cloud.iam.clock = cloud.iam.clock, moment.timestamp
    try:
        yield
    finally:
        cloud.iam.clock = before


def ran_as(done: Ran) -> str:
    """The account that ran the identity layer, from the summary of `up`."""
    [row] = [line.split() for line in done.out.splitlines() if line.startswith("identity ")]
    return row[-3]


def test_a_team_alone_is_a_plan_of_under_thirty_lines(founded: Draft) -> None:
    content = configuration(founded)
    content["config"]["identity:teams"]["legal"] = {**BILLING, "group": "legal-team@example.com"}
    file = founded.sandbox.checkout / STACK_FILE
    before = file.read_text()
    configure(founded, content)
    try:
        printed = founded.sandbox.run("preview", "--owner", "identity").succeeded().out
    finally:
        file.write_text(before)

    planned, verdict = printed.split("plan gate: ")
    assert "team-legal-container.clusterViewer" in planned
    assert len(planned.splitlines()) < 30, planned
    assert len(verdict.splitlines()) < 15, verdict


def test_adding_a_team_only_creates_and_is_a_small_plan(enlarged: Change) -> None:
    planned = re.findall(r"gcp:\S+: \((\S+)\)", enlarged.planned.out)

    assert set(planned) == {"create", "replace"}
    assert planned.count("replace") == 1, "the contract's next version"
    assert 10 < planned.count("create") < 30


def test_a_team_is_added_by_identity_deploy(enlarged: Change) -> None:
    writers = {call.principal for call in enlarged.calls if is_write(call)}

    assert ran_as(enlarged.done) == "identity-deploy"
    assert writers == {DEPLOYER.member}
    assert enlarged.removed == set()
    assert {name_of(urn) for urn in enlarged.replaced} == {"contract-identity-version"}
    assert {"apps-billing-deploy", "app-invoices", "app-invoices-smtp"} <= {name_of(urn) for urn in enlarged.created}


def test_another_group_and_another_order_replace_nothing_that_is_protected(altered: Change) -> None:
    gone = {name_of(urn) for urn in altered.removed | altered.replaced}
    protected = {urn for urn, each in altered.before.items() if each.get("protect")}

    assert ran_as(altered.done) == "identity-deploy"
    assert gone == {
        "team-billing-container.clusterViewer",
        "apps-billing-preview-people",
        "app-invoices-smtp-owners",
        "app-invoices-cloudtrace.agent",
        "app-invoices-monitoring.metricWriter",
        "contract-identity-version",
    }
    assert len(protected) > 4
    assert protected <= set(altered.after)
    assert all(altered.after[urn]["inputs"] == altered.before[urn]["inputs"] for urn in protected)


def test_a_team_goes_without_a_trace_but_the_secret_that_break_glass_deleted(founded: Draft, reduced: Change) -> None:
    assert ran_as(reduced.done) == "identity-deploy"
    with founded.sandbox.cloud() as cloud:
        for name in ("apps-billing-deploy", "apps-billing-preview", "app-invoices", "app-ledger"):
            assert cloud.store.get(names.service_account(account(name))) is None
        left = [policy for _, policy in cloud.store.policies() if "billing" in str(policy) or "invoices" in str(policy)]
    assert left == []


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
    founded: Draft, altered: Change, moment: datetime, *, allowed: bool
) -> None:
    with founded.sandbox.cloud() as cloud:
        assert deletes(cloud, SOMEBODY_ON_DUTY, moment) is allowed


@pytest.mark.parametrize(
    "caller", [ADMIN, DEPLOYER, acting_as("platform-deploy"), Caller("user:developer@example.com")]
)
def test_within_the_window_everybody_else_is_refused(founded: Draft, altered: Change, caller: Caller) -> None:
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
def tried(founded: Draft) -> dict[str, Ran]:
    """All of these changes in two updates by identity-deploy, which do not stop at an error.

    A bucket comes after its key, so that it is not tried when the key has failed.
    """
    rest = [what for what in FOUNDATION_CHANGES if what != "bucket"]
    return {"bucket": attempted(founded, ["bucket"]), **dict.fromkeys(rest, attempted(founded, rest))}


@pytest.mark.parametrize("what", FOUNDATION_CHANGES)
def test_identity_deploy_is_refused_a_change_of_the_foundation(tried: dict[str, Ran], what: str) -> None:
    assert tried[what].code != 0
    assert f"Permission '{FOUNDATION_CHANGES[what][3]}' denied on resource" in tried[what].text


def unneeded(draft: Draft, member: str, roles: set[str]) -> frozenset[str]:
    """The permissions of some custom roles that an account never used, wherever it had them from."""
    with draft.sandbox.cloud() as cloud:
        calls = [call for call in cloud.store.calls() if call.principal == f"serviceAccount:{account(member)}"]
        granted = frozenset[str]().union(*(ROLES[role].permissions for role in roles)) & cloud.vocabulary
    used = {each["permission"] for call in calls for each in call.decisions if each["granted"]}
    assert used
    return granted - used


def test_a_full_life_cycle_uses_every_permission_of_identity_deploy(founded: Draft, reduced: Change) -> None:
    roles = {"identityDeploy", "identityGrantor", "stateGrantor", "keyGrantor", "contractPublisher"}
    assert unneeded(founded, "identity-deploy", roles) == set()


def test_looking_for_drift_uses_every_permission_of_identity_preview(founded: Draft, enlarged: Change) -> None:
    found = founded.sandbox.run("preview", "--layer", "identity", "--refresh", "yes").succeeded()
    with founded.sandbox.cloud() as cloud:  # the other half: what no state declares
        cloud.call("cloudasset.searchAllIamPolicies", PROJECT, acting_as("identity-preview"))

    assert "to update" not in found.out
    assert unneeded(founded, "identity-preview", {"identityPreview", "contractReviewer"}) == set()
