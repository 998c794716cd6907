"""The Gateway for requests from outside: one load balancer for all public apps, with TLS for all of them.

It has one listener, for all names below the domain, which admits routes of the namespaces that are marked as public.
There is no listener without TLS. Which name a route may have is decided at its admission (route_names.py): no team can
take another's. The app's route decides where a request goes behind the listener.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

from platform_layer.cluster.cluster import Cluster
from platform_layer.gateway.route_names import RouteNames, RouteNamesArgs
from platform_layer.namespaces.namespace import GATEWAY_NAMESPACE, PUBLIC, Namespace, NamespaceArgs
from platform_layer.namespaces.namespace_settings import Quota
from platform_layer.namespaces.rbac import WRITE, Rule, Subject, policy_rules, role_ref, subjects
from platform_layer.settings import Settings
from platform_layer.upstream import IdentityContract

_NO_WORKLOADS = dict.fromkeys(("pods", "deployments", "jobs", "cronJobs", "services"), 0)
# IAM knows all custom resources as one (container.thirdPartyObjects), so the right to these is RBAC, in this namespace.
OPERATOR = tuple(
    Rule(group, (kind,), tuple(verb for verb in WRITE if verb != "delete"))
    for group, kind in (("gateway.networking.k8s.io", "gateways"), ("networking.gke.io", "gcpgatewaypolicies"))
)


@dataclass(frozen=True)
class GatewayArgs:
    """Arguments of Gateway.

    Attributes:
        project: the project's ID.
        domain: public apps are reached at names one level below it.
        operator: the platform's own deploy identity, which sets it up.
        provider: of the cluster.
    """

    project: str
    domain: str
    operator: Subject
    provider: k8s.Provider


class Gateway(pulumi.ComponentResource):
    """The Gateway `name`; `records` are the entries that the domain's owner has to make in its DNS."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Gateway", name, None, opts)
        self.name = name
        self.namespace = GATEWAY_NAMESPACE
        self.domain = args.domain
        self._args = args
        # The domain's DNS points at them, and another domain would need others: that is a plan of its own.
        self._own = pulumi.ResourceOptions(parent=self, protect=True)
        self._address = gcp.compute.GlobalAddress(name, name=name, project=args.project, opts=self._own)
        self._authorization = gcp.certificatemanager.DnsAuthorization(
            name, name=name, project=args.project, domain=args.domain, opts=self._own
        )
        self._inside(name, self._certificates(name), self._tls(name))
        self.records = self._records()
        self.register_outputs({"records": self.records})

    def _certificates(self, name: str) -> gcp.certificatemanager.CertificateMap:
        """A certificate for all names below the domain, which Google renews."""
        names = f"*.{self._args.domain}"
        certificate = gcp.certificatemanager.Certificate(
            name,
            name=name,
            project=self._args.project,
            managed=gcp.certificatemanager.CertificateManagedArgs(
                domains=[names], dns_authorizations=[self._authorization.id]
            ),
            opts=self._own,
        )
        certificates = gcp.certificatemanager.CertificateMap(
            name, name=name, project=self._args.project, opts=self._own
        )
        gcp.certificatemanager.CertificateMapEntry(
            name,
            name=name,
            project=self._args.project,
            map=certificates.name,
            hostname=names,
            certificates=[certificate.id],
            opts=self._own,
        )
        return certificates

    def _tls(self, name: str) -> gcp.compute.SSLPolicy:
        """TLS 1.2 and later, with forward secrecy and authenticated ciphers only."""
        return gcp.compute.SSLPolicy(
            name,
            name=name,
            project=self._args.project,
            profile="RESTRICTED",
            min_tls_version="TLS_1_2",
            opts=self._own,
        )

    def _inside(
        self, name: str, certificates: gcp.certificatemanager.CertificateMap, tls: gcp.compute.SSLPolicy
    ) -> None:
        namespace = Namespace(
            GATEWAY_NAMESPACE,
            NamespaceArgs(
                team="platform",
                owner=self._args.operator.name,
                quota=Quota.model_validate(_NO_WORKLOADS),
                has_google_identity=False,
                provider=self._args.provider,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        operator = self._operator(namespace)
        # Before the first route can attach, no route can have another app's name.
        names = RouteNames(
            "route-names",
            RouteNamesArgs(self._args.domain, self._args.operator, self._args.provider),
            opts=pulumi.ResourceOptions(parent=self),
        )
        options = pulumi.ResourceOptions.merge(
            self._own, pulumi.ResourceOptions(provider=self._args.provider, depends_on=[operator, names])
        )
        gateway = k8s.apiextensions.CustomResource(
            name,
            api_version="gateway.networking.k8s.io/v1",
            kind="Gateway",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=name, namespace=GATEWAY_NAMESPACE, annotations={"networking.gke.io/certmap": certificates.name}
            ),
            spec={
                "gatewayClassName": "gke-l7-global-external-managed",
                "addresses": [{"type": "NamedAddress", "value": self._address.name}],
                "listeners": [_listener(self._args.domain)],
            },
            opts=options,
        )
        k8s.apiextensions.CustomResource(
            f"{name}-tls",
            api_version="networking.gke.io/v1",
            kind="GCPGatewayPolicy",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=name, namespace=GATEWAY_NAMESPACE),
            spec={
                "default": {"sslPolicy": tls.name},
                "targetRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": name},
            },
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[gateway])),
        )

    def _operator(self, namespace: Namespace) -> pulumi.Resource:
        metadata = k8s.meta.v1.ObjectMetaArgs(name="gateway-operator", namespace=GATEWAY_NAMESPACE)
        provider = self._args.provider
        role = k8s.rbac.v1.Role(
            f"{GATEWAY_NAMESPACE}-operator",
            metadata=metadata,
            rules=policy_rules(OPERATOR),
            opts=pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[namespace.resource]),
        )
        return k8s.rbac.v1.RoleBinding(
            f"{GATEWAY_NAMESPACE}-operator",
            metadata=metadata,
            role_ref=role_ref("Role", "gateway-operator"),
            subjects=subjects([self._args.operator]),
            opts=pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[role]),
        )

    def _records(self) -> pulumi.Output[list[dict[str, str]]]:
        """The address of all names, and the proof to Google that the domain is ours."""
        address = self._address.address.apply(
            lambda data: {"name": f"*.{self._args.domain}.", "type": "A", "data": data}
        )
        proof = self._authorization.dns_resource_records.apply(
            lambda records: [{"name": r.name or "", "type": r.type or "", "data": r.data or ""} for r in records]
        )
        return pulumi.Output.all(address, proof).apply(lambda known: [known[0], *known[1]])


def _listener(domain: str) -> dict[str, object]:
    return {
        "name": "https",
        "hostname": f"*.{domain}",
        "port": 443,
        "protocol": "HTTPS",
        "allowedRoutes": {
            "kinds": [{"kind": "HTTPRoute"}],
            # No team writes namespaces, so none can give itself this label.
            "namespaces": {"from": "Selector", "selector": {"matchLabels": {PUBLIC: "true"}}},
        },
    }


def create(settings: Settings, identity: IdentityContract, cluster: Cluster) -> Gateway | None:
    """The Gateway for the apps that are public; None where this stack has none."""
    if settings.gateway is None:
        return None
    return Gateway(
        "public",
        GatewayArgs(
            project=settings.project,
            domain=settings.gateway.domain,
            operator=Subject("User", identity.layers["platform"].deploy),
            provider=cluster.provider,
        ),
    )
