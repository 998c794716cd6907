"""The containers of an app's pods: the app itself, and beside it the Cloud SQL Auth Proxy when it uses a database.

Every container satisfies the `restricted` Pod Security standard, which the namespace enforces. No value of a secret is
here: a variable has the name of each, and the app reads it from Secret Manager as itself.
"""

from dataclasses import dataclass

import pulumi_kubernetes as k8s

from apps_layer.entry import POSTGRES_PORT, PROXY_HEALTH_PORT, Common, Resources
from apps_layer.kit.scalars import DATABASE_PROXY, canonical
from apps_layer.probes import Probes
from apps_layer.upstream import App, Database, NamespacesContract

PORT_NAME = "http"
PROXY_RESOURCES = Resources.model_validate({"cpu": "50m", "memory": "128Mi", "ephemeralStorage": "64Mi"})
TEMPORARY = "tmp"
# An image by digest cannot become another one; a pod then starts without the registry, where a node has it already.
PULL = "IfNotPresent"


@dataclass(frozen=True)
class Contents:
    """The contents of a pod.

    Attributes:
        app: the app's name, and its container's.
        image: of the app, by digest.
        entry: of the app.
        offer: the platform's to this app.
        platform: the contract of the team's namespaces.
        database: that the app uses.
        settings: name of the ConfigMap with the plain settings, if there are any.
    """

    app: str
    image: str
    entry: Common
    offer: App
    platform: NamespacesContract
    database: Database | None
    settings: str | None


def app(contents: Contents, probes: Probes | None, drain_seconds: int) -> k8s.core.v1.ContainerArgs:
    """The app's own container; it has a port if it has health probes."""
    port = probes and probes.port
    variables = {**({"PORT": str(port)} if port else {}), **_database(contents), **_secrets(contents)}
    return k8s.core.v1.ContainerArgs(
        name=contents.app,
        image=contents.image,
        image_pull_policy=PULL,
        args=contents.entry.arguments or None,
        ports=[k8s.core.v1.ContainerPortArgs(name=PORT_NAME, container_port=port)] if port else None,
        env=[k8s.core.v1.EnvVarArgs(name=key, value=value) for key, value in sorted(variables.items())] or None,
        env_from=_settings(contents.settings) if contents.settings else None,
        resources=_reserve(contents.entry.resources),
        security_context=_restricted(),
        startup_probe=probes.startup if probes else None,
        readiness_probe=probes.readiness if probes else None,
        liveness_probe=probes.liveness if probes else None,
        lifecycle=_drain(drain_seconds) if drain_seconds else None,
        volume_mounts=[k8s.core.v1.VolumeMountArgs(name=TEMPORARY, mount_path="/tmp")],  # noqa: S108 - inside the container
    )


def database_proxy(image: str, database: Database) -> k8s.core.v1.ContainerArgs:
    """The Auth Proxy as a native sidecar: it starts before the app and ends after it."""
    return k8s.core.v1.ContainerArgs(
        name=DATABASE_PROXY,
        image=image,
        image_pull_policy=PULL,
        restart_policy="Always",
        args=[
            "--private-ip",
            "--auto-iam-authn",
            "--structured-logs",
            "--exit-zero-on-sigterm",
            f"--port={POSTGRES_PORT}",
            "--health-check",
            "--http-address=0.0.0.0",
            f"--http-port={PROXY_HEALTH_PORT}",
            database.connection_name,
        ],
        resources=_reserve(PROXY_RESOURCES),
        security_context=_restricted(),
        # The app starts when this returns: when the proxy accepts connections.
        lifecycle=k8s.core.v1.LifecycleArgs(
            post_start=k8s.core.v1.LifecycleHandlerArgs(
                exec_=k8s.core.v1.ExecActionArgs(
                    command=["/cloud-sql-proxy", "wait", f"--http-port={PROXY_HEALTH_PORT}"]
                )
            )
        ),
        # Counts towards the pod's readiness: no request arrives before the database can be reached.
        readiness_probe=_ask("/readiness", period=5, failures=2),
        liveness_probe=_ask("/liveness", period=10, failures=6),
    )


def _ask(path: str, *, period: int, failures: int) -> k8s.core.v1.ProbeArgs:
    return k8s.core.v1.ProbeArgs(
        http_get=k8s.core.v1.HTTPGetActionArgs(path=path, port=PROXY_HEALTH_PORT),
        period_seconds=period,
        timeout_seconds=5,
        failure_threshold=failures,
    )


def _database(contents: Contents) -> dict[str, str]:
    """Variables for the database: it is reached through the proxy, which logs in by IAM, hence without a password."""
    if contents.entry.database is None or contents.database is None:
        return {}
    served, version = contents.database.migrates_for, contents.entry.database_version
    return {
        "DATABASE_HOST": "127.0.0.1",
        "DATABASE_PORT": str(POSTGRES_PORT),
        "DATABASE_NAME": contents.entry.database,
        "DATABASE_USER": contents.database.user,
        # As PostgreSQL quotes and lists them: its migrations grant what they make to these roles.
        **({"DATABASE_GRANTEES": ", ".join(f'"{user}"' for user in served)} if served else {}),
        **({"DATABASE_VERSION": contents.database.versions[version].point_in_time} if version else {}),
    }


def _secrets(contents: Contents) -> dict[str, str]:
    """Variables with the secrets' names. The newest version counts, so a new one needs a restart and no deployment."""
    project = contents.platform.project.id
    return {
        f"SECRET_{name.upper().replace('-', '_')}": f"projects/{project}/secrets/{secret}/versions/latest"
        for name, secret in contents.offer.named_secrets(contents.app).items()
        if name in contents.entry.secrets
    }


def _settings(name: str) -> list[k8s.core.v1.EnvFromSourceArgs]:
    return [k8s.core.v1.EnvFromSourceArgs(config_map_ref=k8s.core.v1.ConfigMapEnvSourceArgs(name=name))]


def _reserve(resources: Resources) -> k8s.core.v1.ResourceRequirementsArgs:
    """Memory and disk are limited to what is reserved, so that no neighbour pays for a leak.

    A limit on CPU would only slow the app.
    """
    bounded = {"memory": canonical(resources.memory), "ephemeral-storage": canonical(resources.ephemeral_storage)}
    return k8s.core.v1.ResourceRequirementsArgs(requests={"cpu": canonical(resources.cpu), **bounded}, limits=bounded)


def _restricted() -> k8s.core.v1.SecurityContextArgs:
    return k8s.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        run_as_non_root=True,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def _drain(seconds: int) -> k8s.core.v1.LifecycleArgs:
    """Waits for callers to stop: Kubernetes ends the pod, and takes it out of service, in the same moment."""
    return k8s.core.v1.LifecycleArgs(
        pre_stop=k8s.core.v1.LifecycleHandlerArgs(sleep=k8s.core.v1.SleepActionArgs(seconds=seconds))
    )
