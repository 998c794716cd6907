"""The programs with a document each that sets every field: the table of what is compared (test_agreement.py)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pulumi
import pytest
import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from apps_layer import entry_file
from apps_layer.entry import CronJob, Job, WebService, Worker
from apps_layer.settings import Settings as AppSettings
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.settings import Settings as DailySettings
from identity_layer.team.team_settings import TeamSettings
from platform_layer.namespaces.team_settings import TeamSettings as NamespacesSettings
from platform_layer.network.network_settings import SIZES
from platform_layer.settings import Settings as PlatformSettings
from platform_layer.storage.storage_settings import StorageSettings
from platform_layer.values import PRIVATE
from unit.pulumi_mocks import Document, Engine, run

PLACE: Document = {"project": "prodfirst-sandbox", "region": "europe-west4"}
_IMAGE = "europe-west4-docker.pkg.dev/prodfirst-sandbox/shop/storefront@sha256:" + "0" * 64
ENTRY: Document = {
    "team": "shop",
    "resources": {"cpu": "2", "memory": "4Gi", "ephemeralStorage": "256Mi"},
    "arguments": ["serve"],
    "environment": {"LOG_LEVEL": "info"},
    "secrets": ["signing-key"],
    "database": "orders",
    "allowTo": [{"namespace": "reports", "port": 8080}],
    "destinations": ["mail"],
    "shutdownSeconds": 30,
}
RUNNING: Document = {"port": 8080, "healthPath": "/healthz", "livePath": "/livez", "cpuUtilization": 70}
APP: Document = {
    "project": PLACE["project"],
    "app": "storefront",
    "image": _IMAGE,
    "public": True,
    "replicas": 2,
    "maxReplicas": 4,
}


@dataclass(frozen=True)
class Program:
    """A program.

    Attributes:
        layer: the project's folder.
        stack: the stack's name.
        model: of its settings.
        document: settings that set every field.
        reads: names of the contracts that it reads, by the program that publishes them and the output's name.
        left_out: places of fields that are not compared, as they begin, with the reason.
        entry: True where model and document are an app's entry.
        beside: an app's settings beside the document that is its entry, or the other way round.
        further: values of fields of which one text does not lead to the next, by place.
    """

    layer: str
    stack: str
    model: type[BaseModel]
    document: Document
    reads: Mapping[str, tuple[str, str]]
    left_out: Mapping[str, str]
    entry: bool = False
    beside: Mapping[str, Any] = field(default_factory=dict[str, Any])
    further: Mapping[str, list[Any]] = field(default_factory=dict[str, list[Any]])

    def takes(self, document: Document) -> bool:
        """Whether the model takes a document."""
        try:
            TypeAdapter(self.model).validate_python(document)
        except ValidationError:
            return False
        return True

    def run(self, document: Document, engine: Engine) -> str:
        """Runs the program, and returns the message of its refusal; "" where it refuses nothing."""
        try:
            if self.layer == "apps":
                self._run_app(*((document, self.beside) if self.entry else (self.beside, document)), engine)
            else:
                run(self.layer, self.stack, self._configuration(document), engine)
        except pulumi.RunError as error:
            return str(error) or "refused"
        return ""

    def _configuration(self, document: Mapping[str, Any]) -> Document:
        keys = {"project": "gcp:project", "region": "gcp:region"}
        return {keys.get(key, f"{self.layer}:{key}"): value for key, value in document.items()}

    def _run_app(self, entry: Mapping[str, Any], settings: Mapping[str, Any], engine: Engine) -> None:
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            Path(folder, f"{settings['app']}.yaml").write_text(yaml.safe_dump(dict(entry), allow_unicode=True))
            patch.setattr(entry_file, "FOLDER", Path(folder))
            run(self.layer, self.stack, self._configuration(settings), engine)


_ADOPTED = {"adopted": "imports what exists, and makes nothing"}
_ORGANISATION = "is the organisation's own, and the cloud is seeded with it"
_PLACED = {"project": _ORGANISATION, "region": "is where everything is: the cluster's node, the contracts"}
_OF_CONTRACT = "names something of a contract, and is refused where that has it not"
_NEVER_SENT = "is for people, and is sent nowhere"
_MOMENTS = "is a moment, and must be near the other one"
_IDENTITY = {"contract-identity": ("daily", "contract")}
_FOUNDATION = {"contract-foundation": ("foundation", "contract")}
_NAMESPACES = {"contract-namespaces-shop": ("namespaces", "contract")}
_ENTRY_LEFT_OUT = {
    "team": _OF_CONTRACT,
    "secrets": _OF_CONTRACT,
    "database": _OF_CONTRACT,
    "databaseVersion": "names a restore: apps/test_workloads.py",
    "allowTo.0.namespace": _OF_CONTRACT,
    "destinations": _OF_CONTRACT,
    "kind": "is another program",
}


def _ranges(name: str) -> list[str]:
    """Ranges of the largest and the smallest size and one beyond each, in each block of private addresses."""
    size = SIZES[name]
    lengths = (size.largest - 1, size.largest, size.smallest, size.smallest + 1)
    first = [str(block.network_address) for block in PRIVATE]
    return [f"{address}{form}" for address in first for form in (*(f"/{length}" for length in lengths), "/255.255.0.0")]


PROGRAMS: Mapping[str, Program] = {
    "foundation": Program(
        "identity",
        "foundation-sandbox",
        FoundationSettings,
        {
            **PLACE,
            "projectNumber": "100200300400",
            "domain": "example.com",
            "administrators": "cloud-administrators@example.com",
            "alerts": "security-alerts@example.com",
            "github": {
                "repository": "example/infrastructure",
                "repositoryId": "400500600",
                "ownerId": "700800900",
                "branch": "main",
            },
            "owners": {
                "identity": "security-team@example.com",
                "platform": "platform-team@example.com",
                "storage": "database-team@example.com",
            },
            "auditLog": {"locked": True, "retentionDays": 400},
            "breakGlassGroup": "break-glass@example.com",
            "organization": {
                "id": "123456789012",
                "customerId": "C0sandbox",
                "without": ["compute.vmExternalIpAccess"],
            },
            "keepDefaultEditor": False,
            "onCall": {"people": ["jane@example.com"]},
        },
        {},
        {
            **_ADOPTED,
            **_PLACED,
            "projectNumber": _ORGANISATION,
            "organization.id": _ORGANISATION,
            "domain": _ORGANISATION,
        },
    ),
    "daily": Program(
        "identity",
        "sandbox",
        DailySettings,
        {
            **PLACE,
            "teams": {
                "database": {"group": "database-team@example.com", "capabilities": ["datastore-admin"]},
                "platform": {"group": "platform-team@example.com", "capabilities": ["platform-reader"]},
                "security": {"group": "security-team@example.com", "capabilities": ["security-reader"]},
                "research": {"group": "research-team@example.com", "capabilities": ["cluster-user"]},
            },
            "breakGlass": {
                "reason": "A drill of the year.",
                "start": "2030-12-01T08:00:00Z",
                "end": "2030-12-01T10:00:00Z",
                "people": ["jane@example.com"],
            },
        },
        _FOUNDATION,
        {
            **_ADOPTED,
            **_PLACED,
            **{f"teams.{team}.group": _OF_CONTRACT for team in ("database", "platform", "security")},
            "breakGlass.people": _OF_CONTRACT,
            "breakGlass.start": _MOMENTS,
            "breakGlass.end": _MOMENTS,
        },
    ),
    "team": Program(
        "identity",
        "team-shop-sandbox",
        TeamSettings,
        {
            **PLACE,
            "team": {
                "name": "shop",
                "group": "shop-team@example.com",
                "builds": [{"repository": "example/shop", "repositoryId": "400500601", "branch": "main"}],
            },
            "apps": {
                "storefront": {"databases": ["orders"], "access": ["traces"], "secrets": ["signing-key"]},
                "reports": {
                    "databases": ["orders"],
                    "access": ["metrics"],
                    "secrets": ["signing-key"],
                    "migratedBy": "storefront",
                },
            },
            "bindWorkloads": True,
        },
        _FOUNDATION,
        {
            **_ADOPTED,
            **_PLACED,
            "team.name": "is in the stack's name too; test_longest.py",
            "apps.storefront.migratedBy": "it makes the schemas of reports, and then nobody makes its own",
            "team.builds.0.repository": "has an owner, whom the foundation must know",
        },
    ),
    "platform": Program(
        "platform",
        "sandbox",
        PlatformSettings,
        {
            **PLACE,
            "network": {
                "nodes": "10.0.0.0/20",
                "pods": "10.16.0.0/14",
                "services": "10.20.0.0/20",
                "databases": "10.64.0.0/20",
                "destinations": {
                    "mail": {"reason": "mail to customers", "ranges": ["203.0.113.7/32"], "ports": [587]},
                },
                "staticAddresses": ["bank"],
            },
            "cluster": {
                "releaseChannel": "REGULAR",
                "minimumVersion": "1.34",
                "maintenance": {"days": ["SA", "SU"], "start": "01:00", "hours": 6},
                "freezes": {
                    "sales": {
                        "start": "2030-12-18T00:00:00Z",
                        "end": "2030-12-28T00:00:00Z",
                        "scope": "NO_MINOR_UPGRADES",
                    }
                },
            },
            "databaseProxyImage": "gcr.io/cloud-sql-connectors/cloud-sql-proxy@sha256:" + "0" * 64,
            "namespaceQuota": {
                "cpu": "40",
                "memory": "80Gi",
                "pods": 20,
                "deployments": 10,
                "jobs": 50,
                "cronJobs": 10,
                "services": 10,
                "configMaps": 50,
                "volumes": 2,
                "storage": "20Gi",
            },
            "gateway": {"domain": "example.com"},
        },
        _IDENTITY,
        {**_ADOPTED, **_PLACED},
        further={
            **{f"network.{name}": _ranges(name) for name in SIZES},
            "network.destinations.mail.ranges.0": [
                *("203.0.113.7", "203.0.113.7/255.255.255.255", "203.0.113.0/0.0.0.255", "8.0.0.0/8", "11.0.0.0/8"),
                *("172.0.0.0/8", "192.0.0.0/8", "169.0.0.0/8", "100.0.0.0/8", "0.0.0.0/8", "199.36.153.8/30"),
            ],
            "gateway.domain": [
                "10.0.0.1",
                "shop.example.1",
                "shop.e",
                "xn--80ak6aa92e.example",
                "a-b.example",
                "co.uk",
                "xn--a.com",
            ],
            "cluster.minimumVersion": [
                *("1.29", "1.30", "1.33", "1.35", "1.36", "1.37", "1.99", "1.34.0-gke.0", "1.34.4-gke.1000000"),
                *("1.34.3-gke.1000000", "1.34.4-gke.1000001", "1.34.999-gke.1", "1.35.1-gke.1000000"),
                *("1.35.2-gke.1000000", "1.35.3-gke.1000000"),
            ],
            "cluster.freezes.sales.start": ["2030-12-1T00:00:00Z", "2030-12-01T0:0:0Z", "2030-12-01T00:00:00z"],
        },
    ),
    "storage": Program(
        "platform",
        "storage-sandbox",
        StorageSettings,
        {
            **PLACE,
            "datastores": {
                "orders": {
                    "owner": "database",
                    "version": "POSTGRES_17",
                    "tier": "db-custom-2-7680",
                    "databases": ["orders"],
                    "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 100},
                    "highlyAvailable": True,
                    "backups": {"pointInTimeDays": 7, "kept": 30, "finalDays": 90},
                    "maintenance": {"day": "sunday", "hour": 2},
                    "freeze": {"start": "12-01", "end": "12-24"},
                    "standby": False,
                    "structure": {
                        "project": "other-project",
                        "datastore": "origin",
                        "pointInTime": "2026-01-01T00:00:00Z",
                    },
                }
            },
        },
        {**_IDENTITY, "contract-network": ("platform", "contract-network")},
        {
            **_ADOPTED,
            **_PLACED,
            "datastores.orders.owner": _OF_CONTRACT,
            "datastores.orders.source": "is a restore: test_datastores.py",
            "datastores.orders.readOnly": "needs a restore: test_datastores.py",
            "datastores.orders.retire": "makes nothing: test_datastores.py",
        },
        further={
            "datastores.orders.version": [f"POSTGRES_{major}" for major in range(9, 20)],
            "datastores.orders.tier": ["db-custom-96-638976", "db-custom-2-3840", "db-custom-96-88576"],
            "datastores.orders.backups.finalDays": [0, 29, 30, 365, 366],
            "datastores.orders.freeze.end": ["12-01", "12-02", "W50-1", "02-29", "1224", "12-1", "02-28", "03-01"],
        },
    ),
    "namespaces": Program(
        "platform",
        "namespaces-shop-sandbox",
        NamespacesSettings,
        {
            **PLACE,
            "team": "shop",
            "namespaces": {
                "storefront": {
                    "quota": {
                        "cpu": "40",
                        "memory": "80Gi",
                        "pods": 20,
                        "deployments": 10,
                        "jobs": 50,
                        "cronJobs": 10,
                        "services": 10,
                        "configMaps": 50,
                        "volumes": 2,
                        "storage": "20Gi",
                    },
                    "public": True,
                }
            },
        },
        {
            "contract-team-shop": ("team", "contract"),
            "contract-platform": ("platform", "contract"),
            "contract-storage": ("storage", "contract"),
        },
        {
            **_ADOPTED,
            **_PLACED,
            "team": "is in the stack's name too; test_longest.py",
            "namespaces.storefront (key)": _OF_CONTRACT,
            "namespaces.storefront.retire": _NEVER_SENT,
        },
    ),
    "app": Program(
        "apps",
        "storefront-sandbox",
        AppSettings,
        APP,
        _NAMESPACES,
        {"project": _ORGANISATION, "app": "is in the stack's name too; test_longest.py"},
        beside={"kind": "webService", **ENTRY, **RUNNING},
    ),
    "webService": Program(
        "apps",
        "storefront-sandbox",
        WebService,
        {"kind": "webService", **ENTRY, **RUNNING, "allowFrom": ["reports"]},
        _NAMESPACES,
        {**_ENTRY_LEFT_OUT, "allowFrom": _OF_CONTRACT},
        entry=True,
        beside=APP,
    ),
    "worker": Program(
        "apps",
        "storefront-sandbox",
        Worker,
        {"kind": "worker", **ENTRY, **RUNNING},
        _NAMESPACES,
        _ENTRY_LEFT_OUT,
        entry=True,
        beside={**APP, "public": False},
    ),
    "cronJob": Program(
        "apps",
        "storefront-sandbox",
        CronJob,
        {
            "kind": "cronJob",
            **ENTRY,
            "schedule": "15 3 * * *",
            "timeZone": "Europe/Amsterdam",
            "concurrencyPolicy": "Forbid",
            "activeDeadlineSeconds": 1800,
            "backoffLimit": 2,
            "startingDeadlineSeconds": 600,
        },
        _NAMESPACES,
        _ENTRY_LEFT_OUT,
        entry=True,
        beside={**APP, "public": False},
    ),
    "job": Program(
        "apps",
        "storefront-sandbox",
        Job,
        {
            "kind": "job",
            **ENTRY,
            "activeDeadlineSeconds": 1800,
            "backoffLimit": 2,
        },
        _NAMESPACES,
        _ENTRY_LEFT_OUT,
        entry=True,
        beside={**APP, "public": False},
    ),
}
