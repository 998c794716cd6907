"""Declarations of the datastores, and refusals of their settings."""

from copy import deepcopy
from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.platform_.deployment import deploy_storage
from unit.pulumi_mocks import Declared, Engine

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
DATABASE = "gcp:sql/database:Database"
USER = "gcp:sql/user:User"
ORDERS: dict[str, Any] = {
    "owner": "database",
    "version": "POSTGRES_17",
    "tier": "db-custom-2-7680",
    "databases": ["orders"],
    "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 10},
}
SOURCE = {"datastore": "orders", "pointInTime": "2026-11-20T04:00:00+01:00"}
ADOPTED = {"databases": ["orders"], "apps": ["storefront"], "teams": ["database"]}
NOTHING: dict[str, Any] = {}
RETIRE = {"reason": "Replaced by orders-v2", "approvedBy": "lead@example.com", "after": "2026-12-31"}
# https://www.cisecurity.org/benchmark/google_cloud_computing_platform, 6.2, and what the house adds
FLAGS = {
    "cloudsql.enable_pgaudit": "on",
    "cloudsql.iam_authentication": "on",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_error_verbosity": "default",
    "log_lock_waits": "on",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "error",
    "log_min_messages": "warning",
    "log_statement": "ddl",
    "log_temp_files": "0",
    "pgaudit.log": "ddl,role",
}


def deploy(identity: dict[str, Any] | None = None, **datastores: dict[str, Any]) -> Engine:
    """The program with these datastores; underscores in their names stand for hyphens."""
    declared = {name.replace("_", "-"): datastore for name, datastore in datastores.items()}
    return deploy_storage(identity=identity, datastores=declared) if declared else deploy_storage(identity=identity)


def refused(identity: dict[str, Any] | None = None, **datastores: dict[str, Any]) -> str:
    with pytest.raises(pulumi.RunError) as raised:
        deploy(identity, **datastores)
    return str(raised.value)


def instance(engine: Engine, name: str = "orders") -> Declared:
    return engine.of(INSTANCE)[name]


def parts(engine: Engine) -> dict[str, Declared]:
    """Everything that belongs to a datastore, by name."""
    return {**engine.of(INSTANCE), **engine.of(DATABASE), **engine.of(USER)}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return deploy(orders=ORDERS)


def test_everything_of_a_datastore_is_protected_by_the_engine_and_the_provider(engine: Engine) -> None:
    assert set(parts(engine)) == {"orders", "orders-orders", "orders-administrators-database"}
    assert all(part.protect and part.inputs["deletionPolicy"] == "PREVENT" for part in parts(engine).values())
    assert instance(engine).inputs["deletionProtection"] is True
    assert instance(engine).inputs["settings"]["deletionProtectionEnabled"] is True


def test_an_instance_is_reached_by_connectors_over_a_private_address_only(engine: Engine) -> None:
    settings = instance(engine).inputs["settings"]
    assert settings["connectorEnforcement"] == "REQUIRED"
    assert settings["dataApiAccess"] == "ALLOW_DATA_API"
    assert settings["ipConfiguration"] == {
        "ipv4Enabled": False,
        "privateNetwork": "projects/prodfirst-sandbox/global/networks/main",
        "allocatedIpRange": settings["ipConfiguration"]["allocatedIpRange"],
        "enablePrivatePathForGoogleCloudServices": False,
        "sslMode": "ENCRYPTED_ONLY",
    }


def test_an_instance_is_encrypted_with_the_key_of_the_identity_layer(engine: Engine) -> None:
    key = contract_documents.identity()["keys"]["databases"]
    assert instance(engine).inputs["encryptionKeyName"] == key


def test_an_instance_survives_a_zone_a_mistake_and_its_own_deletion(engine: Engine) -> None:
    settings = instance(engine).inputs["settings"]
    assert settings["availabilityType"] == "REGIONAL"
    assert settings["backupConfiguration"] == {
        "enabled": True,
        "pointInTimeRecoveryEnabled": True,
        "startTime": "01:00",
        "location": "europe-west4",
        "transactionLogRetentionDays": 7,
        "backupRetentionSettings": {"retainedBackups": 30, "retentionUnit": "COUNT"},
    }
    assert settings["retainBackupsOnDelete"] is True
    assert settings["finalBackupConfig"] == {"enabled": True, "retentionDays": 90}


def test_the_flags_are_the_benchmarks(engine: Engine) -> None:
    flags = {flag["name"]: flag["value"] for flag in instance(engine).inputs["settings"]["databaseFlags"]}
    assert flags == FLAGS


def test_a_password_made_by_hand_is_a_strong_one(engine: Engine) -> None:
    policy = instance(engine).inputs["settings"]["passwordValidationPolicy"]
    assert policy["enablePasswordPolicy"] is True
    assert policy["disallowUsernameSubstring"] is True
    assert (policy["complexity"], policy["minLength"]) == ("COMPLEXITY_DEFAULT", 16)


