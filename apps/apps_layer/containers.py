"""The containers of an app's pods: the app itself, and beside it the Cloud SQL Auth Proxy when it uses a database.

Every container satisfies the `restricted` Pod Security standard, which the namespace enforces.
"""

import pulumi_kubernetes as k8s

from apps_layer.entry import Resources, WebService
from apps_layer.upstream import Database

PORT_NAME = "http"
PROXY_HEALTH_PORT = 9801
POSTGRES_PORT = 5432
# `nonroot` of distroless images and of the Auth Proxy's. As a number, no node has to look into an image to trust it.
UNPRIVILEGED = 65532


def pod_security() -> k8s.core.v1.PodSecurityContextArgs:
    """Who the pod's processes are, and who may write to its volumes."""
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=UNPRIVILEGED,
        run_as_group=UNPRIVILEGED,
        fs_group=UNPRIVILEGED,
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def _restricted() -> k8s.core.v1.SecurityContextArgs:
    return k8s.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        run_as_non_root=True,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def _reserve(resources: Resources) -> k8s.core.v1.ResourceRequirementsArgs:
    """Memory is limited to what is reserved, so that no neighbour pays for a leak.

    A limit on CPU would only slow the app.
    """
    return k8s.core.v1.ResourceRequirementsArgs(
        requests={"cpu": resources.cpu, "memory": resources.memory}, limits={"memory": resources.memory}
    )


def _get(path: str, port: int | str) -> k8s.core.v1.HTTPGetActionArgs:
    return k8s.core.v1.HTTPGetActionArgs(path=path, port=port)


def app(name: str, image: str, entry: WebService, database: Database | None) -> k8s.core.v1.ContainerArgs:
    """The app's own container."""
    connection: dict[str, str] = {}
    if entry.database and database:
        connection = {
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(POSTGRES_PORT),
            "DATABASE_NAME": entry.database,
            "DATABASE_USER": database.user,
        }
    variables = {**entry.environment, "PORT": str(entry.port), **connection}
    return k8s.core.v1.ContainerArgs(
        name=name,
        image=image,
        ports=[k8s.core.v1.ContainerPortArgs(name=PORT_NAME, container_port=entry.port)],
        env=[k8s.core.v1.EnvVarArgs(name=key, value=value) for key, value in sorted(variables.items())],
        resources=_reserve(entry.resources),
        security_context=_restricted(),
        startup_probe=k8s.core.v1.ProbeArgs(
            http_get=_get(entry.health_path, PORT_NAME), period_seconds=2, failure_threshold=60
        ),
        readiness_probe=k8s.core.v1.ProbeArgs(http_get=_get(entry.health_path, PORT_NAME), period_seconds=5),
        liveness_probe=k8s.core.v1.ProbeArgs(
            http_get=_get(entry.health_path, PORT_NAME), period_seconds=10, failure_threshold=6
        ),
        volume_mounts=[k8s.core.v1.VolumeMountArgs(name="tmp", mount_path="/tmp")],  # noqa: S108 - inside the container
    )


def database_proxy(image: str, database: Database) -> k8s.core.v1.ContainerArgs:
    """The Auth Proxy as a native sidecar: it starts before the app and ends after it."""
    return k8s.core.v1.ContainerArgs(
        name="database-proxy",
        image=image,
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
        resources=_reserve(Resources(cpu="50m", memory="128Mi")),
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
        readiness_probe=k8s.core.v1.ProbeArgs(http_get=_get("/readiness", PROXY_HEALTH_PORT), period_seconds=5),
        liveness_probe=k8s.core.v1.ProbeArgs(
            http_get=_get("/liveness", PROXY_HEALTH_PORT), period_seconds=10, failure_threshold=6
        ),
    )
