"""Tools and servers: what a sandbox needs before a layer can run."""

from cli.directory import SandboxDirectory, Tools
from cli.tenant import require_same, tenant
from sandbox import servers
from sandbox.cloud import seed
from toolchain import engine, kubernetes
from toolchain.progress import step


def tools() -> Tools:
    """The programs that a sandbox uses, found, downloaded or built."""
    return Tools(engine.ensure().path, kubernetes.ensure().path)


def begin(sandbox: SandboxDirectory) -> None:
    """Prepare the folder, start the servers without waiting for them, and seed the simulated cloud."""
    whose = tenant()
    require_same(sandbox.path, whose)
    programs = tools()
    sandbox.prepare(programs)
    ports = servers.start(sandbox.path, programs.controlplane, f"{whose.region}-a")
    seed.seed(sandbox.path, ports.kube_apiserver, whose)


def await_servers(sandbox: SandboxDirectory) -> None:
    """Wait until the API server answers, the node is ready and the cloud's front is up."""
    if all(server.state == "running" for server in servers.status(sandbox.path)):
        return
    with step("waiting for the Kubernetes control plane") as running:

        def note(text: str) -> None:
            running.note = text

        servers.wait_ready(sandbox.path, note)
