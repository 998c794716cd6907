"""A web service: a Deployment with its account, Service, disruption budget and network policy, in the app's own
namespace.

Everything here is namespaced, and within what the platform's developer Role allows. Namespace, quota and Roles are the
platform layer's.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apps_layer import containers
from apps_layer.entry import WebService as Entry
from apps_layer.traffic import Traffic, TrafficArgs
from apps_layer.upstream import App

NAME_LABEL = "app.kubernetes.io/name"


@dataclass(frozen=True)
class WebServiceArgs:
    """Arguments of WebService.

    Attributes:
        entry: what the team declared.
        offer: what the platform gives the app.
        image: of the app, by digest.
        replicas: number of pods.
        database_proxy_image: of the Auth Proxy, by digest.
        provider: of the cluster.
    """

    entry: Entry
    offer: App
    image: str
    replicas: int
    database_proxy_image: str
    provider: k8s.Provider


class WebService(pulumi.ComponentResource):
    """The service `name`. `url` is where other pods of the cluster reach it."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:apps:WebService", name, None, opts)
        self._name = name
        self._args = args
        self._database = args.offer.databases[args.entry.database] if args.entry.database else None
        self._labels = {NAME_LABEL: name}
        self._options = pulumi.ResourceOptions(parent=self, provider=args.provider)
        # Pods start with their account and behind their network policy, never before.
        before: list[pulumi.Resource] = [self._account(), self._traffic().policy]
        self._deployment(before)
        self._service()
        self._disruption_budget()
        self.url = f"http://{name}.{args.offer.namespace}.svc"
        self.register_outputs({"url": self.url})

    def _metadata(self, name: str, annotations: dict[str, str] | None = None) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.offer.namespace, labels=self._labels, annotations=annotations
        )

    def _account(self) -> k8s.core.v1.ServiceAccount:
        account, google = self._args.offer.kubernetes_service_account, self._args.offer.service_account
        return k8s.core.v1.ServiceAccount(
            account,
            metadata=self._metadata(account, {"iam.gke.io/gcp-service-account": google} if google else None),
            automount_service_account_token=False,
            opts=self._options,
        )

    def _traffic(self) -> Traffic:
        return Traffic(
            self._name,
            TrafficArgs(
                namespace=self._args.offer.namespace,
                policy=self._args.offer.network_policy,
                labels=self._labels,
                port=self._args.entry.port,
                callers=self._args.entry.allow_from,
                database=self._database,
                provider=self._args.provider,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _deployment(self, before: list[pulumi.Resource]) -> None:
        selector = k8s.meta.v1.LabelSelectorArgs(match_labels=self._labels)
        k8s.apps.v1.Deployment(
            self._name,
            metadata=self._metadata(self._name),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=self._args.replicas,
                selector=selector,
                strategy=k8s.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
                ),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=self._labels), spec=self._pod(selector)
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, provider=self._args.provider, depends_on=before),
        )

    def _pod(self, selector: k8s.meta.v1.LabelSelectorArgs) -> k8s.core.v1.PodSpecArgs:
        proxy = self._database and containers.database_proxy(self._args.database_proxy_image, self._database)
        return k8s.core.v1.PodSpecArgs(
            service_account_name=self._args.offer.kubernetes_service_account,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=containers.pod_security(),
            topology_spread_constraints=[
                k8s.core.v1.TopologySpreadConstraintArgs(
                    max_skew=1, topology_key=key, when_unsatisfiable="ScheduleAnyway", label_selector=selector
                )
                for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
            ],
            init_containers=[proxy] if proxy else [],
            containers=[containers.app(self._name, self._args.image, self._args.entry, self._database)],
            volumes=[
                k8s.core.v1.VolumeArgs(name="tmp", empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs(size_limit="64Mi"))
            ],
        )

    def _service(self) -> None:
        k8s.core.v1.Service(
            self._name,
            metadata=self._metadata(self._name),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="ClusterIP",
                selector=self._labels,
                ports=[k8s.core.v1.ServicePortArgs(name="http", port=80, target_port=containers.PORT_NAME)],
            ),
            opts=self._options,
        )

    def _disruption_budget(self) -> None:
        k8s.policy.v1.PodDisruptionBudget(
            self._name,
            metadata=self._metadata(self._name),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1, selector=k8s.meta.v1.LabelSelectorArgs(match_labels=self._labels)
            ),
            opts=self._options,
        )
