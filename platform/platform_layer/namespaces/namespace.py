"""An app's namespace: Pod Security, quota, the default account, and the network policies that hold for every pod.

The app decides about its workloads. RBAC for those who deploy them is in team_roles.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_kubernetes as k8s

from platform_layer.kit.scalars import canonical
from platform_layer.namespaces import network_policies
from platform_layer.namespaces.namespace_settings import Quota

# A fixed version, so that an upgrade of the cluster changes no enforcement. Violations of a newer standard are reported
# first (warn, audit), and then this version is raised.
POD_SECURITY_VERSION = "v1.34"
# The label of a namespace whose routes the Gateway admits, and the Gateway's own namespace (gateway/).
PUBLIC = "prodfirst/public"
GATEWAY_NAMESPACE = "platform-gateway"


@dataclass(frozen=True)
class NamespaceArgs:
    """Arguments of Namespace.

    Attributes:
        team: its owner.
        owner: the address of the owner's group.
        quota: for everything in it together.
        has_google_identity: True where its pods obtain tokens of a Google account.
        provider: of the cluster.
        labels: more of them.
        retire: reason for its removal; without a reason, Pulumi refuses to remove it.
    """

    team: str
    owner: str
    quota: Quota
    has_google_identity: bool
    provider: k8s.Provider
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    retire: str | None = None


class Namespace(pulumi.ComponentResource):
    """The namespace `name`, restricted, limited and closed; `resource` exists before anything can be put in it.

    `has_volumes` is true if its quota permits volumes.
    """

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:Namespace", name, None, opts)
        self.name = name
        self.provider = args.provider
        self.has_volumes = args.quota.volumes > 0
        self.resource = k8s.core.v1.Namespace(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=name,
                labels={**_pod_security(), "prodfirst/team": args.team, **args.labels},
                # The reason is in the plan as well: an end of protection alone would be a change that no plan shows.
                annotations={
                    "prodfirst/owner": args.owner,
                    **({"prodfirst/retire": args.retire} if args.retire else {}),
                },
            ),
            opts=pulumi.ResourceOptions(parent=self, provider=args.provider, protect=args.retire is None),
        )
        # Deleted with it: a removal that the API server refuses takes nothing out of the namespace before.
        self._inside = pulumi.ResourceOptions(
            parent=self, provider=args.provider, depends_on=[self.resource], deleted_with=self.resource
        )
        self._limit(args.quota)
        self._close(has_google_identity=args.has_google_identity)
        self._disarm_default_account()
        self.register_outputs({})

    def _metadata(self, name: str) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=name, namespace=self.name)

    def _limit(self, quota: Quota) -> None:
        k8s.core.v1.ResourceQuota(
            f"{self.name}-quota",
            metadata=self._metadata("quota"),
            spec=k8s.core.v1.ResourceQuotaSpecArgs(
                hard={name: canonical(amount) for name, amount in _limits(quota).items()}
            ),
            opts=self._inside,
        )
        k8s.core.v1.LimitRange(
            f"{self.name}-defaults",
            metadata=self._metadata("defaults"),
            spec=k8s.core.v1.LimitRangeSpecArgs(
                limits=[
                    k8s.core.v1.LimitRangeItemArgs(
                        type="Container",
                        default={"memory": "256Mi"},
                        default_request={"cpu": "50m", "memory": "128Mi"},
                    )
                ]
            ),
            opts=self._inside,
        )

    def _close(self, *, has_google_identity: bool) -> None:
        for name, spec in network_policies.default_policies(has_google_identity=has_google_identity).items():
            k8s.networking.v1.NetworkPolicy(
                f"{self.name}-{name}", metadata=self._metadata(name), spec=spec, opts=self._inside
            )

    def _disarm_default_account(self) -> None:
        """Kubernetes makes an account `default` in every namespace; a pod that names no account gets no token of it."""
        k8s.core.v1.ServiceAccount(
            f"{self.name}-default-account",
            metadata=self._metadata("default"),
            automount_service_account_token=False,
            opts=self._inside,
        )


def _pod_security() -> dict[str, str]:
    prefix = "pod-security.kubernetes.io"
    levels = {f"{prefix}/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    versions = {f"{prefix}/enforce-version": POD_SECURITY_VERSION}
    return levels | versions | {f"{prefix}/{mode}-version": "latest" for mode in ("audit", "warn")}


def _limits(quota: Quota) -> dict[str, str]:
    return {
        "requests.cpu": quota.cpu,
        "requests.memory": quota.memory,
        "limits.memory": quota.memory,
        "requests.storage": quota.storage or "0",
        "pods": str(quota.pods),
        "count/deployments.apps": str(quota.deployments),
        "count/jobs.batch": str(quota.jobs),
        "count/cronjobs.batch": str(quota.cron_jobs),
        "services": str(quota.services),
        "configmaps": str(quota.config_maps),
        "persistentvolumeclaims": str(quota.volumes),
        # Each would admit requests from outside without a decision of anybody else; the Gateway is for that.
        "services.loadbalancers": "0",
        "services.nodeports": "0",
        "count/ingresses.networking.k8s.io": "0",
        # Nothing here needs one: apps log in by their identity, and read what is secret from Secret Manager.
        "secrets": "0",
    }
