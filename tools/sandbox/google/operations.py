"""Operations in the shape of each service (https://google.aip.dev/151 and the older APIs' own)."""

import time
import uuid
from collections.abc import Mapping

from sandbox.cloud.services import operations as stored
from sandbox.cloud.store import Json
from sandbox.google.exchange import Exchange

# Last part of a collection's kind -> the type of its resources, in the response of an operation.
_TYPES: Mapping[str, str] = {
    "repositories": "google.devtools.artifactregistry.v1.Repository",
    "certificates": "google.cloud.certificatemanager.v1.Certificate",
    "certificateMaps": "google.cloud.certificatemanager.v1.CertificateMap",
    "certificateMapEntries": "google.cloud.certificatemanager.v1.CertificateMapEntry",
    "dnsAuthorizations": "google.cloud.certificatemanager.v1.DnsAuthorization",
    "backupPlans": "google.cloud.gkebackup.v1.BackupPlan",
    "restorePlans": "google.cloud.gkebackup.v1.RestorePlan",
    "buckets": "google.logging.v2.LogBucket",
    "workloadIdentityPools": "google.iam.v1.WorkloadIdentityPool",
    "providers": "google.iam.v1.WorkloadIdentityPoolProvider",
    "policies": "google.iam.v2.Policy",
    "connections": "google.cloud.servicenetworking.v1.Connection",
    "tagKeys": "google.cloud.resourcemanager.v3.TagKey",
    "tagValues": "google.cloud.resourcemanager.v3.TagValue",
    "tagBindings": "google.cloud.resourcemanager.v3.TagBinding",
}
_EMPTY = "google.protobuf.Empty"
_WORDS = {
    "create": "CREATE",
    "insert": "CREATE",
    "delete": "DELETE",
    "preCheckMajorVersionUpgrade": "PRE_CHECK_MAJOR_VERSION_UPGRADE",
    "restoreBackup": "RESTORE_VOLUME",
}
_CLUSTERS = {"create": "CREATE_CLUSTER", "delete": "DELETE_CLUSTER"}
_POOLS = {"create": "CREATE_NODE_POOL", "delete": "DELETE_NODE_POOL"}


def begin(exchange: Exchange, name: str, result: Json, response_type: str = "") -> Json:
    """Returns the operation of a change that was carried out.

    Args:
        exchange: the request of the change.
        name: the relative name of the changed resource.
        result: the resource after the change; {} after its deletion.
        response_type: the type of the result, where it is not the collection's.
    """
    host = exchange.request.host
    if host == "compute.googleapis.com":
        return _compute(exchange, name, result)
    if host == "container.googleapis.com":
        return _container(exchange, name)
    if host == "sqladmin.googleapis.com":
        return _sql(exchange, name, result)
    if host == "dns.googleapis.com":
        return _dns(exchange, name)
    kind = response_type or (_TYPES[exchange.kind.rpartition(".")[2]] if result else _EMPTY)
    collection = _collection(host, name)
    operation = f"{_holder(collection, name)}operations/operation-{uuid.uuid4()}"
    running: Json = {"name": operation}
    done = {**running, "done": True, "response": {"@type": f"type.googleapis.com/{kind}", **result}}
    return collection.begin(exchange.cloud.store, operation, running, done)


def _collection(host: str, name: str) -> stored.Operations:
    """Returns the service's collection of operations with the longest path that fits a resource's name."""
    collections = [kind() for kind in stored.ALL if kind.service == host]
    fitting = [one for one in collections if one.takes(f"{_holder(one, name)}operations/-")]
    return max(fitting, key=lambda collection: len(collection.path))


def _holder(collection: stored.Operations, name: str) -> str:
    """Returns the part of a resource's name below which its operations are, with a slash."""
    parts = collection.path.count("/") - 1
    return "".join(f"{part}/" for part in name.split("/")[:parts])


def _compute(exchange: Exchange, name: str, result: Json) -> Json:
    collection = _collection(exchange.request.host, name)
    api, when = f"https://www.googleapis.com/compute/{exchange.definition.api.content['version']}", _when()
    identity = f"operation-{uuid.uuid4()}"
    operation = f"{_holder(collection, name)}operations/{identity}"
    running: Json = {
        "kind": "compute#operation",
        "id": str(uuid.uuid4().int % 10**18),
        "name": identity,
        "operationType": exchange.verb,
        "targetLink": f"{api}/{name}",
        "targetId": str(result.get("id", "0")),
        "user": exchange.caller.email,
        "insertTime": when,
        "startTime": when,
        "selfLink": f"{api}/{operation}",
        "status": "RUNNING",
        "progress": 0,
    }
    if "/regions/" in name:
        running["region"] = f"{api}/{operation.partition('/operations/')[0]}"
    done = {**running, "status": "DONE", "progress": 100, "endTime": when}
    return collection.begin(exchange.cloud.store, operation, running, done)


def _container(exchange: Exchange, name: str) -> Json:
    collection = stored.Container()
    version, when = exchange.definition.api.content["version"], _when()
    identity = f"operation-{time.time_ns()}"
    operation = f"{_holder(collection, name)}operations/{identity}"
    words = _POOLS if "/nodePools/" in name else _CLUSTERS
    running: Json = {
        "name": identity,
        "operationType": words.get(exchange.verb, "UPDATE_CLUSTER"),
        "status": "RUNNING",
        "location": name.split("/")[3],
        "selfLink": f"https://container.googleapis.com/{version}/{operation}",
        "targetLink": f"https://container.googleapis.com/{version}/{name}",
        "startTime": when,
    }
    done = {**running, "status": "DONE", "endTime": when}
    return collection.begin(exchange.cloud.store, operation, running, done)


def _sql(exchange: Exchange, name: str, result: Json) -> Json:
    _, project, _, instance, *_ = name.split("/")
    identity, when = str(uuid.uuid4()), _when()
    word = _WORDS.get(exchange.verb, exchange.verb.upper())
    part = {"databases": "_DATABASE", "users": "_USER"}.get(exchange.kind.rpartition(".")[2], "")
    api = f"https://sqladmin.googleapis.com/sql/v1beta4/projects/{project}"
    running: Json = {
        "kind": "sql#operation",
        "name": identity,
        "operationType": "UPDATE" if word == "PATCH" else f"{word}{part}",
        "status": "RUNNING",
        "targetId": instance,
        "targetProject": project,
        "targetLink": f"{api}/instances/{instance}",
        "selfLink": f"{api}/operations/{identity}",
        "user": exchange.caller.email,
        "insertTime": when,
        "startTime": when,
    }
    if exchange.kind == "sql.backupRuns":
        running["backupContext"] = {"kind": "sql#backupContext", "backupId": result.get("id", name.rpartition("/")[2])}
    for transfer in ("exportContext", "importContext"):
        if context := exchange.body.get(transfer):
            running[transfer] = {**context, "kind": f"sql#{transfer}"}
    done = {**running, "status": "DONE", "endTime": _when()}
    if "error" in result:
        done["error"] = result["error"]
    return stored.Sql().begin(exchange.cloud.store, f"projects/{project}/operations/{identity}", running, done)


def _dns(exchange: Exchange, name: str) -> Json:
    identity = str(uuid.uuid4())
    running: Json = {
        "kind": "dns#operation",
        "id": identity,
        "type": "update",
        "status": "pending",
        "startTime": _when(),
        "user": exchange.caller.email,
    }
    done = {**running, "status": "done"}
    return stored.Zones().begin(exchange.cloud.store, f"{name}/operations/{identity}", running, done)


def _when() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
