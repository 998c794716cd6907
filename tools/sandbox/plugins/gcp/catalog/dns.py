"""Cloud DNS: zones, members of their policies, record sets, and policies of networks."""

from collections.abc import Mapping
from typing import Any

from sandbox.cloud.services.dns import is_apex
from sandbox.plugins.gcp.members import MemberType
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties

_RECORDS = "dns.resourceRecordSets"


class _ZoneType(ResourceType):
    """A zone; the provider empties it before its deletion if `forceDestroy` is set."""

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the zone; deletes its records only with `forceDestroy`."""
        self.refuse_if_protected(state)
        name = self.rest_name(state)
        if state.get("forceDestroy") and state.get("deletionPolicy") != "ABANDON":
            records = session.call(f"{_RECORDS}.list", f"{name}/rrsets/-/-")["items"]
            own = [record for record in records if not is_apex(record, str(state["dnsName"]))]
            if own:
                session.call("dns.changes.create", f"{name}/changes/-", {"deletions": own})
        super().delete(session, state)


class _RecordSetType(ResourceType):
    """A record set; the provider creates, replaces and deletes it by changes of its zone."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the zone's short name, also for its id."""
        return {**inputs, "managedZone": str(inputs["managedZone"]).rpartition("/")[2]}

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Adds the record; replaces a record that every zone has."""
        existing: list[Properties] = []
        if inputs["type"] in ("NS", "SOA"):
            listed = session.call(f"{_RECORDS}.list", self.rest_name(inputs))["items"]
            existing = [
                record for record in listed if (record["name"], record["type"]) == (inputs["name"], inputs["type"])
            ]
        self._change(session, inputs, deletions=existing, additions=[self.to_body(inputs)])
        return self.pulumi_id(inputs), self.to_outputs(inputs, self.get(session, inputs))

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Replaces the old record with the new one, which may be of another type, in one change."""
        del state
        before, after = self.to_body(old_inputs), self.to_body(inputs)
        if before != after:
            self._change(session, inputs, deletions=[before], additions=[after])
        return self.to_outputs(inputs, self.get(session, inputs))

    def delete(self, session: Session, state: Properties) -> None:
        """Deletes the record; a record that every zone has stays as it is."""
        self.refuse_if_protected(state)
        zone = session.call("dns.managedZones.get", self._zone(state))
        if state.get("deletionPolicy") != "ABANDON" and not is_apex(state, str(zone["dnsName"])):
            self._change(session, state, deletions=[self.to_body(state)])

    def _zone(self, inputs: Properties) -> str:
        return self.rest_name(inputs).partition("/rrsets/")[0]

    def _change(self, session: Session, inputs: Properties, **change: list[Properties]) -> None:
        session.call("dns.changes.create", f"{self._zone(inputs)}/changes/-", dict(change))


class _PolicyType(ResourceType):
    """A network's policy; the provider removes it from the networks before its deletion."""

    def delete(self, session: Session, state: Properties) -> None:
        """Removes the policy from its networks, then deletes it."""
        self.refuse_if_protected(state)
        if state.get("networks") and state.get("deletionPolicy") != "ABANDON":
            session.call(f"{self.kind}.patch", self.rest_name(state), {"networks": None})
        super().delete(session, state)


_ZONE = _ZoneType(
    type="gcp:dns/managedZone:ManagedZone",
    kind="dns.managedZones",
    name="projects/{project}/managedZones/{name}",
    required=("dnsName",),
    replace_on=frozenset(
        {"dnsName", "name", "project", "reverseLookup", "serviceDirectoryConfig", "visibility"},
    ),
    provider_only=frozenset({"forceDestroy"}),
    computed={
        "managedZoneId": "id",
        "nameServers": "nameServers",
        "creationTime": "creationTime",
        "effectiveLabels": "labels",
        "pulumiLabels": "labels",
    },
)
_ZONE_MEMBER = MemberType(
    type="gcp:dns/dnsManagedZoneIamMember:DnsManagedZoneIamMember",
    kind="dns.managedZones",
    name="projects/{project}/managedZones/{managedZone}",
    id="projects/{project}/managedZones/{managedZone}/{role}/{member}",
    required=("managedZone", "member", "role"),
    replace_on=frozenset({"condition", "managedZone", "member", "project", "role"}),
)
_RECORD_SET = _RecordSetType(
    type="gcp:dns/recordSet:RecordSet",
    kind=_RECORDS,
    name="projects/{project}/managedZones/{managedZone}/rrsets/{name}/{type}",
    required=("managedZone", "name", "type"),
    replace_on=frozenset({"managedZone", "name", "project"}),
    provider_only=frozenset({"managedZone"}),
    autoname="",
)

_POLICY = _PolicyType(
    type="gcp:dns/policy:Policy",
    kind="dns.policies",
    name="projects/{project}/policies/{name}",
    replace_on=frozenset({"dns64Config", "name", "project"}),
)

TYPES = (_ZONE, _ZONE_MEMBER, _RECORD_SET, _POLICY)
