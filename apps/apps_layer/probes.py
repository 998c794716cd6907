"""Health probes of a running app: three, since their failures have different consequences.

A pod that is not ready is taken out of service, one that is not alive is restarted. So liveness must not depend on
others: if it queried the database too, an outage there would restart every pod of every app.
"""

from dataclasses import dataclass

import pulumi_kubernetes as k8s

# Until a new pod answers: image pulled, process started, first connections made.
STARTUP_PERIOD, STARTUP_FAILURES = 2, 60


@dataclass(frozen=True)
class Probes:
    """The app's answers to probes.

    Attributes:
        port: of the app.
        health_path: answers 200 while the app can do its work.
        live_path: answers 200 while the app runs at all; None where an open port suffices.
    """

    port: int
    health_path: str
    live_path: str | None

    @property
    def startup(self) -> k8s.core.v1.ProbeArgs:
        """Probe of the start; until it succeeds the other probes do not run."""
        return k8s.core.v1.ProbeArgs(
            http_get=_get(self.health_path, self.port),
            period_seconds=STARTUP_PERIOD,
            failure_threshold=STARTUP_FAILURES,
        )

    @property
    def readiness(self) -> k8s.core.v1.ProbeArgs:
        """Probe of readiness for requests."""
        return k8s.core.v1.ProbeArgs(
            http_get=_get(self.health_path, self.port), period_seconds=5, timeout_seconds=2, failure_threshold=2
        )

    @property
    def liveness(self) -> k8s.core.v1.ProbeArgs:
        """Probe of liveness; its failure restarts the container."""
        if self.live_path is None:
            return k8s.core.v1.ProbeArgs(
                tcp_socket=k8s.core.v1.TCPSocketActionArgs(port=self.port),
                period_seconds=10,
                timeout_seconds=5,
                failure_threshold=6,
            )
        return k8s.core.v1.ProbeArgs(
            http_get=_get(self.live_path, self.port), period_seconds=10, timeout_seconds=5, failure_threshold=6
        )


def _get(path: str, port: int) -> k8s.core.v1.HTTPGetActionArgs:
    return k8s.core.v1.HTTPGetActionArgs(path=path, port=port)
