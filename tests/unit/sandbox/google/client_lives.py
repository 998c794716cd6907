"""Lives of resources through Google's own client: `python client_lives.py PORT AUTHORITY PROJECT REGION [NETWORK]`.

With the name of a network it creates only that, waits as the client's documentation shows, and prints the operation.

It runs in a process of its own, because Google's client and Pulumi's SDK cannot be loaded into one. It reads the access
token from its input, and prints the outcome of each request as JSON: service, method, status.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any, cast

import httplib2
import requests
from googleapiclient import discovery, errors

# Service, version, path to the collection; then its methods with their arguments.
Life = tuple[str, str, str, list[tuple[str, dict[str, Any]]]]


def lives(project: str, region: str) -> Iterator[Life]:
    """The life of one resource of each service."""
    parent = f"projects/{project}"
    place, name = f"{parent}/locations/{region}", "client"
    yield (
        "secretmanager",
        "v1",
        "projects.secrets",
        [
            ("create", {"parent": parent, "secretId": name, "body": {"replication": {"automatic": {}}}}),
            ("addVersion", {"parent": f"{parent}/secrets/{name}", "body": {"payload": {"data": "aGVsbG8="}}}),
            ("patch", {"name": f"{parent}/secrets/{name}", "updateMask": "labels", "body": {"labels": {"a": "b"}}}),
            ("getIamPolicy", {"resource": f"{parent}/secrets/{name}"}),
            ("list", {"parent": parent}),
            ("delete", {"name": f"{parent}/secrets/{name}"}),
        ],
    )
    yield (
        "storage",
        "v1",
        "buckets",
        [
            ("insert", {"project": project, "body": {"name": "through-the-client", "location": "EU"}}),
            ("patch", {"bucket": "through-the-client", "body": {"labels": {"a": "b"}}}),
            ("getIamPolicy", {"bucket": "through-the-client"}),
            ("list", {"project": project}),
            ("delete", {"bucket": "through-the-client"}),
        ],
    )
    yield (
        "compute",
        "v1",
        "networks",
        [
            ("insert", {"project": project, "body": {"name": name, "autoCreateSubnetworks": False}}),
            ("get", {"project": project, "network": name}),
            ("patch", {"project": project, "network": name, "body": {"routingConfig": {"routingMode": "GLOBAL"}}}),
            ("list", {"project": project, "filter": f"name={name}"}),
            ("delete", {"project": project, "network": name}),
        ],
    )
    yield (
        "pubsub",
        "v1",
        "projects.topics",
        [
            ("create", {"name": f"{parent}/topics/{name}", "body": {}}),
            (
                "patch",
                {
                    "name": f"{parent}/topics/{name}",
                    "body": {"topic": {"labels": {"a": "b"}}, "updateMask": "labels"},
                },
            ),
            ("list", {"project": parent}),
            ("delete", {"topic": f"{parent}/topics/{name}"}),
        ],
    )
    yield (
        "cloudkms",
        "v1",
        "projects.locations.keyRings",
        [
            ("create", {"parent": place, "keyRingId": name, "body": {}}),
            ("get", {"name": f"{place}/keyRings/{name}"}),
            ("list", {"parent": place}),
        ],
    )
    yield (
        "artifactregistry",
        "v1",
        "projects.locations.repositories",
        [
            ("create", {"parent": place, "repositoryId": name, "body": {"format": "DOCKER"}}),
            ("get", {"name": f"{place}/repositories/{name}"}),
            ("list", {"parent": place}),
            ("delete", {"name": f"{place}/repositories/{name}"}),
        ],
    )
    yield (
        "iam",
        "v1",
        "projects.serviceAccounts",
        [
            ("create", {"name": parent, "body": {"accountId": "by-client", "serviceAccount": {"displayName": "c"}}}),
            ("list", {"name": parent}),
            ("delete", {"name": f"{parent}/serviceAccounts/by-client@{project}.iam.gserviceaccount.com"}),
        ],
    )
    yield (
        "logging",
        "v2",
        "projects.metrics",
        [
            ("create", {"parent": parent, "body": {"name": name, "filter": "severity>=ERROR"}}),
            ("update", {"metricName": f"{parent}/metrics/{name}", "body": {"name": name, "filter": "severity=ERROR"}}),
            ("list", {"parent": parent}),
            ("delete", {"metricName": f"{parent}/metrics/{name}"}),
        ],
    )
    yield (
        "monitoring",
        "v3",
        "projects.notificationChannels",
        [
            ("create", {"name": parent, "body": {"type": "email", "labels": {"email_address": "a@example.com"}}}),
            ("list", {"name": parent}),
        ],
    )
    yield (
        "dns",
        "v1",
        "managedZones",
        [
            ("create", {"project": project, "body": {"name": name, "dnsName": "c.example.com.", "description": ""}}),
            ("patch", {"project": project, "managedZone": name, "body": {"description": "by the client"}}),
            ("list", {"project": project}),
            ("delete", {"project": project, "managedZone": name}),
        ],
    )
    yield (
        "sqladmin",
        "v1beta4",
        "instances",
        [
            (
                "insert",
                {
                    "project": project,
                    "body": {
                        "name": name,
                        "region": region,
                        "databaseVersion": "POSTGRES_17",
                        "settings": {"tier": "db-f1-micro", "edition": "ENTERPRISE"},
                    },
                },
            ),
            ("patch", {"project": project, "instance": name, "body": {"settings": {"tier": "db-g1-small"}}}),
            ("list", {"project": project}),
            ("delete", {"project": project, "instance": name}),
        ],
    )
    yield (
        "certificatemanager",
        "v1",
        "projects.locations.certificateMaps",
        [
            ("create", {"parent": f"{parent}/locations/global", "certificateMapId": name, "body": {}}),
            ("list", {"parent": f"{parent}/locations/global"}),
            ("delete", {"name": f"{parent}/locations/global/certificateMaps/{name}"}),
        ],
    )
    yield (
        "binaryauthorization",
        "v1",
        "projects.attestors",
        [
            (
                "create",
                {
                    "parent": parent,
                    "attestorId": name,
                    "body": {"userOwnedGrafeasNote": {"noteReference": f"{parent}/notes/n"}},
                },
            ),
            ("list", {"parent": parent}),
            ("delete", {"name": f"{parent}/attestors/{name}"}),
        ],
    )
    yield (
        "orgpolicy",
        "v2",
        "projects.policies",
        [
            (
                "create",
                {
                    "parent": parent,
                    "body": {
                        "name": f"{parent}/policies/compute.requireOsLogin",
                        "spec": {"rules": [{"enforce": True}]},
                    },
                },
            ),
            ("list", {"parent": parent}),
            ("delete", {"name": f"{parent}/policies/compute.requireOsLogin"}),
        ],
    )
    yield ("container", "v1", "projects.locations.clusters", [("list", {"parent": place})])
    yield ("gkebackup", "v1", "projects.locations.backupPlans", [("list", {"parent": place})])
    yield ("serviceusage", "v1", "services", [("list", {"parent": parent, "filter": "state:ENABLED"})])
    yield (
        "cloudresourcemanager",
        "v3",
        "projects",
        [("get", {"name": parent}), ("getIamPolicy", {"resource": parent})],
    )


class Http:
    """The client's transport, over requests: its own needs a further package for a proxy."""

    def __init__(self, port: str, authority: str, token: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"https": f"http://127.0.0.1:{port}"}
        self._session.verify = authority
        self._session.headers["Authorization"] = f"Bearer {token}"

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any
    ) -> tuple[httplib2.Response, bytes]:
        """Send a request as the client wants it sent."""
        sent = self._session.request(method, uri, data=body, headers=headers, timeout=60)
        return httplib2.Response({**sent.headers, "status": str(sent.status_code)}), sent.content