def test_an_instance_tells_its_owner_and_objectives(engine: Engine) -> None:
    assert instance(engine).inputs["settings"]["userLabels"] == {
        "layer": "platform",
        "owner": "database",
        "objective-data-loss-minutes": "5",
        "objective-downtime-minutes": "10",
    }
    assert instance(engine).inputs["settings"]["insightsConfig"]["queryInsightsEnabled"] is True


def test_maintenance_has_its_hour_and_its_days_off() -> None:
    chosen = {"maintenance": {"day": "tuesday", "hour": 0}, "freeze": {"start": "11-20", "end": "01-05"}}
    settings = instance(deploy(orders=ORDERS | chosen)).inputs["settings"]
    assert settings["maintenanceWindow"] == {"day": 2, "hour": 0, "updateTrack": "stable"}
    assert settings["denyMaintenancePeriod"] == {"startDate": "11-20", "endDate": "01-05", "time": "00:00:00"}


def test_a_cheaper_datastore_is_protected_no_less(engine: Engine) -> None:
    objectives = {"dataLossMinutes": 60, "downtimeMinutes": 480}
    cheap = deploy(orders=ORDERS | {"tier": "db-g1-small", "highlyAvailable": False, "objectives": objectives})

    def protection(inputs: dict[str, Any]) -> dict[str, Any]:
        settings = deepcopy(inputs["settings"])
        for cost in ("tier", "availabilityType", "userLabels"):
            del settings[cost]
        return {**inputs, "settings": settings}

    assert instance(cheap).inputs["settings"]["availabilityType"] == "ZONAL"
    assert protection(instance(cheap).inputs) == protection(instance(engine).inputs)


def test_the_edition_follows_from_the_tier() -> None:
    larger = ORDERS | {"tier": "db-perf-optimized-N-2", "backups": {"pointInTimeDays": 35, "kept": 35}}
    settings = instance(deploy(orders=larger)).inputs["settings"]
    assert settings["edition"] == "ENTERPRISE_PLUS"
    assert settings["backupConfiguration"]["transactionLogRetentionDays"] == 35


def test_every_login_is_by_iam(engine: Engine) -> None:
    logins = {name: (user.inputs["name"], user.inputs["type"]) for name, user in engine.of(USER).items()}
    assert logins == {
        "orders-administrators-database": ("database-team@example.com", "CLOUD_IAM_GROUP"),
    }
    assert not any({"password", "passwordWo"} & user.inputs.keys() for user in engine.of(USER).values())


def test_only_administrators_may_grant(engine: Engine) -> None:
    users = engine.of(USER)
    assert users["orders-administrators-database"].inputs["databaseRoles"] == ["cloudsqlsuperuser"]


def test_a_restored_datastore_is_an_instance_that_serves_nobody_yet() -> None:
    engine = deploy(orders=ORDERS, orders_restored=ORDERS | {"source": SOURCE})

    restored = instance(engine, "orders-restored")
    assert restored.inputs["clone"] == {
        "sourceInstanceName": "orders",
        "pointInTime": "2026-11-20T03:00:00Z",
        "allocatedIpRange": restored.inputs["settings"]["ipConfiguration"]["allocatedIpRange"],
    }
    assert restored.replace_on == {"clone"}
    assert restored.protect
    assert not any(name.startswith("orders-restored-") for name in parts(engine))
    databases = engine.outputs["contract"]["databases"]
    assert databases["orders"]["connectionName"] == "prodfirst-sandbox:europe-west4:orders"


def test_an_adopted_datastore_serves_and_the_former_one_stays_as_it_was() -> None:
    former = parts(deploy(orders=ORDERS))
    engine = deploy(
        orders=ORDERS | {"standby": True}, orders_restored=ORDERS | {"source": SOURCE | {"adopted": ADOPTED}}
    )

    adopted = {name: part.imported for name, part in parts(engine).items() if name.startswith("orders-restored-")}
    assert adopted == {
        "orders-restored-orders": "projects/prodfirst-sandbox/instances/orders-restored/databases/orders",
        "orders-restored-administrators-database": "prodfirst-sandbox/orders-restored/database-team@example.com",
    }
    assert all(part.protect for part in parts(engine).values())
    assert {name: parts(engine)[name] for name in former} == former
    databases = engine.outputs["contract"]["databases"]
    assert databases["orders"]["connectionName"] == "prodfirst-sandbox:europe-west4:orders-restored"


def test_what_did_not_come_with_the_restore_is_made_anew() -> None:
    source = SOURCE | {"adopted": {"databases": ["orders"]}}
    engine = deploy(orders=ORDERS | {"standby": True}, orders_restored=ORDERS | {"source": source})
    assert engine.of(USER)["orders-restored-administrators-database"].imported == ""
    assert engine.of(DATABASE)["orders-restored-orders"].imported != ""


