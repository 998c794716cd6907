"""Exposure of a web service to the outside: a route of the platform's Gateway, and its load balancer's health check.

TLS, certificate, address and the host name are the platform's; the cluster admits no route with another name.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apps_layer.upstream import Gateway

CHECK_SECONDS = 5


@dataclass(frozen=True)
class ExposureArgs:
    """Arguments of Exposure.

    Attributes:
        metadata: of the objects.
        gateway: the platform's.
        host: the name under which the app is reached.
        service: name of the app's Service.
        port: of that Service.
        health_port: of its pods.
        health_path: answers 200 while a pod can serve.
        provider: of the cluster.
    """

    metadata: k8s.meta.v1.ObjectMetaArgs
    gateway: Gateway
    host: str
    service: str
    port: int
    health_port: int
    health_path: str
    provider: k8s.Provider


class Exposure(pulumi.ComponentResource):
    """The route and the health check."""

    def __init__(self, name: str, args: ExposureArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:apps:Exposure", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, provider=args.provider)
        check = k8s.apiextensions.CustomResource(
            f"{name}-health",
            api_version="networking.gke.io/v1",
            kind="HealthCheckPolicy",
            metadata=args.metadata,
            spec={
                # Without it, the load balancer asks for "/", and takes every pod out where that is not 200.
                "default": {
                    "checkIntervalSec": CHECK_SECONDS,
                    "timeoutSec": CHECK_SECONDS,
                    "healthyThreshold": 1,
                    "unhealthyThreshold": 2,
                    "config": {
                        "type": "HTTP",
                        "httpHealthCheck": {
                            "portSpecification": "USE_FIXED_PORT",
                            "port": args.health_port,
                            "requestPath": args.health_path,
                        },
                    },
                },
                "targetRef": {"group": "", "kind": "Service", "name": args.service},
            },
            opts=child,
        )
        k8s.apiextensions.CustomResource(
            f"{name}-route",
            api_version="gateway.networking.k8s.io/v1",
            kind="HTTPRoute",
            metadata=args.metadata,
            spec={
                "parentRefs": [{"name": args.gateway.name, "namespace": args.gateway.namespace}],
                "hostnames": [args.host],
                "rules": [{"backendRefs": [{"name": args.service, "port": args.port}]}],
            },
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[check])),
        )
        self.register_outputs({})
