"""Rules on networks: ingress from the internet, egress, and logs."""

from collections.abc import Iterator
from typing import Any

from engine.inputs import at, is_open, items, named, shown
from policy_pack.demands import absent, demand
from policy_pack.ranges import is_wide
from policy_pack.rule import Finding, Resource, Severity, Stack, of, rule, stack_rule

FIREWALL = "gcp:compute/firewall:Firewall"
NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
LAST_RESORT = 60000


@rule(
    "network-custom-mode",
    of(NETWORK),
    Severity.HIGH,
    references=["CIS GCP 3.1", "CIS GCP 3.2", "CKV_GCP_27"],
    remediation="Set auto_create_subnetworks to false, and declare the subnetworks.",
    url="https://cloud.google.com/vpc/docs/vpc#subnet-ranges",
)
def custom_mode(resource: Resource) -> Iterator[str]:
    """No network creates subnetworks itself: in the default network all resources may reach each other."""
    risk = "Google adds a subnetwork, without logs, to every region."
    yield from demand(resource.inputs, "autoCreateSubnetworks", False, risk)
    name = resource.inputs.get("name")
    if name == "default" or not is_open(name):
        yield (
            f"is named {named(name)}, like the default network, whose rules let in SSH and RDP from everywhere. Give "
            "it another name."
        )


@rule(
    "network-protected",
    of(NETWORK, SUBNETWORK, "gcp:servicenetworking/connection:Connection"),
    Severity.HIGH,
    remediation="Set protect=True in the resource options.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
)
def protected(resource: Resource) -> Iterator[str]:
    """Networks, subnetworks and service connections are protected against deletion, since all else depends on them."""
    if not resource.protect:
        yield "is not protected in Pulumi: one changed name would cut off all that is in it. Set protect=True."


@rule(
    "network-subnet-observed",
    of(SUBNETWORK),
    Severity.MEDIUM,
    references=["CIS GCP 3.8", "CIS GKE 5.6.1", "CKV_GCP_26", "CKV_GCP_61"],
    remediation="Set log_config, with all metadata.",
    url="https://cloud.google.com/vpc/docs/flow-logs",
)
def subnet_observed(resource: Resource) -> Iterator[str]:
    """Subnetworks have flow logs, with all metadata."""
    purpose = resource.inputs.get("purpose")
    if purpose in ("REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY"):
        return  # Google takes no flow logs there
    if resource.inputs.get("logConfig") is None:
        yield "logConfig is not set: nobody can see afterwards who talked to whom. Set it."
    else:
        path, risk = "logConfig.metadata", "flows do not say which pod or machine they are of."
        yield from demand(resource.inputs, path, "INCLUDE_ALL_METADATA", risk)


@rule(
    "network-subnet-private-access",
    of(SUBNETWORK),
    Severity.MEDIUM,
    references=["CKV_GCP_74", "CKV_GCP_76"],
    remediation="Set private_ip_google_access to true, and stack_type to IPV4_ONLY.",
    url="https://cloud.google.com/vpc/docs/private-google-access",
)
def subnet_private_access(resource: Resource) -> Iterator[str]:
    """Machines without a public address reach Google's APIs by Private Google Access; none has public IPv6."""
    if resource.inputs.get("purpose") in ("REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY"):
        return
    risk = "calls to Google's APIs go out to the internet, or need a public address."
    yield from demand(resource.inputs, "privateIpGoogleAccess", True, risk)
    if resource.inputs.get("ipv6AccessType") not in (None, "INTERNAL"):
        yield f"ipv6AccessType is {shown(resource.inputs['ipv6AccessType'])}: machines get public addresses. Remove it."


@rule(
    "network-firewall-closed",
    of(FIREWALL),
    Severity.CRITICAL,
    references=[
        "CIS GCP 3.6",
        "CIS GCP 3.7",
        "CIS GKE 5.6.6",
        *(f"CKV_GCP_{number}" for number in (2, 3, 75, 77, 88, 106)),
    ],
    remediation="List the source ranges; admit the internet through the load balancer only.",
    url="https://cloud.google.com/firewall/docs/firewalls",
)
def firewall_closed(resource: Resource) -> Iterator[str]:
    """No firewall rule admits the internet: public services are behind the load balancer."""
    inputs = resource.inputs
    if inputs.get("direction") not in (None, "INGRESS") and is_open(inputs.get("direction")):
        return
    if not items(inputs.get("allows")) or inputs.get("disabled") is True:
        return
    ranges = items(inputs.get("sourceRanges"))
    if not ranges and not items(inputs.get("sourceTags")) and not items(inputs.get("sourceServiceAccounts")):
        yield "admits everybody, since it names no source. Set sourceRanges."
    if is_wide(ranges):
        wide = [named(cidr) for cidr in ranges if is_wide([cidr])] or [f"{len(ranges)} ranges that add up to it"]
        yield f"admits {', '.join(wide)}, (nearly) the whole internet. Narrow sourceRanges."


