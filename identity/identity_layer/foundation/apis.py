"""The Google APIs that the project uses, each with the reason.

An API is never disabled again by this program: disabling one takes down what runs on it, whoever created that.
"""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class ApisArgs:
    """Arguments of Apis.

    Attributes:
        project: the project's ID.
    """

    project: str


class Apis(pulumi.ComponentResource):
    """All of SERVICES, enabled."""

    def __init__(self, name: str, args: ApisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Apis", name, None, opts)
        self._services = {
            service: gcp.projects.Service(
                f"{name}-{service.partition('.')[0]}",
                project=args.project,
                service=service,
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for service in SERVICES
        }
        self.register_outputs({})

    def enabled(self, *short_names: str) -> list[pulumi.Resource]:
        """Resources to depend on for the APIs of these names (without the domain), such as "iam"."""
        return [self._services[f"{short_name}.googleapis.com"] for short_name in short_names]
