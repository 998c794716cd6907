"""Firewall rules: nothing enters or leaves the network, except what is listed here.

Rules of the network (compute.Firewall), not a firewall policy: GKE writes its own rules as such, and Google evaluates
them before a network's policy, so a policy would never see what GKE allows. One list, one order of priorities.
Between pods, network policies decide (namespaces/network_policies.py): a firewall sees nodes, not namespaces.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from platform_layer.network.google_apis import PRIVATE_ACCESS
from platform_layer.network.network import Network
from platform_layer.network.network_settings import NetworkSettings

EVERYWHERE = "0.0.0.0/0"
# Google's front ends and health checks: https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
LOAD_BALANCERS = ("35.191.0.0/16", "130.211.0.0/22")
# The rules that GKE and this file add come before it; Google's own last rule (65535) would permit all egress.
LAST = 65534
ALLOWED = 1000
# The proxy's port. PostgreSQL's own (5432) stays closed: it takes a login that IAM has not seen first.
DATABASE_PROXY_PORT = 3307


@dataclass(frozen=True)
class FirewallArgs:
    """Arguments of Firewall.

    Attributes:
        project: the project's ID.
        network: the guarded network.
        settings: the network's ranges and the egress destinations.
    """

    project: str
    network: Network
    settings: NetworkSettings


@dataclass(frozen=True)
class _Allowed:
    """Permitted traffic: its purpose, the ranges, the TCP ports (any if empty; any protocol as well if None)."""

    purpose: str
    ranges: Sequence[str]
    ports: Sequence[int] | None = None
    logged: bool = False


class Firewall(pulumi.ComponentResource):
    """The rules: refuse everything in both directions, log it, and allow the listed traffic."""

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Firewall", name, None, opts)
        self._name = name
        self._args = args
        self._refuse_the_rest("INGRESS")
        self._refuse_the_rest("EGRESS")
        health = _Allowed("Google's load balancers reach pods and ask for their health", LOAD_BALANCERS, ports=())
        self._allow("INGRESS", "load-balancers", health)
        for key, allowed in _egress(args.settings).items():
            self._allow("EGRESS", key, allowed)
        self.register_outputs({})

    def _refuse_the_rest(self, direction: str) -> None:
        key = f"{self._name}-deny-{direction.lower()}"
        gcp.compute.Firewall(
            key,
            name=key,
            project=self._args.project,
            network=self._args.network.network_id,
            description="Refuses whatever no other rule allows, and logs it",
            direction=direction,
            priority=LAST,
            denies=[gcp.compute.FirewallDenyArgs(protocol="all")],
            source_ranges=[EVERYWHERE] if direction == "INGRESS" else None,
            destination_ranges=[EVERYWHERE] if direction == "EGRESS" else None,
            log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
            # Without it, a new network permits all egress.
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )

    def _allow(self, direction: str, key: str, allowed: _Allowed) -> None:
        name = f"{self._name}-{direction.lower()}-{key}"
        ranges = list(allowed.ranges)
        gcp.compute.Firewall(
            name,
            name=name,
            project=self._args.project,
            network=self._args.network.network_id,
            description=allowed.purpose,
            direction=direction,
            priority=ALLOWED,
            allows=[_protocol(allowed)],
            source_ranges=ranges if direction == "INGRESS" else None,
            destination_ranges=ranges if direction == "EGRESS" else None,
            log_config=gcp.compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA") if allowed.logged else None,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _protocol(allowed: _Allowed) -> gcp.compute.FirewallAllowArgs:
    if allowed.ports is None:
        return gcp.compute.FirewallAllowArgs(protocol="all")
    return gcp.compute.FirewallAllowArgs(protocol="tcp", ports=[str(port) for port in allowed.ports] or None)


def _egress(settings: NetworkSettings) -> dict[str, _Allowed]:
    """Permitted egress by name. DNS and time come from the metadata server, which no rule can close."""
    return {
        # The control plane's private address is in the range of the nodes.
        "cluster": _Allowed("Nodes, pods and the control plane reach each other", (settings.nodes, settings.pods)),
        "google-apis": _Allowed("Google's APIs by their private address, encrypted", (PRIVATE_ACCESS,), ports=(443,)),
        "databases": _Allowed("Databases, through the proxy", (settings.databases,), ports=(DATABASE_PROXY_PORT,)),
        **{
            f"to-{name}": _Allowed(outside.reason, outside.ranges, ports=outside.ports, logged=True)
            for name, outside in settings.destinations.items()
        },
    }