def test_the_source_of_an_adopted_datastore_may_be_gone() -> None:
    engine = deploy(orders_restored=ORDERS | {"source": SOURCE | {"adopted": ADOPTED}})
    assert set(engine.of(INSTANCE)) == {"orders-restored"}


def test_a_deleted_datastore_is_restored_by_the_time_of_its_deletion() -> None:
    source = SOURCE | {"deletedAt": "2026-11-21T00:00:00Z"}
    engine = deploy(orders_restored=ORDERS | {"source": source}, orders_new=ORDERS)
    assert instance(engine, "orders-restored").inputs["clone"]["sourceInstanceDeletionTime"] == "2026-11-21T00:00:00Z"


def test_a_version_is_read_by_its_own_name_and_serves_nobody_by_its_databases() -> None:
    engine = deploy(orders=ORDERS, orders_november=ORDERS | {"readOnly": True, "source": SOURCE | {"adopted": ADOPTED}})
    contract = engine.outputs["contract"]

    assert contract["databases"] == deploy(orders=ORDERS).outputs["contract"]["databases"]
    assert contract["versions"] == {
        "orders-november": {
            "databases": ["orders"],
            "connectionName": "prodfirst-sandbox:europe-west4:orders-november",
            "privateIp": "10.64.0.3",
            "pointInTime": "2026-11-20T03:00:00Z",
        }
    }
    assert contract["instances"]["orders-november"]["adoptedApps"] == ["storefront"]


def test_a_version_that_nobody_took_over_is_offered_to_nobody() -> None:
    engine = deploy(orders=ORDERS, orders_november=ORDERS | {"readOnly": True, "source": SOURCE})
    assert engine.outputs["contract"]["versions"] == {}


def test_data_of_no_time_are_no_version() -> None:
    assert "datastores.orders: readOnly: without a source" in refused(orders=ORDERS | {"readOnly": True})


def test_a_loaded_structure_tells_its_version() -> None:
    structure = {"project": "example-prod", "datastore": "orders", "pointInTime": "2026-11-20T03:00:00Z"}
    labels = instance(deploy(orders=ORDERS | {"structure": structure})).inputs["settings"]["userLabels"]
    assert labels["structure-of"] == "example-prod_orders"
    assert labels["structure-as-of"] == "2026-11-20t03-00-00z"


def test_a_retirement_lifts_protections_and_changes_nothing_else(engine: Engine) -> None:
    retired = parts(deploy(orders=ORDERS | {"retire": RETIRE}))

    assert not any(part.protect for part in retired.values())
    assert all(part.inputs["deletionPolicy"] == "ABANDON" for part in retired.values())
    expected = deepcopy({name: part.inputs for name, part in parts(engine).items()})
    for inputs in expected.values():
        inputs["deletionPolicy"] = "ABANDON"
    expected["orders"]["deletionProtection"] = False
    expected["orders"]["settings"]["deletionProtectionEnabled"] = False
    expected["orders"]["settings"]["userLabels"]["retire-after"] = "2026-12-31"
    assert {name: part.inputs for name, part in retired.items()} == expected


