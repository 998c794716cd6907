"""A worker: pods that run all the time, and receive no requests but health probes."""

import pulumi

from apps_layer import deployment, pods
from apps_layer.entry import Worker as Entry
from apps_layer.probes import Probes
from apps_layer.workload import Workload, WorkloadArgs


class Worker(Workload[Entry]):
    """The worker `name`."""

    def __init__(self, name: str, args: WorkloadArgs[Entry], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Worker", name, args, opts)
        entry = args.entry
        deployment.declare(
            self,
            pods.Shape(
                probes=Probes(entry.port, entry.health_path, entry.live_path),
                drain_seconds=0,
                restart_policy="Always",
                spread=self.selector,
            ),
        )
        self.register_outputs({})
