"""The logins of a team's apps: by IAM, protected, and given up or taken over as the datastores' owner decides."""

from typing import Any

import pytest

from unit import contract_documents
from unit.platform_.deployment import deploy_namespaces, deploy_storage, refused_namespaces
from unit.platform_.test_datastores import ADOPTED, ORDERS, RETIRE, SOURCE
from unit.pulumi_mocks import Declared, Document

USER = "gcp:sql/user:User"


def storage(**datastores: dict[str, Any]) -> Document:
    """The contract of these datastores; underscores in their names stand for hyphens."""
    declared = {name.replace("_", "-"): datastore for name, datastore in datastores.items()}
    return deploy_storage(datastores=declared).outputs["contract"]


def logins(**datastores: dict[str, Any]) -> dict[str, Declared]:
    return deploy_namespaces(storage=storage(**datastores)).of(USER)


def test_an_app_logs_in_as_itself_where_it_uses_a_database_and_nowhere_else() -> None:
    users = logins(orders=ORDERS, other=ORDERS | {"databases": ["other"]})
    assert {name: user.inputs for name, user in users.items()} == {
        "orders-user-storefront": {
            "name": "app-storefront@prodfirst-sandbox.iam",
            "project": "prodfirst-sandbox",
            "instance": "orders",
            "type": "CLOUD_IAM_SERVICE_ACCOUNT",
            "deletionPolicy": "PREVENT",
        }
    }
    assert users["orders-user-storefront"].protect


def test_an_app_that_asked_for_no_database_has_no_login() -> None:
    team = contract_documents.team()
    team["apps"]["storefront"]["databases"] = []
    assert deploy_namespaces(team=team).of(USER) == {}


def test_two_logins_are_two_apps_of_which_one_is_told_for_whom_it_makes_schemas() -> None:
    team = contract_documents.team()
    storefront = team["apps"]["storefront"]
    account = "app-schemas@prodfirst-sandbox.iam.gserviceaccount.com"
    team["apps"] = {
        "storefront": {**storefront, "migratedBy": "schemas"},
        "schemas": {**storefront, "namespace": "schemas", "serviceAccount": account},
        "other": {**storefront, "namespace": "other", "databases": []},
    }
    engine = deploy_namespaces(team=team, namespaces={})

    offered = {name: app["databases"] for name, app in engine.outputs["contract"]["apps"].items()}
    assert sorted(engine.of(USER)) == ["orders-user-schemas", "orders-user-storefront"]
    assert {name: databases.get("orders", {}).get("migratesFor") for name, databases in offered.items()} == {
        "storefront": [],
        "schemas": ["app-storefront@prodfirst-sandbox.iam"],
        "other": None,
    }


def test_an_adopted_datastore_has_its_login_and_the_former_one_stays_as_it_was() -> None:
    adopted = ORDERS | {"source": SOURCE | {"adopted": ADOPTED}}
    users = logins(orders=ORDERS | {"standby": True}, orders_restored=adopted)
    assert users["orders-user-storefront"] == logins(orders=ORDERS)["orders-user-storefront"]
    login = "prodfirst-sandbox/orders-restored/app-storefront@prodfirst-sandbox.iam"
    assert users["orders-restored-user-storefront"].imported == login
    assert users["orders-restored-user-storefront"].protect


def test_an_app_reads_a_version_as_itself_and_is_sent_there_by_name_alone() -> None:
    version = ORDERS | {"readOnly": True, "source": SOURCE | {"adopted": ADOPTED}}
    engine = deploy_namespaces(storage=storage(orders=ORDERS, orders_november=version))

    database = engine.outputs["contract"]["apps"]["storefront"]["databases"]["orders"]
    assert database["connectionName"] == "prodfirst-sandbox:europe-west4:orders"
    assert database["versions"] == {
        "orders-november": {
            "connectionName": "prodfirst-sandbox:europe-west4:orders-november",
            "privateIp": "10.64.0.3",
            "pointInTime": "2026-11-20T03:00:00Z",
        }
    }
    assert engine.of(USER)["orders-november-user-storefront"].imported


def test_an_app_is_sent_to_the_datastore_that_serves() -> None:
    adopted = ORDERS | {"source": SOURCE | {"adopted": ADOPTED}}
    contract = storage(orders=ORDERS | {"standby": True}, orders_restored=adopted)
    app = deploy_namespaces(storage=contract).outputs["contract"]["apps"]["storefront"]
    assert app["databases"]["orders"]["connectionName"] == "prodfirst-sandbox:europe-west4:orders-restored"


def test_a_login_that_did_not_come_with_the_restore_is_made_anew() -> None:
    source = SOURCE | {"adopted": {"databases": ["orders"]}}
    users = logins(orders=ORDERS | {"standby": True}, orders_restored=ORDERS | {"source": source})
    assert users["orders-restored-user-storefront"].imported == ""


@pytest.mark.parametrize("only", [{}, {"only": {"databases": [], "apps": ["storefront"], "teams": []}}])
def test_a_retirement_lifts_the_protection_of_a_login_and_changes_nothing_else(only: dict[str, Any]) -> None:
    [login], [former] = logins(orders=ORDERS | {"retire": RETIRE | only}).values(), logins(orders=ORDERS).values()
    assert not login.protect
    assert login.inputs == former.inputs | {"deletionPolicy": "ABANDON"}


def test_a_retirement_of_other_parts_leaves_a_login_protected() -> None:
    only = {"databases": ["orders"], "apps": ["reports"], "teams": ["database"]}
    assert logins(orders=ORDERS | {"retire": RETIRE | {"only": only}}) == logins(orders=ORDERS)


def test_a_database_that_no_datastore_serves_is_refused() -> None:
    message = refused_namespaces(storage=storage(orders=ORDERS | {"standby": True}))
    assert "apps.storefront.databases: the app asks for the database 'orders', which no datastore serves" in message


def test_a_login_that_postgresql_would_cut_off_is_refused() -> None:
    team = contract_documents.team()
    team["apps"]["storefront"]["serviceAccount"] = f"{'a' * 30}@{'p' * 30}.iam.gserviceaccount.com"
    message = refused_namespaces(team=team)
    assert "apps.storefront: its login" in message
    assert "more than the 63 characters that PostgreSQL takes" in message
