"""The checkout of another organisation: the stack files of the sandbox with its own names and none of the example's."""

from pathlib import Path

import yaml

from sandbox.cloud.store import Json

PROJECT, NUMBER = "acme-playground", "998877665544"
APP, DATASTORE = "ledger", "books"
_DIGEST = "sha256:" + "7" * 64

_FOUNDATION: Json = {
    "gcp:project": PROJECT,
    "gcp:region": "us-east1",
    "identity:projectNumber": NUMBER,
    "identity:domain": "acme.example",
    "identity:administrators": "cloud-administrators@acme.example",
    "identity:alerts": "pager@acme.example",
    "identity:github": {"repository": "acme/cloud", "repositoryId": "11", "ownerId": "22", "branch": "trunk"},
    "identity:owners": {
        "identity": "infosec@acme.example",
        "platform": "sre@acme.example",
        "storage": "sre@acme.example",
    },
    "identity:breakGlassGroup": "break-glass@acme.example",
    "identity:auditLog": {"locked": True},
}
_IDENTITY: Json = {
    "gcp:project": PROJECT,
    "gcp:region": "us-east1",
    "identity:teams": {
        "sre": {"group": "sre@acme.example", "capabilities": ["platform-reader"]},
        "infosec": {"group": "infosec@acme.example", "capabilities": ["security-reader"]},
        "data": {"group": "dba@acme.example", "capabilities": ["datastore-admin"]},
    },
}
_TEAM: Json = {
    "gcp:project": PROJECT,
    "gcp:region": "us-east1",
    "identity:team": {
        "name": "finance",
        "group": "bookkeeping@acme.example",
        "builds": [{"repository": "acme/x", "repositoryId": "12"}],
    },
    "identity:apps": {APP: {"databases": [DATASTORE]}},
}
_NAMESPACES: Json = {"gcp:project": PROJECT, "gcp:region": "us-east1", "platform:team": "finance"}
_PLATFORM: Json = {
    "gcp:project": PROJECT,
    "gcp:region": "us-east1",
    "platform:network": {
        "nodes": "10.0.0.0/20",
        "pods": "10.16.0.0/14",
        "services": "10.20.0.0/20",
        "databases": "10.64.0.0/20",
    },
    "platform:databaseProxyImage": f"gcr.io/cloud-sql-connectors/cloud-sql-proxy@{_DIGEST}",
}
_STORAGE: Json = {"gcp:project": PROJECT, "gcp:region": "us-east1"}
_DATASTORE: Json = {
    "owner": "data",
    "version": "POSTGRES_17",
    "tier": "db-custom-2-7680",
    "databases": [DATASTORE],
    "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 10},
}
_APP: Json = {
    "gcp:project": PROJECT,
    "apps:app": APP,
    "apps:image": f"us-east1-docker.pkg.dev/{PROJECT}/finance/{APP}@{_DIGEST}",
}
_ENTRY: Json = {
    "kind": "webService",
    "team": "finance",
    "port": 8080,
    "healthPath": "/healthz",
    "resources": {"cpu": "100m", "memory": "256Mi"},
    "database": DATASTORE,
}


def settle(checkout: Path, *, app: bool) -> None:
    """Replaces the sandbox's stack files; without an app there is no datastore either."""
    of_teams = (*checkout.glob("identity/Pulumi.team-*.yaml"), *checkout.glob("platform/Pulumi.namespaces-*.yaml"))
    for file in (*of_teams, *checkout.glob("apps/Pulumi.*-sandbox.yaml"), *checkout.glob("apps/entries/*.yaml")):
        file.unlink()
    storage = dict(_STORAGE)
    if app:
        _write(checkout / "identity" / "Pulumi.team-finance-sandbox.yaml", {"config": _TEAM})
        _write(checkout / "platform" / "Pulumi.namespaces-finance-sandbox.yaml", {"config": _NAMESPACES})
        storage["platform:datastores"] = {DATASTORE: _DATASTORE}
        _write(checkout / "apps" / "entries" / f"{APP}.yaml", _ENTRY)
        _write(checkout / "apps" / f"Pulumi.{APP}-sandbox.yaml", {"config": _APP})
    _write(checkout / "identity" / "Pulumi.foundation-sandbox.yaml", {"config": _FOUNDATION})
    _write(checkout / "identity" / "Pulumi.sandbox.yaml", {"config": _IDENTITY})
    _write(checkout / "platform" / "Pulumi.sandbox.yaml", {"config": _PLATFORM})
    _write(checkout / "platform" / "Pulumi.storage-sandbox.yaml", {"config": storage})
    inventory = checkout / "policies" / "datastore_inventory.yaml"
    _write(inventory, _inventory(yaml.safe_load(inventory.read_text())))


def _inventory(content: Json) -> Json:
    """Without what the example's platform keeps, as security would write it."""
    listed = content["environments"]["sandbox"]
    return {"environments": {"sandbox": [each for each in listed if not each["stack"].startswith("platform/")]}}


def _write(file: Path, content: Json) -> None:
    file.write_text(yaml.safe_dump(content, sort_keys=False))
