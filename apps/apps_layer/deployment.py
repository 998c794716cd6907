"""Pods that run until they are replaced: the Deployment, its autoscaler and its disruption budget."""

from typing import TypeVar

import pulumi
import pulumi_kubernetes as k8s

from apps_layer import pods
from apps_layer.entry import LongRunning
from apps_layer.workload import Workload

# Before the engine gives up waiting, which it does after ten minutes: so the reason is known by then.
PROGRESS_SECONDS = 540
REVISIONS = 3
CALM_SECONDS = 300
REPLICAS = "spec.replicas"

Running = TypeVar("Running", bound=LongRunning)


def declare(app: Workload[Running], shape: pods.Shape) -> k8s.apps.v1.Deployment:
    """The Deployment of an app with its disruption budget, and its autoscaler where the number of pods is not fixed."""
    deployment = k8s.apps.v1.Deployment(
        app.name,
        metadata=app.metadata(),
        spec=k8s.apps.v1.DeploymentSpecArgs(
            replicas=app.args.replicas,
            selector=app.selector,
            strategy=k8s.apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
            ),
            revision_history_limit=REVISIONS,
            progress_deadline_seconds=PROGRESS_SECONDS,
            template=app.template(shape),
        ),
        opts=_options(app),
    )
    _disruption_budget(app)
    if _is_scaled(app):
        _autoscaler(app)
    return deployment


def _options(app: Workload[Running]) -> pulumi.ResourceOptions:
    """Beside an autoscaler the number of pods is only where it begins: every update would undo what that did.

    It is declared even so. An update that no longer has a field removes it, and the API server's default is one pod.
    """
    ignored = pulumi.ResourceOptions(ignore_changes=[REPLICAS]) if _is_scaled(app) else None
    return pulumi.ResourceOptions.merge(app.after(*app.before), ignored)


def _is_scaled(app: Workload[Running]) -> bool:
    return app.args.max_replicas > app.args.replicas


def _disruption_budget(app: Workload[Running]) -> None:
    """One pod at a time may be moved, so a node can always be emptied; pods that do not work anyway hold nobody up."""
    k8s.policy.v1.PodDisruptionBudget(
        app.name,
        metadata=app.metadata(),
        spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1, selector=app.selector, unhealthy_pod_eviction_policy="AlwaysAllow"
        ),
        opts=app.child,
    )


def _autoscaler(app: Workload[Running]) -> None:
    k8s.autoscaling.v2.HorizontalPodAutoscaler(
        app.name,
        metadata=app.metadata(),
        spec=k8s.autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=k8s.autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version="apps/v1", kind="Deployment", name=app.name
            ),
            min_replicas=app.args.replicas,
            max_replicas=app.args.max_replicas,
            metrics=[_cpu_of(app.name, app.args.entry.cpu_utilization)],
            behavior=k8s.autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
                scale_up=_steps(100, seconds=30, calm=0), scale_down=_steps(50, seconds=60, calm=CALM_SECONDS)
            ),
        ),
        opts=app.child,
    )


def _cpu_of(container: str, utilization: int) -> k8s.autoscaling.v2.MetricSpecArgs:
    """The app's own container alone: the proxy beside it would dilute the figure."""
    return k8s.autoscaling.v2.MetricSpecArgs(
        type="ContainerResource",
        container_resource=k8s.autoscaling.v2.ContainerResourceMetricSourceArgs(
            name="cpu",
            container=container,
            target=k8s.autoscaling.v2.MetricTargetArgs(type="Utilization", average_utilization=utilization),
        ),
    )


def _steps(percent: int, *, seconds: int, calm: int) -> k8s.autoscaling.v2.HPAScalingRulesArgs:
    """By so many percent of the pods in so many seconds, and only once it was due for so long."""
    return k8s.autoscaling.v2.HPAScalingRulesArgs(
        stabilization_window_seconds=calm,
        select_policy="Max",
        policies=[k8s.autoscaling.v2.HPAScalingPolicyArgs(type="Percent", value=percent, period_seconds=seconds)],
    )
