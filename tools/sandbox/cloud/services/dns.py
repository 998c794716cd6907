"""Cloud DNS: zones, records that change by sets of additions and deletions, and policies of networks.

No name is ever resolved.
"""

from typing import cast

from sandbox.cloud.errors import ApiError, already_exists, invalid, not_found
from sandbox.cloud.references import relative
from sandbox.cloud.resources import Call, Collection, Method, now, stable_number
from sandbox.cloud.services import compute
from sandbox.cloud.store import Json, StoredResource

_SERVICE = "dns.googleapis.com"


class ManagedZones(Collection):
    """https://cloud.google.com/dns/docs/reference/rest/v1/managedZones."""

    service = _SERVICE
    kind = "dns.managedZones"
    path = "projects/{project}/managedZones/{zone}"
    permission = "dns.managedZones"
    has_policy = True
    immutable = frozenset({"dnsName", "name", "visibility"})
    also = frozenset({"dns.networks.bindPrivateDNSZone"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the name ends with a dot, and that the caller may bind a private zone to its networks."""
        if not str(body.get("dnsName", "")).endswith("."):
            raise invalid("Invalid value for 'entity.managedZone.dnsName': it must end with a dot.")
        for network in _networks(body):
            compute.require_network(call, network, "dns.networks.bindPrivateDNSZone")
        if _networks(body) and body.get("visibility") != "private":
            raise invalid("Public managed zones cannot have private visibility configured.")

    def generate(self, call: Call) -> Json:
        """Returns id, time and name servers."""
        private = call.body.get("visibility") == "private"
        letter = "abcde"[int(stable_number(call.name, 6)) % 5]
        public = [f"ns-cloud-{letter}{number}.googledomains.com." for number in range(1, 5)]
        return {
            "id": stable_number(call.name + now()),
            "creationTime": now(),
            "nameServers": ["ns-gcp-private.googledomains.com."] if private else public,
            "visibility": "public",
        }

    def _kept(self, body: Json) -> Json:
        """Leaves out an empty list of networks, which is how the provider declares that a zone is for all."""
        seen: Json = body.get("privateVisibilityConfig") or {}
        shown = any(seen.get(field) for field in ("networks", "gkeClusters"))
        return super()._kept(
            {field: value for field, value in body.items() if shown or field != "privateVisibilityConfig"}
        )

    def on_create(self, call: Call) -> Json:
        """Creates the zone with the two records that every zone has."""
        created = super().on_create(call)
        apex, servers = str(created["dnsName"]), cast("list[str]", created["nameServers"])
        authority = f"{servers[0]} cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"
        for kind, data in (("NS", servers), ("SOA", [authority])):
            record: Json = {"name": apex, "type": kind, "ttl": 21600, "rrdatas": data}
            call.cloud.store.put(StoredResource(_record(self.full(call.name), record), RecordSets.kind, record, {}))
        return created

    def on_delete(self, call: Call) -> Json:
        """Deletes an empty zone with its two records."""
        response = super().on_delete(call)
        changes = call.cloud.store.find(Changes.kind, f"{self.full(call.name)}/changes/")
        for part in [*_records(call, self.full(call.name)), *changes]:
            call.cloud.store.remove(part.name)
        return response

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a zone with further records."""
        own = [one for one in _records(call, stored.name) if not is_apex(one.body, str(stored.body["dnsName"]))]
        if own:
            message = "The resource named 'entity.managedZone' cannot be deleted because it is not empty"
            raise ApiError("INVALID_ARGUMENT", f"{message}: {own[0].body['name']}.", "containerNotEmpty")


class RecordSets(Collection):
    """https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets; the zone's policy grants access."""

    service = _SERVICE
    kind = "dns.resourceRecordSets"
    path = "projects/{project}/managedZones/{zone}/rrsets/{name}/{type}"
    permission = "dns.resourceRecordSets"
    also = frozenset({f"dns.resourceRecordSets.{verb}" for verb in ("create", "delete", "update")})

    def methods(self) -> list[Method]:
        """Returns the reading methods; records change by `Changes`."""
        return [
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("list", self.on_list, f"{self.permission}.list"),
        ]

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the zone."""
        del method
        return self.full(name.partition("/rrsets/")[0])

    def on_list(self, call: Call) -> Json:
        """Returns all records of the zone; name and type are ignored."""
        return {"items": [record.body for record in _records(call, self.policy_target(self.methods()[1], call.name))]}


class Changes(Collection):
    """https://cloud.google.com/dns/docs/reference/rest/v1/changes: records are added and deleted, all or none."""

    service = _SERVICE
    kind = "dns.changes"
    path = "projects/{project}/managedZones/{zone}/changes/{change}"
    permission = "dns.changes"

    def methods(self) -> list[Method]:
        """Returns the methods that make and read changes; a change is done at once."""
        return [
            self._method("create", self.on_create, "dns.changes.create"),
            self._method("get", self.on_get, "dns.changes.get"),
            self._method("list", self.on_list, "dns.changes.list"),
        ]

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the zone."""
        del method
        return self.full(name.partition("/changes/")[0])

    def on_create(self, call: Call) -> Json:
        """Deletes records, then adds records."""
        zone_name = call.name.partition("/changes/")[0]
        zone = call.cloud.store.get(self.full(zone_name))
        if zone is None:
            raise not_found(zone_name)
        deletions, additions = (cast("list[Json]", call.body.get(key) or []) for key in ("deletions", "additions"))
        for verb in ("delete",) * bool(deletions) + ("create",) * bool(additions):
            call.cloud.iam.require(call.caller.member, f"dns.resourceRecordSets.{verb}", zone.name)
        for record in deletions:
            self._delete(call, zone, record, additions)
        for record in additions:
            self._add(call, zone, record)
        prefix = f"{zone.name}/changes/"
        number = str(1 + len(call.cloud.store.find(self.kind, prefix)))
        generated = {"id": number, "status": "done", "startTime": now(), "isServing": True}
        change = StoredResource(prefix + number, self.kind, call.body, generated)
        call.cloud.store.put(change)
        return change.body

    def _delete(self, call: Call, zone: StoredResource, record: Json, additions: list[Json]) -> None:
        """Deletes an existing record; the zone's own two records only if an addition replaces them."""
        name = _record(zone.name, record)
        if call.cloud.store.get(name) is None:
            raise not_found(name.partition("/managedZones/")[2])
        replaced = any(_record(zone.name, added) == name for added in additions)
        if is_apex(record, str(zone.body["dnsName"])) and not replaced:
            message = f"The resource record set '{record['name']}' of type {record['type']} must not be deleted."
            raise ApiError("INVALID_ARGUMENT", message, "invalidZoneApex")
        call.cloud.store.remove(name)

    def _add(self, call: Call, zone: StoredResource, record: Json) -> None:
        """Adds a new record that belongs to the zone."""
        apex, name = str(zone.body["dnsName"]), str(record.get("name", ""))
        if name != apex and not name.endswith(f".{apex}"):
            raise invalid(f"The record set '{name}' does not belong to the zone of {apex}.")
        full = _record(zone.name, record)
        if call.cloud.store.get(full) is not None:
            raise already_exists(f"{name} ({record['type']})")
        others = {other.body["type"] for other in _records(call, zone.name) if other.body["name"] == name}
        if others and (record["type"] == "CNAME" or "CNAME" in others):
            message = f"The resource record set '{name}' is invalid because a CNAME stands alone at its name."
            raise ApiError("INVALID_ARGUMENT", message, "cnameResourceRecordSetConflict")
        call.cloud.store.put(StoredResource(full, RecordSets.kind, record, {}))


class Policies(Collection):
    """https://cloud.google.com/dns/docs/reference/rest/v1/policies: settings of a network's name servers."""

    service = _SERVICE
    kind = "dns.policies"
    path = "projects/{project}/policies/{policy}"
    permission = "dns.policies"
    immutable = frozenset({"name"})
    also = frozenset({"dns.networks.bindPrivateDNSPolicy"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the caller may bind the networks, and that they have no other policy."""
        for network in _urls(body):
            name = compute.require_network(call, network, "dns.networks.bindPrivateDNSPolicy")
            for other in call.cloud.store.find(self.kind, f"//{_SERVICE}/"):
                if other.name != self.full(call.name) and name in _urls(other.body):
                    raise ApiError("FAILED_PRECONDITION", f"Network '{name}' has a policy: {other.name}.", "inUse")

    def generate(self, call: Call) -> Json:
        """Returns the id."""
        return {"id": stable_number(call.name + now())}

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a policy of a network."""
        if _urls(stored.body):
            message = f"The policy '{call.name}' cannot be deleted: it is bound to a network."
            raise ApiError("FAILED_PRECONDITION", message, "resourceInUse")


def is_apex(record: Json, dns_name: str) -> bool:
    """Returns whether a record is one of the two that every zone has."""
    return record["name"] == dns_name and record["type"] in ("NS", "SOA")


def _record(zone: str, record: Json) -> str:
    """Returns the full name of a record in a zone."""
    return f"{zone}/rrsets/{record['name']}/{record['type']}"


def _records(call: Call, zone: str) -> list[StoredResource]:
    return call.cloud.store.find(RecordSets.kind, f"{zone}/rrsets/")


def _networks(body: Json) -> list[str]:
    """Returns the relative names of the networks that see a zone."""
    return _urls(cast("Json", body.get("privateVisibilityConfig") or {}))


def _urls(holder: Json) -> list[str]:
    return [relative(str(network["networkUrl"])) for network in cast("list[Json]", holder.get("networks") or [])]
