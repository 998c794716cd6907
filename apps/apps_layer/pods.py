"""The pods of an app, whatever starts them: the user of their processes, their spread over nodes, and their contents.

Every pod satisfies the `restricted` Pod Security standard, which the namespace enforces. Containers are in
containers.py.
"""

from dataclasses import dataclass

import pulumi_kubernetes as k8s

from apps_layer import containers
from apps_layer.containers import Contents
from apps_layer.probes import Probes

# `nonroot` of distroless images and of the Auth Proxy's. As a number, no node has to look into an image to trust it.
UNPRIVILEGED = 65532
TEMPORARY = "64Mi"


@dataclass(frozen=True)
class Shape:
    """Differences between the kinds of apps.

    Attributes:
        probes: of the app's health; None where it ends by itself.
        drain_seconds: time for which a pod that is to end goes on serving, until nobody sends it requests any more.
        restart_policy: Kubernetes' for a container that ends.
        spread: selector of pods that are kept apart from each other; None where there is only one at a time.
    """

    probes: Probes | None
    drain_seconds: int
    restart_policy: str
    spread: k8s.meta.v1.LabelSelectorArgs | None


def spec(shape: Shape, contents: Contents) -> k8s.core.v1.PodSpecArgs:
    """The specification of a pod."""
    database = contents.database
    proxy = database and containers.database_proxy(contents.platform.database_proxy_image, database)
    return k8s.core.v1.PodSpecArgs(
        service_account_name=contents.offer.kubernetes_service_account,
        automount_service_account_token=False,
        enable_service_links=False,
        restart_policy=shape.restart_policy,
        security_context=_unprivileged(),
        termination_grace_period_seconds=shape.drain_seconds + contents.entry.shutdown_seconds,
        topology_spread_constraints=_spread(shape.spread) if shape.spread else None,
        init_containers=[proxy] if proxy else None,
        containers=[containers.app(contents, shape.probes, shape.drain_seconds)],
        volumes=[
            k8s.core.v1.VolumeArgs(
                name=containers.TEMPORARY, empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs(size_limit=TEMPORARY)
            )
        ],
    )


def _unprivileged() -> k8s.core.v1.PodSecurityContextArgs:
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=UNPRIVILEGED,
        run_as_group=UNPRIVILEGED,
        fs_group=UNPRIVILEGED,
        fs_group_change_policy="OnRootMismatch",
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def _spread(selector: k8s.meta.v1.LabelSelectorArgs) -> list[k8s.core.v1.TopologySpreadConstraintArgs]:
    """Over zones and nodes, where there are some: a pod in the wrong place is better than none."""
    return [
        k8s.core.v1.TopologySpreadConstraintArgs(
            max_skew=1,
            topology_key=key,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=selector,
            # In a rollout, pods of the old version count for nothing.
            match_label_keys=["pod-template-hash"],
        )
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
