"""The Google APIs that the project uses, each with the reason.

The APIs of machines come after the policies that forbid what Google makes with them (organization_policies.FIRST). An
API is never disabled again by this program: disabling one takes down what runs on it, whoever created that.
"""

from collections.abc import Iterable, Sequence

import pulumi
import pulumi_gcp as gcp

SERVICES: dict[str, str] = {
    "cloudresourcemanager.googleapis.com": "the project's allow policy",
    "serviceusage.googleapis.com": "enabling the other APIs",
    "cloudasset.googleapis.com": "all policies of the project at once, for the audit",
    "iam.googleapis.com": "service accounts and custom roles",
    "iamcredentials.googleapis.com": "impersonation of the CI accounts",
    "sts.googleapis.com": "tokens for workloads and federated callers",
    "cloudkms.googleapis.com": "keys for states and data",
    "storage.googleapis.com": "the states of the layers",
    "orgpolicy.googleapis.com": "organisation policies on the project",
    "secretmanager.googleapis.com": "the contracts between the layers, and the secrets of apps",
    "compute.googleapis.com": "the network",
    "servicenetworking.googleapis.com": "private access to managed databases",
    "container.googleapis.com": "the cluster",
    "sqladmin.googleapis.com": "the databases",
    "artifactregistry.googleapis.com": "the images of apps",
    "containerscanning.googleapis.com": "known weaknesses of those images",
    "binaryauthorization.googleapis.com": "which images the cluster runs",
    "gkebackup.googleapis.com": "backups of what is in the cluster",
    "certificatemanager.googleapis.com": "certificates of public apps",
    "dns.googleapis.com": "names inside the network",
    "pubsub.googleapis.com": "messages about the cluster's upgrades",
    "logging.googleapis.com": "logs of nodes and workloads",
    "monitoring.googleapis.com": "metrics of nodes and workloads",
}

# With Compute, Google makes the network `default` and the default account, an editor of the project. These APIs are
# Compute itself, and those that enable it or work on what it makes.
MACHINES: tuple[str, ...] = (
    "compute.googleapis.com",
    "container.googleapis.com",
    "gkebackup.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
)


class Apis(pulumi.ComponentResource):
    """All of SERVICES once `enable_machines` was called, before that all but MACHINES."""

    def __init__(self, name: str, project: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Apis", name, None, opts)
        self._prefix, self._project = name, project
        self._services = self._enable((service for service in SERVICES if service not in MACHINES), ())
        self.register_outputs({})

    def enable_machines(self, after: Sequence[pulumi.Resource]) -> None:
        """Enables MACHINES when `after` exists."""
        self._services |= self._enable(MACHINES, after)

    def _enable(self, services: Iterable[str], after: Sequence[pulumi.Resource]) -> dict[str, gcp.projects.Service]:
        return {
            service: gcp.projects.Service(
                f"{self._prefix}-{service.partition('.')[0]}",
                project=self._project,
                service=service,
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
            )
            for service in services
        }

    def enabled(self, *short_names: str) -> list[pulumi.Resource]:
        """Resources to depend on for the APIs of these names (without the domain), such as "iam"."""
        return [self._services[f"{short_name}.googleapis.com"] for short_name in short_names]
