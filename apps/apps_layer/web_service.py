"""A web service: pods behind a Service, and a route to them where the platform admits requests from outside."""

import pulumi
import pulumi_kubernetes as k8s

from apps_layer import containers, deployment, pods
from apps_layer.entry import WebService as Entry
from apps_layer.exposure import Exposure, ExposureArgs
from apps_layer.probes import Probes
from apps_layer.workload import Workload, WorkloadArgs

PORT = 80
# Load balancers and the cluster's own take so long to stop sending requests to a pod that is about to end.
DRAIN_SECONDS = 15


class WebService(Workload[Entry]):
    """The service `name`. `url` is where it is reached: from outside if it is public, else by pods of the cluster."""

    def __init__(self, name: str, args: WorkloadArgs[Entry], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("WebService", name, args, opts)
        entry = args.entry
        deployment.declare(
            self,
            pods.Shape(
                probes=Probes(entry.port, entry.health_path, entry.live_path),
                drain_seconds=DRAIN_SECONDS,
                restart_policy="Always",
                spread=self.selector,
            ),
        )
        service = self._service()
        self.url = f"http://{name}.{args.offer.namespace}.svc"
        if args.public and args.platform.gateway and args.offer.host:
            Exposure(
                name,
                ExposureArgs(
                    metadata=self.metadata(),
                    gateway=args.platform.gateway,
                    host=args.offer.host,
                    service=name,
                    port=PORT,
                    health_port=entry.port,
                    health_path=entry.health_path,
                    provider=args.provider,
                ),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[service]),
            )
            self.url = f"https://{args.offer.host}"
        self.register_outputs({"url": self.url})

    def _service(self) -> k8s.core.v1.Service:
        return k8s.core.v1.Service(
            self.name,
            metadata=self.metadata(),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="ClusterIP",
                selector=self.labels,
                ports=[k8s.core.v1.ServicePortArgs(name="http", port=PORT, target_port=containers.PORT_NAME)],
            ),
            opts=self.child,
        )