def created(compute: Any, project: str, network: str) -> Any:
    """Create a network: the operation at each look until it is done, or the error."""
    seen: list[Any] = []
    try:
        body = {"name": network, "autoCreateSubnetworks": False}
        operation = compute.networks().insert(project=project, body=body).execute()
        while True:
            seen.append(operation)
            if operation["status"] == "DONE":
                return {"operations": seen}
            operation = compute.globalOperations().wait(project=project, operation=operation["name"]).execute()
            time.sleep(0.05)
    except (errors.HttpError, requests.RequestException) as error:
        return {"operations": seen, "error": type(error).__name__, "status": getattr(error, "status_code", 0)}


def main() -> int:
    """Lives all lives, and prints the outcomes."""
    port, authority, project, region, *network = sys.argv[1:]
    http = Http(port, authority, sys.stdin.read().strip())
    build = cast("Any", discovery.build)  # pyright: ignore[reportUnknownMemberType]  the package has no types
    if network:
        print(json.dumps(created(build("compute", "v1", http=http, static_discovery=True), project, network[0])))
        return 0
    outcomes: list[tuple[str, str, int]] = []
    for service, version, path, steps in lives(project, region):
        collection: Any = build(service, version, http=http, static_discovery=True)
        for part in path.split("."):
            collection = getattr(collection, part)()
        for method, arguments in steps:
            try:
                getattr(collection, method)(**arguments).execute()
                status = 200
            except errors.HttpError as error:
                failed: Any = error
                status = int(failed.status_code)
            outcomes.append((service, method, status))
    print(json.dumps(outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
