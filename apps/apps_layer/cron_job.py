"""A scheduled job: pods that start at certain times, and end."""

import pulumi
import pulumi_kubernetes as k8s

from apps_layer import job
from apps_layer.entry import CronJob as Entry
from apps_layer.workload import Workload, WorkloadArgs

# Runs that are kept to look at: the last ones of each outcome, and each for a week.
SUCCEEDED, FAILED = 1, 3
KEPT_SECONDS = 7 * 24 * 3600


class CronJob(Workload[Entry]):
    """The scheduled job `name`."""

    def __init__(self, name: str, args: WorkloadArgs[Entry], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("CronJob", name, args, opts)
        k8s.batch.v1.CronJob(
            name,
            metadata=self.metadata(),
            spec=k8s.batch.v1.CronJobSpecArgs(
                schedule=args.entry.schedule,
                time_zone=args.entry.time_zone,
                concurrency_policy=args.entry.concurrency_policy,
                starting_deadline_seconds=args.entry.starting_deadline_seconds,
                successful_jobs_history_limit=SUCCEEDED,
                failed_jobs_history_limit=FAILED,
                job_template=k8s.batch.v1.JobTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=self.labels),
                    spec=job.run(self, args.entry.active_deadline_seconds, KEPT_SECONDS),
                ),
            ),
            opts=self.after(*self.before),
        )
        self.register_outputs({})
