from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.history.correlation import correlated, origin
from cli.history.model import Entry, Update

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DEPLOY = "apps-shop-deploy@p.iam.gserviceaccount.com"


def update(key: str, start: int, end: int, identity: str = DEPLOY) -> Update:
    """An update that ran from one minute after noon to another."""
    layer, _, rest = key.partition("/")
    app = rest.partition("/")[0] if layer == "apps" else None
    times: dict[str, Any] = {"started": NOON + timedelta(minutes=start), "ended": NOON + timedelta(minutes=end)}
    return Update(
        key=key,
        stack="s",
        layer=layer,
        app=app,
        number=1,
        kind="update",
        result="succeeded",
        identity=identity,
        **times,
    )


def entry(minute: float, principal: str = DEPLOY, resource: str = "projects/p", via: tuple[str, ...] = ()) -> Entry:
    """An entry of a minute after noon."""
    time = NOON + timedelta(minutes=minute)
    return Entry(id=f"{minute}", time=time, principal=principal, via=via, service="s", method="m", resource=resource)


def tried(outcome: str) -> Entry:
    """The dry-run patch of a preview of a changed workload."""
    one = entry(0, "apps-shop-preview@p.iam.gserviceaccount.com", "apps/v1/namespaces/storefront/deployments/x")
    return one.model_copy(update={"method": "io.k8s.apps.v1.deployments.patch", "outcome": outcome})


def owners(updates: list[Update], one: Entry) -> tuple[str, ...]:
    """The updates that an entry belongs to."""
    told, [found] = correlated(updates, [one])
    assert {each.key for each in told if one.id in each.entries} == set(found.updates)
    return found.updates


FIRST, SECOND = update("apps/storefront/1", 0, 5), update("apps/storefront/2", 30, 35)


@pytest.mark.parametrize(
    ("minute", "key"), [(0, FIRST.key), (5, FIRST.key), (29.8, SECOND.key), (35.1, SECOND.key), (31, SECOND.key)]
)
def test_what_an_identity_does_while_its_update_runs_is_the_updates(minute: float, key: str) -> None:
    assert owners([FIRST, SECOND], entry(minute)) == (key,)


@pytest.mark.parametrize("minute", [-1, 15, 40])
def test_what_it_does_at_another_time_is_not(minute: float) -> None:
    assert owners([FIRST, SECOND], entry(minute)) == ()


def test_what_somebody_else_does_meanwhile_is_not() -> None:
    assert owners([FIRST], entry(1, "ada@example.com")) == ()


def test_of_two_apps_at_once_it_is_the_one_that_the_resource_names() -> None:
    other = update("apps/reports/1", 0, 5)
    assert owners([FIRST, other], entry(1, resource="apps/v1/namespaces/reports/deployments/x")) == (other.key,)
    assert set(owners([FIRST, other], entry(1, resource="projects/p"))) == {FIRST.key, other.key}


def test_a_long_update_keeps_what_is_its_own_though_short_ones_ran_meanwhile() -> None:
    long = update("platform/1", 0, 60, "platform-deploy@p.iam.gserviceaccount.com")
    short = [update(f"platform/{number + 2}", 10 + number, 10 + number, long.identity) for number in range(5)]
    assert owners([long, *short], entry(2, long.identity)) == (long.key,)


@pytest.mark.parametrize(
    ("one", "whose"),
    [
        (entry(0, "ada@example.com"), "person"),
        (entry(0, DEPLOY), "account"),
        (entry(0, DEPLOY, via=("ada@example.com",)), "person"),
        (entry(0, DEPLOY, via=("repo:example/infrastructure:environment:apps-shop-prod",)), "account"),
        (entry(0, "service-310300400500@gcp-sa-cloudkms.iam.gserviceaccount.com"), "system"),
        (entry(0, "p310300400500-x7k2ab@gcp-sa-cloud-sql.iam.gserviceaccount.com"), "system"),
        (entry(0, "service-310300400500@evil-project.iam.gserviceaccount.com"), "account"),
        (entry(0, "310300400500@cloudservices.gserviceaccount.com"), "system"),
        (entry(0, "system:addon-manager"), "system"),
        (tried("refused"), "preview"),
        (tried("done"), "account"),
        (tried("refused").model_copy(update={"method": "io.k8s.core.v1.secrets.get"}), "account"),
        (tried("refused").model_copy(update={"principal": DEPLOY}), "account"),
        (entry(0, "ada@example.com").model_copy(update={"origin": "system"}), "system"),
    ],
)
def test_what_belongs_to_no_update_is_a_persons_an_accounts_or_the_systems(one: Entry, whose: str) -> None:
    assert origin(one) == whose
