"""Certificate Manager: certificates, DNS authorisations, and certificate maps with their entries."""

from collections.abc import Mapping
from typing import Any

from sandbox.plugins.gcp.types import ResourceType
from sandbox.plugins.protocol import Properties

_LABELS = {"effectiveLabels": "labels", "pulumiLabels": "labels"}
_TIMES = {"createTime": "createTime", "updateTime": "updateTime"}


class _AuthorizationType(ResourceType):
    """A DNS authorisation; the provider outputs its single record as a list."""

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the record that the domain's zone must have."""
        return {**super().to_outputs(inputs, body), "dnsResourceRecords": [body["dnsResourceRecord"]]}


class _EntryType(ResourceType):
    """An entry of a certificate map; the program declares the map by name or id."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables, with the map's short name."""
        return {**inputs, "map": str(inputs["map"]).rpartition("/")[2]}


_AUTHORIZATION = _AuthorizationType(
    type="gcp:certificatemanager/dnsAuthorization:DnsAuthorization",
    kind="certificatemanager.projects.locations.dnsAuthorizations",
    name="projects/{project}/locations/{location}/dnsAuthorizations/{name}",
    required=("domain",),
    replace_on=frozenset({"domain", "location", "name", "project", "type"}),
    provider_only=frozenset({"location", "name"}),
    computed=_LABELS,
)
_CERTIFICATE = ResourceType(
    type="gcp:certificatemanager/certificate:Certificate",
    kind="certificatemanager.projects.locations.certificates",
    name="projects/{project}/locations/{location}/certificates/{name}",
    replace_on=frozenset({"location", "managed", "name", "project", "scope"}),
    provider_only=frozenset({"location", "name"}),
    computed={**_LABELS, "sanDnsnames": "sanDnsnames"},
    computed_within=("managed.state",),
)
_MAP = ResourceType(
    type="gcp:certificatemanager/certificateMap:CertificateMap",
    kind="certificatemanager.projects.locations.certificateMaps",
    name="projects/{project}/locations/global/certificateMaps/{name}",
    replace_on=frozenset({"name", "project"}),
    provider_only=frozenset({"name"}),
    computed={**_LABELS, **_TIMES},
)
_ENTRY = _EntryType(
    type="gcp:certificatemanager/certificateMapEntry:CertificateMapEntry",
    kind="certificatemanager.projects.locations.certificateMaps.certificateMapEntries",
    name="projects/{project}/locations/global/certificateMaps/{map}/certificateMapEntries/{name}",
    required=("certificates", "map"),
    replace_on=frozenset({"hostname", "map", "matcher", "name", "project"}),
    provider_only=frozenset({"map", "name"}),
    computed={**_LABELS, **_TIMES, "state": "state"},
)

TYPES = (_AUTHORIZATION, _CERTIFICATE, _MAP, _ENTRY)
