"""A job: a pod that runs once for each new image or setting, and ends; a deployment waits for it, and fails with it."""

import pulumi
import pulumi_kubernetes as k8s

from apps_layer import pods
from apps_layer.entry import CronJob, Ending
from apps_layer.entry import Job as Entry
from apps_layer.workload import Workload, WorkloadArgs

# Seconds for which a deployment waits beyond the deadline of the run, until the cluster says that it failed.
_SETTLED = 60


class Job(Workload[Entry]):
    """The job `name`. Another pod is another run: the cluster changes no pod of a Job, so the Job is replaced."""

    def __init__(self, name: str, args: WorkloadArgs[Entry], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Job", name, args, opts)
        longest = f"{args.entry.active_deadline_seconds + _SETTLED}s"
        waiting = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=longest, update=longest))
        k8s.batch.v1.Job(
            name,
            metadata=self.metadata(),
            # Without a time to live: one that is gone would be made anew, and run again, by the next update.
            spec=run(self, args.entry.active_deadline_seconds),
            opts=pulumi.ResourceOptions.merge(self.after(*self.before), waiting),
        )
        self.register_outputs({})


def run(
    workload: Workload[Entry] | Workload[CronJob], deadline_seconds: int, kept_seconds: int | None = None
) -> k8s.batch.v1.JobSpecArgs:
    """A run of an app whose pods end by themselves.

    Args:
        workload: the app.
        deadline_seconds: seconds after which it is ended, and has failed.
        kept_seconds: seconds for which an ended run is kept to look at; None for as long as the app is there.
    """
    entry: Ending = workload.args.entry
    shape = pods.Shape(probes=None, drain_seconds=0, restart_policy="Never", spread=None)
    return k8s.batch.v1.JobSpecArgs(
        active_deadline_seconds=deadline_seconds,
        backoff_limit=entry.backoff_limit,
        ttl_seconds_after_finished=kept_seconds,
        pod_replacement_policy="Failed",  # never two at a time: the next one starts when the last one is gone
        template=workload.template(shape),
    )