@rule(
    "network-firewall-egress-named",
    of(FIREWALL),
    Severity.MEDIUM,
    remediation="Name the ranges that may be called.",
    url="https://cloud.google.com/firewall/docs/firewalls#direction_of_the_rule",
)
def firewall_egress_named(resource: Resource) -> Iterator[str]:
    """No firewall rule permits egress to everywhere, even on one port: stolen data need no other."""
    inputs = resource.inputs
    if inputs.get("direction") != "EGRESS" or inputs.get("disabled") is True:
        return
    if items(inputs.get("allows")) and is_wide(items(inputs.get("destinationRanges")) or [None]):
        yield "lets everything out to (nearly) the whole internet. Name the ranges that may be called."


@rule(
    "network-nat-logged",
    of("gcp:compute/routerNat:RouterNat"),
    Severity.LOW,
    remediation="Set log_config.enable to true, with the filter ALL.",
    url="https://cloud.google.com/nat/docs/monitoring",
)
def nat_logged(resource: Resource) -> Iterator[str]:
    """Egress through Cloud NAT is logged."""
    yield from demand(resource.inputs, "logConfig.enable", True, "nobody can see afterwards who was called.")


@rule(
    "network-tls-modern",
    of("gcp:compute/sSLPolicy:SSLPolicy", "gcp:compute/regionSslPolicy:RegionSslPolicy"),
    Severity.HIGH,
    references=["CIS GCP 3.9", "CKV_GCP_4"],
    remediation="Set the profile RESTRICTED or MODERN, and min_tls_version TLS_1_2.",
    url="https://cloud.google.com/load-balancing/docs/ssl-policies-concepts",
)
def tls_modern(resource: Resource) -> Iterator[str]:
    """TLS policies require TLS 1.2 or later, without weak ciphers."""
    risk = "old clients, and who poses as one, get ciphers that are broken."
    yield from demand(resource.inputs, "minTlsVersion", ("TLS_1_2", "TLS_1_3"), risk)
    yield from demand(resource.inputs, "profile", ("RESTRICTED", "MODERN"), risk)


@rule(
    "network-dns-signed",
    of("gcp:dns/managedZone:ManagedZone"),
    Severity.MEDIUM,
    references=["CIS GCP 3.3", "CIS GCP 3.4", "CIS GCP 3.5", "CKV_GCP_16", "CKV_GCP_17"],
    remediation="Set dnssec_config.state to on for a public zone, without RSASHA1.",
    url="https://cloud.google.com/dns/docs/dnssec",
)
def dns_signed(resource: Resource) -> Iterator[str]:
    """Public DNS zones are signed (DNSSEC); queries of private zones stay in their network."""
    for path in ("forwardingConfig", "peeringConfig", "serviceDirectoryConfig"):
        yield from absent(resource.inputs, path, "another server answers, and its answers nobody reviews.")
    if resource.inputs.get("visibility") == "private":
        return
    yield from demand(resource.inputs, "dnssecConfig.state", "on", "anybody on the way can answer something else.")
    for spec in items(at(resource.inputs, "dnssecConfig.defaultKeySpecs")):
        if at(spec, "algorithm") not in ("ecdsap256sha256", "ecdsap384sha384", "rsasha256", "rsasha512"):
            algorithm = named(at(spec, "algorithm"))
            yield f"dnssecConfig.defaultKeySpecs uses {algorithm}, and RSASHA1 is broken. Use ecdsap256sha256."


@rule(
    "network-dns-logged",
    of("gcp:dns/policy:Policy"),
    Severity.LOW,
    references=["CIS GCP 2.12"],
    remediation="Set enable_logging to true.",
    url="https://cloud.google.com/dns/docs/monitoring",
)
def dns_logged(resource: Resource) -> Iterator[str]:
    """DNS queries are logged: the name that a compromised workload queries is its first trace."""
    yield from demand(resource.inputs, "enableLogging", True, "nobody can see afterwards what was asked for.")
    path = "alternativeNameServerConfig"
    yield from absent(resource.inputs, path, "another server answers, and its answers nobody reviews.")


@stack_rule(
    "network-denies-by-default",
    Severity.HIGH,
    references=["design: explicit egress"],
    remediation="Declare a rule that denies all protocols from and to 0.0.0.0/0, with a priority behind all others.",
    url="https://cloud.google.com/firewall/docs/firewalls#default_firewall_rules",
    looks_at=(NETWORK, FIREWALL),
)
def denies_by_default(stack: Stack) -> Iterator[Finding]:
    """A stack with a network has rules that deny all other traffic in both directions."""
    networks = [member for member in stack.resources if member.type == NETWORK]
    denied = {
        member.fields.get("direction")
        for member in stack.resources
        if member.type == FIREWALL and _denies_all(member.fields)
    }
    for network in networks:
        for direction in ("INGRESS", "EGRESS"):
            if direction not in denied:
                yield Finding(
                    network.urn,
                    f"network {network.name!r}: no rule denies {direction} by default, so a forgotten rule lets "
                    "everything through. Add one that denies all.",
                )


def _denies_all(fields: dict[str, Any]) -> bool:
    ranges = [*items(fields.get("sourceRanges")), *items(fields.get("destinationRanges"))]
    priority = fields.get("priority")
    return (
        any(at(deny, "protocol") == "all" for deny in items(fields.get("denies")))
        and "0.0.0.0/0" in ranges
        and isinstance(priority, int | float)
        and priority >= LAST_RESORT
        and fields.get("disabled") is not True
    )