def test_a_retirement_of_parts_leaves_the_rest_protected() -> None:
    only = {"databases": ["invoices"], "apps": ["storefront"], "teams": ["database"]}
    chosen = {"databases": ["orders", "invoices"], "retire": RETIRE | {"only": only}}
    engine = deploy(orders=ORDERS | chosen)
    lifted = {name for name, part in parts(engine).items() if not part.protect}
    assert lifted == {"orders-invoices", "orders-administrators-database"}
    assert instance(engine).inputs["settings"]["deletionProtectionEnabled"] is True
    assert "retire-after" not in instance(engine).inputs["settings"]["userLabels"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"publicIp": True}, "platform:datastores.orders.publicIp: is unknown"),
        ({"objectives": {"dataLossMinutes": 1, "downtimeMinutes": 10}}, "dataLossMinutes: must be 5 or more"),
        ({"highlyAvailable": False}, "objectives.downtimeMinutes: 10 cannot be kept in a single zone"),
        ({"tier": "db-f1-micro"}, "shares its core and is outside of Google's service level agreement"),
        ({"tier": "large"}, "'large' is not a machine type of Cloud SQL"),
        ({"version": "POSTGRES_9_6"}, "'POSTGRES_9_6' is not a PostgreSQL version"),
        ({"backups": {"pointInTimeDays": 8}}, "8 is more than the 7 days of the tier's edition ENTERPRISE"),
        ({"backups": {"kept": 7, "pointInTimeDays": 35}, "tier": "db-perf-optimized-N-2"}, "do not reach back the 35"),
        ({"backups": {"kept": 1}}, "kept: must be 7 or more"),
        ({"databases": ["postgres"]}, "'postgres' is PostgreSQL's own"),
        ({"databases": ["orders", "orders"]}, "databases: 'orders' is declared more than once"),
        ({"databases": []}, "platform:datastores.orders.databases: must have 1 items or more"),
        ({"freeze": {"start": "12-01", "end": "03-15"}}, "12-01 to 03-15 is longer than 90 days"),
        ({"freeze": {"start": "12-01", "end": "12-01"}}, "12-01 to 12-01 is no time at all: it ends when it begins"),
        ({"objectives": {"dataLossMinutes": 10**70, "downtimeMinutes": 10}}, "dataLossMinutes: must be 525600 or less"),
        ({"source": SOURCE | {"pointInTime": "2099-01-01T00:00:00Z"}}, "is in the future, of which there is no data"),
        (
            {"source": SOURCE | {"deletedAt": "2026-11-20T02:00:00Z"}},
            "pointInTime 2026-11-20T03:00:00Z is after deletedAt 2026-11-20T02:00:00Z",
        ),
        ({"retire": RETIRE | {"approvedBy": "\u0458ane@example.com"}}, "it has CYRILLIC SMALL LETTER JE"),
        ({"freeze": {"start": "12-32", "end": "01-15"}}, "'12-32' is no day of every year"),
        ({"maintenance": {"day": "someday"}}, "maintenance.day"),
        ({"source": SOURCE | {"pointInTime": "yesterday"}}, "'yesterday' is no point in time"),
        ({"source": SOURCE | {"pointInTime": "2026-11-20T03:00:00"}}, "has no time zone"),
        ({"source": SOURCE}, "source.datastore: no other datastore here has this name"),
        ({"source": SOURCE | {"adopted": {"databases": ["x"]}}}, "source.adopted.databases: 'x' is no database"),
        ({"retire": RETIRE | {"after": "soon"}}, "'soon' is no day"),
        ({"retire": RETIRE | {"after": "20261231"}}, "'20261231' is no day; write it as in"),
        ({"retire": RETIRE | {"after": "2026-W53-4"}}, "'2026-W53-4' is no day"),
        ({"retire": RETIRE | {"only": NOTHING}}, "only names nothing, so nothing would be retired"),
        ({"source": SOURCE | {"deletedAt": "2099-01-01T00:00:00Z"}}, "is in the future, so nothing was deleted then"),
        (
            {"structure": {"project": "other-project", "datastore": "a1", "pointInTime": "2099-01-01T00:00:00Z"}},
            "is in the future, of which there is no data",
        ),
        ({"retire": RETIRE | {"reason": "why not"}}, "is not a reason that a reviewer can judge"),
        ({"retire": RETIRE | {"approvedBy": "me"}}, "'me' is not the e-mail address of who approved it"),
        ({"retire": {"after": "2026-12-31"}}, "platform:datastores.orders.retire.approvedBy: is not set"),
        ({"retire": RETIRE | {"only": {"databases": ["x"]}}}, "retire.only.databases: 'x' is no database"),
        ({"owner": "nobody"}, "platform:datastores.orders.owner: 'nobody' is no team of the identity layer"),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(change: dict[str, Any], words: str) -> None:
    assert words in refused(orders=ORDERS | change)


def test_a_database_that_two_datastores_serve_is_refused() -> None:
    message = refused(orders=ORDERS, other=ORDERS)
    assert "datastores.other.databases: 'orders' is served by 'orders' too" in message


def test_the_name_of_an_instance_fits_with_its_project() -> None:
    longest = "i" * (98 - len("prodfirst-sandbox:"))
    deploy(**{longest: ORDERS})
    message = refused(**{f"{longest}i": ORDERS})
    assert f"datastores.{longest}i: 'prodfirst-sandbox:{longest}i' has 99 characters, more than the 98" in message


def test_a_label_composed_of_two_names_fits() -> None:
    def structure(length: int) -> dict[str, Any]:
        names = {"project": "p" * 30, "datastore": "d" * (length - 31)}
        return ORDERS | {"structure": names | {"pointInTime": "2026-11-20T03:00:00Z"}}

    labels = instance(deploy(orders=structure(63))).inputs["settings"]["userLabels"]
    assert all(len(value) <= 63 for value in labels.values())
    assert "has 64 characters, more than the 63 that Google takes" in refused(orders=structure(64))


def test_a_login_that_postgresql_would_cut_off_is_refused() -> None:
    identity = contract_documents.identity()
    identity["teams"]["database"]["group"] = f"{'a' * 60}@example.com"
    message = refused(identity, orders=ORDERS)
    assert "teams.database: its login" in message
    assert "more than the 63 characters that PostgreSQL takes" in message
