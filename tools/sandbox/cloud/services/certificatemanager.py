"""Certificate Manager: certificates, DNS authorisations of their domains, and the certificate maps of load balancers.

No certificate is ever issued: a managed certificate stays in its state at Google before its domain is proven.
"""

import re
from typing import ClassVar, cast

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.references import relative, value_at
from sandbox.cloud.resources import Call, Collection, now, stable_number
from sandbox.cloud.store import Json, StoredResource

_SERVICE = "certificatemanager.googleapis.com"
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last part is none of an address in numbers.
_DOMAIN = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]", re.IGNORECASE)


class _CertificateManagerCollection(Collection):
    """Base of Certificate Manager's collections.

    Attributes:
        users: kinds of the resources that may refer to the collection's -> dotted path of the list of references.
    """

    service = _SERVICE
    users: ClassVar[dict[str, str]] = {}

    def generate(self, call: Call) -> Json:
        """Returns name and times."""
        return {"name": call.name, "createTime": now(), "updateTime": now()}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the time of the change."""
        del call
        return {**stored.generated, "updateTime": now()}

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a resource that is in use."""
        del stored
        project = f"//{_SERVICE}/projects/{call.parameters['project']}/"
        for kind, path in self.users.items():
            for user in call.cloud.store.find(kind, project):
                used = cast("list[str]", value_at(user.declared, path) or [])
                if call.name in (relative(name) for name in used):
                    message = f"can't delete {call.name} that is referenced by a resource: {user.generated['name']}"
                    raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")

    def require_usable(self, call: Call, permission: str, references: object) -> None:
        """Raises ApiError unless the resources that a body refers to exist and the caller may use them."""
        for name in (relative(reference) for reference in cast("list[str]", references or [])):
            full = f"//{_SERVICE}/{name}"
            call.cloud.iam.require(call.caller.member, permission, full)
            if call.cloud.store.get(full) is None:
                raise not_found(name)


class DnsAuthorizations(_CertificateManagerCollection):
    """https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.dnsAuthorizations."""

    kind = "certificatemanager.projects.locations.dnsAuthorizations"
    path = "projects/{project}/locations/{location}/dnsAuthorizations/{authorization}"
    permission = "certificatemanager.dnsauthorizations"
    users: ClassVar[dict[str, str]] = {
        "certificatemanager.projects.locations.certificates": "managed.dnsAuthorizations",
    }
    immutable = frozenset({"domain", "type"})

    def check(self, call: Call, body: Json) -> None:
        """Refuses a wildcard: the authorisation of a domain covers its wildcard too."""
        del call
        domain = str(body.get("domain", ""))
        if not _DOMAIN.fullmatch(domain):
            raise invalid(f"The domain '{domain}' is invalid: a domain is given without wildcard and final dot.")

    def generate(self, call: Call) -> Json:
        """Returns the DNS record that the domain's zone must have."""
        token = stable_number(call.name, 12)
        record = {
            "name": f"_acme-challenge.{call.body['domain']}.",
            "type": "CNAME",
            "data": f"{token}.authorize.certificatemanager.goog.",
        }
        return {**super().generate(call), "type": "FIXED_RECORD", "dnsResourceRecord": record}


class Certificates(_CertificateManagerCollection):
    """https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.certificates."""

    kind = "certificatemanager.projects.locations.certificates"
    path = "projects/{project}/locations/{location}/certificates/{certificate}"
    permission = "certificatemanager.certs"
    users: ClassVar[dict[str, str]] = {
        "certificatemanager.projects.locations.certificateMaps.certificateMapEntries": "certificates",
    }
    also = frozenset({"certificatemanager.dnsauthorizations.use"})
    immutable = frozenset({"managed", "scope"})

    def on_create(self, call: Call) -> Json:
        """Creates a certificate whose DNS authorisations the caller may use."""
        authorizations = value_at(call.body, "managed.dnsAuthorizations")
        self.require_usable(call, "certificatemanager.dnsauthorizations.use", authorizations)
        return super().on_create(call)

    def check(self, call: Call, body: Json) -> None:
        """Checks that a certificate is either managed or self-managed; a wildcard needs a DNS authorisation."""
        del call
        if bool(body.get("managed")) == bool(body.get("selfManaged")):
            raise invalid("Exactly one of managed and self_managed must be set.")
        domains = cast("list[str]", value_at(body, "managed.domains") or [])
        proven = value_at(body, "managed.dnsAuthorizations") or value_at(body, "managed.issuanceConfig")
        if any(domain.startswith("*.") for domain in domains) and not proven:
            raise invalid("Wildcard domains need a DNS authorization or a certificate issuance config.")

    def generate(self, call: Call) -> Json:
        """Returns the domains, and the state until they are proven."""
        domains = cast("list[str]", value_at(call.body, "managed.domains") or [])
        managed = {"managed": {"state": "PROVISIONING"}} if call.body.get("managed") else {}
        return {**super().generate(call), **managed, "sanDnsnames": domains, "scope": "DEFAULT"}


class CertificateMaps(_CertificateManagerCollection):
    """https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.certificateMaps."""

    kind = "certificatemanager.projects.locations.certificateMaps"
    path = "projects/{project}/locations/{location}/certificateMaps/{map}"
    permission = "certificatemanager.certmaps"
    also = frozenset({"certificatemanager.certmaps.use"})

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete a map with entries."""
        if call.cloud.store.find(CertificateMapEntries.kind, f"{stored.name}/"):
            message = f"can't delete {call.name} that has nested resources"
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition")


class CertificateMapEntries(_CertificateManagerCollection):
    """https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.certificateMaps.certificateMapEntries."""

    kind = "certificatemanager.projects.locations.certificateMaps.certificateMapEntries"
    path = "projects/{project}/locations/{location}/certificateMaps/{map}/certificateMapEntries/{entry}"
    permission = "certificatemanager.certmapentries"
    also = frozenset({"certificatemanager.certs.use"})
    immutable = frozenset({"hostname", "matcher"})

    def check(self, call: Call, body: Json) -> None:
        """Checks that the map exists, the entry names a host or is primary, and the caller may use its certificates."""
        holder = call.name.partition("/certificateMapEntries/")[0]
        if call.cloud.store.get(self.full(holder)) is None:
            raise not_found(holder)
        if bool(body.get("hostname")) == bool(body.get("matcher")):
            raise invalid("Exactly one of hostname and matcher must be set.")
        if not 1 <= len(cast("list[str]", body.get("certificates") or [])) <= 4:
            raise invalid("A certificate map entry has one to four certificates.")
        self.require_usable(call, "certificatemanager.certs.use", body["certificates"])

    def generate(self, call: Call) -> Json:
        """Returns the state before a load balancer serves the entry."""
        return {**super().generate(call), "state": "PENDING"}
