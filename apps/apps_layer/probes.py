"""How a running app is asked for its health: three questions, since their answers have different consequences.

Not ready takes a pod out of service, not alive restarts it. So what is alive must not depend on others: if it asked the
database too, an outage there would restart every pod of every app.
"""

from dataclasses import dataclass

import pulumi_kubernetes as k8s

# Until a new pod answers: image pulled, process started, first connections made.
STARTUP_PERIOD, STARTUP_FAILURES = 2, 60


@dataclass(frozen=True)
class Probes:
    """Where the app answers.

    Attributes:
        port: where it listens.
        health_path: whether it can do its work.
        live_path: whether it runs at all; None where an open port says so.
    """

    port: int
    health_path: str
    live_path: str | None

    @property
    def startup(self) -> k8s.core.v1.ProbeArgs:
        """Whether it has started; until then the others are not asked."""
        return k8s.core.v1.ProbeArgs(
            http_get=_get(self.health_path, self.port),
            period_seconds=STARTUP_PERIOD,
            failure_threshold=STARTUP_FAILURES,
        )

    @property
    def readiness(self) -> k8s.core.v1.ProbeArgs:
        """Whether requests may be sent to it."""
        return k8s.core.v1.ProbeArgs(
            http_get=_get(self.health_path, self.port), period_seconds=5, timeout_seconds=2, failure_threshold=2
        )

    @property
    def liveness(self) -> k8s.core.v1.ProbeArgs:
        """Whether it is beyond hope."""
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
