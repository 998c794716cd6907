"""The apps layer: one app in one environment, deployed by its team's own identity.

Only wiring: settings, the app's entry, the contract of its team's namespaces, the component for the app's kind.
"""

from typing import TypeVar

import pulumi

from apps_layer import cluster, entry, entry_file, fit, settings, upstream
from apps_layer.cron_job import CronJob
from apps_layer.job import Job
from apps_layer.web_service import WebService
from apps_layer.worker import Worker
from apps_layer.workload import WorkloadArgs

Declared = TypeVar("Declared", bound=entry.Common)


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    declared = entry_file.load(stack.app)
    source = upstream.NAMESPACES.of(declared.team)
    platform = source.read(stack.project)
    offer = platform.offer(stack.app, settings.environment(stack.app))
    # A run fails for good where it comes before its rights; other apps try again by themselves.
    runs_once = isinstance(declared, entry.Job) and declared.database
    deployed = source.read_deployed(stack.project) if runs_once else platform
    fit.check(fit.Demand(stack, declared, offer, platform, deployed, entry_file.apps()))
    provider = cluster.provider(platform.cluster)

    def args(of: Declared) -> WorkloadArgs[Declared]:
        return WorkloadArgs(
            entry=of,
            offer=offer,
            platform=platform,
            database=offer.databases[of.database].at(of.database_version) if of.database else None,
            image=stack.image,
            replicas=stack.replicas,
            max_replicas=stack.max_replicas,
            public=stack.public,
            provider=provider,
        )

    match declared:
        case entry.WebService():
            pulumi.export("url", WebService(stack.app, args(declared)).url)
        case entry.Worker():
            Worker(stack.app, args(declared))
        case entry.CronJob():
            CronJob(stack.app, args(declared))
        case entry.Job():
            Job(stack.app, args(declared))


main()
