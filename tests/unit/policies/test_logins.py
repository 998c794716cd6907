"""Logins of databases are grants: in the gate, the pack, the audit and the answers about access."""

from datetime import UTC, datetime
from typing import Any

import pytest

from iam import logins
from iam.build import Builder
from iam.fetched import Fetched
from iam.states import States
from policy_pack.rule import Resource, violations
from policy_pack.rules.iam_conditions import users_listed
from unit.policies.layers_world import PROJECT, Layers, layers, texts
from unit.policies.plans import Preview, urn

USER = logins.TYPE
MALLORY = {"name": "mallory@attacker.io", "type": "CLOUD_IAM_USER", "databaseRoles": ["cloudsqlsuperuser"]}
GROUP = {"name": "database-team@example.com", "type": "CLOUD_IAM_GROUP", "databaseRoles": ["cloudsqlsuperuser"]}
APP = {"name": f"app-shop@{PROJECT}.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"}
BUILT_IN = {"name": "postgres"}


def login(inputs: dict[str, Any]) -> dict[str, Any]:
    """A login of the instance `orders`."""
    return {"instance": "orders", "project": PROJECT, **inputs}


def with_login(inputs: dict[str, Any], domain: str = "example.com") -> Layers:
    """Layers with a login."""
    made = layers()
    made.add(USER, "login", "platform", **login(inputs))
    contract = {"project": {"id": PROJECT, "domain": domain}}
    made.add("pulumi:pulumi:Stack", "identity-dev", "identity", contract=contract)
    return made


def test_a_new_login_is_shown_as_access_with_its_roles(preview: Preview) -> None:
    preview.planned(urn(USER, "m"), "create", inputDiff={"adds": login(MALLORY)})

    assert set(preview.judged().reach.access) == {
        "+ person mallory@attacker.io: database cloudsqlsuperuser on instance orders; database login on instance orders"
    }


@pytest.mark.parametrize(("inputs", "passes"), [(MALLORY, False), (GROUP, True), (APP, True)])
def test_the_pack_permits_listed_logins_only(inputs: dict[str, Any], *, passes: bool) -> None:
    resource = Resource(urn(USER, "x"), USER, "x", login(inputs), provider={"project": PROJECT})
    wider = Resource(
        urn(USER, "x"), USER, "x", login({**inputs, "databaseRoles": ["postgres"]}), provider={"project": PROJECT}
    )

    assert (not list(violations(users_listed, resource))) is passes
    assert list(violations(users_listed, wider))


@pytest.mark.parametrize(
    ("inputs", "domain", "found"),
    [
        (
            MALLORY,
            "example.com",
            "person mallory@attacker.io holds database login on instance orders: it is of",
        ),
        (
            GROUP,
            "other.com",
            "group database-team@example.com holds database login on instance orders: it is of another",
        ),
        (BUILT_IN, "example.com", "database-user:postgres holds database login on instance orders, which is not on"),
    ],
)
def test_the_audit_finds_a_login_that_is_not_listed(inputs: dict[str, Any], domain: str, found: str) -> None:
    assert found in texts(with_login(inputs, domain).found("audit-logins-listed"))


@pytest.mark.parametrize("inputs", [GROUP, APP])
def test_the_audit_passes_listed_logins_and_knows_their_roles(inputs: dict[str, Any]) -> None:
    made = with_login(inputs)

    assert made.found("audit-logins-listed") == []
    assert made.found("audit-roles-known") == []


def test_whoever_has_a_login_is_a_principal_with_a_grant() -> None:
    made = with_login(MALLORY)
    known = Fetched(environment="dev", roles={}, groups={}, above=())
    document = Builder(States(made.members), known, datetime(2026, 3, 2, tzinfo=UTC)).document()

    assert "user:mallory@attacker.io" in {principal.id for principal in document.principals}
    assert {grant.role for grant in document.grants if grant.principal == "user:mallory@attacker.io"} == {
        "database login",
        "database cloudsqlsuperuser",
    }
    assert not any("database" in gap for gap in document.gaps)
