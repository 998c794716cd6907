"""Start of a sandbox's servers, which have to run before a layer can be brought up or previewed."""

from pathlib import Path

from cli.embedded import plugins
from cli.embedded.directory import SandboxDirectory
from cli.embedded.tenant import require_same, tenant
from sandbox import programs, servers
from sandbox.cloud import seed
from sandbox.gateway import kinds
from sandbox.google import control
from toolchain import engine
from toolchain.background import BackgroundWork
from toolchain.progress import step


class ServerStart:
    """Start of a sandbox's servers in the background, after a build of the control plane when it is not built yet.

    Meanwhile the command continues with the identity layer, which needs no server.

    Args:
        sandbox: the folder, locked by this command.

    Attributes:
        plugins: of the providers.
    """

    def __init__(self, sandbox: SandboxDirectory) -> None:
        self._sandbox = sandbox
        whose = tenant()
        require_same(sandbox.path, whose)
        self._zone = f"{whose.region}-a"
        ports = servers.reserve(sandbox.path)
        built = programs.find_controlplane()
        if built:
            self._start(built.path)
        title = f"building {programs.CONTROLPLANE.title}" if not built else "waiting for the Kubernetes control plane"
        self._readiness = BackgroundWork(self._finish if built else self._build, title)
        self.plugins = plugins.choose(sandbox.path)
        sandbox.prepare(engine.ensure().path, self.plugins)
        seed.seed(sandbox.path, ports.kube_apiserver, whose)
        if self.plugins.call_google:
            control.start(sandbox.path, programs.ensure_objects())

    def wait(self) -> None:
        """Wait until the API server answers and has GKE's kinds, the node is ready and the cloud's server is up.

        Raises `ToolError` when the control plane cannot be built, or a server dies.
        """
        self._readiness.result()

    def _build(self) -> None:
        self._start(programs.ensure_controlplane().path)
        self._finish()

    def _finish(self) -> None:
        with step("waiting for the Kubernetes control plane") as running:

            def note(text: str) -> None:
                running.note = text

            servers.wait_ready(self._sandbox.path, note)
        kinds.install(self._sandbox.path, self._sandbox.bin / "kubectl")

    def _start(self, controlplane: Path) -> None:
        self._sandbox.link_kubectl(controlplane)
        servers.start(self._sandbox.path, controlplane, self._zone)


def serving(sandbox: SandboxDirectory) -> None:
    """Start the servers of an existing sandbox, and wait for them."""
    with sandbox.locked("starting the sandbox's servers"):
        ServerStart(sandbox).wait()
