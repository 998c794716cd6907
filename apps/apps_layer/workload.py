"""The common part of every kind of app: its account, its network policy, its settings, and the template of its pods.

The kinds build on it: web_service.py, worker.py, cron_job.py, job.py. Everything is in the app's own namespace, and
within the platform's developer Role. Namespace, quota and Roles are the platform layer's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, get_args

import pulumi
import pulumi_kubernetes as k8s

from apps_layer import pods
from apps_layer.containers import Contents
from apps_layer.entry import Common
from apps_layer.plain_settings import PlainSettings
from apps_layer.traffic import Traffic, TrafficArgs
from apps_layer.upstream import App, Database, NamespacesContract

NAME_LABEL = "app.kubernetes.io/name"
Declared = TypeVar("Declared", bound=Common)


@dataclass(frozen=True)
class WorkloadArgs(Generic[Declared]):
    """Arguments of every kind of app.

    Attributes:
        entry: of the app.
        offer: the platform's to this app.
        platform: the contract of the team's namespaces.
        database: that the app uses.
        image: of the app, by digest.
        replicas: number of pods, at least.
        max_replicas: number of pods, at most.
        public: True for an app that is reached from outside.
        provider: of the cluster.
    """

    entry: Declared
    offer: App
    platform: NamespacesContract
    database: Database | None
    image: str
    replicas: int
    max_replicas: int
    public: bool
    provider: k8s.Provider


Kind = Literal["WebService", "Worker", "CronJob", "Job"]


class Workload(pulumi.ComponentResource, Generic[Declared]):
    """The common part; the resources in `before` exist before the first pod starts.

    An app that becomes one of another kind keeps what both kinds have: the URNs of its parts name the kind, so each
    kind has the types of the others as aliases. Without aliases the engine would create each object over the live
    one, and then delete that.
    """

    def __init__(
        self, kind: Kind, name: str, args: WorkloadArgs[Declared], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        others = [pulumi.Alias(type_=_type(other)) for other in get_args(Kind) if other != kind]
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=others))
        super().__init__(_type(kind), name, None, options)
        self.name = name
        self.args = args
        self.labels = {NAME_LABEL: name}
        self.selector = k8s.meta.v1.LabelSelectorArgs(match_labels=self.labels)
        self.child = pulumi.ResourceOptions(parent=self, provider=args.provider)
        self._settings = self._plain_settings()
        # Pods start with their account and settings and behind their network policy, never before.
        self.before: list[pulumi.Resource] = [self._account(), self._traffic().policy]
        if self._settings:
            self.before.append(self._settings.config_map)

    def metadata(
        self, name: str | None = None, annotations: Mapping[str, str] | None = None
    ) -> k8s.meta.v1.ObjectMetaArgs:
        """Of an object of the app; it is called as the app unless it has a name of its own."""
        return k8s.meta.v1.ObjectMetaArgs(
            name=name or self.name,
            namespace=self.args.offer.namespace,
            labels=self._all_labels(),
            annotations=annotations,
        )

    def after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a child that waits for others."""
        return pulumi.ResourceOptions.merge(self.child, pulumi.ResourceOptions(depends_on=list(resources)))

    def template(self, shape: pods.Shape) -> k8s.core.v1.PodTemplateSpecArgs:
        """The pods of this app; their shape is the kind's."""
        return k8s.core.v1.PodTemplateSpecArgs(
            metadata=k8s.meta.v1.ObjectMetaArgs(labels=self._all_labels()),
            spec=pods.spec(
                shape,
                Contents(
                    app=self.name,
                    image=self.args.image,
                    entry=self.args.entry,
                    offer=self.args.offer,
                    platform=self.args.platform,
                    database=self.args.database,
                    settings=self._settings and self._settings.name,
                ),
            ),
        )

    def _all_labels(self) -> dict[str, str]:
        return {
            **self.labels,
            "app.kubernetes.io/instance": self.name,
            "app.kubernetes.io/managed-by": "pulumi",
            "app.kubernetes.io/part-of": self.args.entry.team,
        }

    def _plain_settings(self) -> PlainSettings | None:
        values = self.args.entry.environment
        if not values:
            return None
        return PlainSettings(self.name, values, self.metadata, self.child)

    def _account(self) -> k8s.core.v1.ServiceAccount:
        account, google = self.args.offer.kubernetes_service_account, self.args.offer.service_account
        return k8s.core.v1.ServiceAccount(
            account,
            metadata=self.metadata(account, {"iam.gke.io/gcp-service-account": google} if google else None),
            automount_service_account_token=False,
            opts=self.child,
        )

    def _traffic(self) -> Traffic:
        return Traffic(
            self.name,
            TrafficArgs(
                metadata=self.metadata(self.args.offer.network_policy),
                pods=self.selector,
                entry=self.args.entry,
                offer=self.args.offer,
                platform=self.args.platform,
                database=self.args.database,
                public=self.args.public,
                provider=self.args.provider,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _type(kind: str) -> str:
    return f"prodfirst:apps:{kind}"
