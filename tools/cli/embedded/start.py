"""The servers of a sandbox, which have to run before a layer can be brought up or previewed."""

from cli.embedded import tools
from cli.embedded.directory import SandboxDirectory
from cli.embedded.tenant import require_same, tenant
from sandbox import servers
from sandbox.cloud import seed
from toolchain.progress import step


def begin(sandbox: SandboxDirectory) -> None:
    """Prepare the folder, start the servers without waiting for them, and seed the simulated cloud."""
    whose = tenant()
    require_same(sandbox.path, whose)
    programs = tools.ensure()
    sandbox.prepare(programs)
    ports = servers.start(sandbox.path, programs.controlplane, f"{whose.region}-a")
    seed.seed(sandbox.path, ports.kube_apiserver, whose)


def serving(sandbox: SandboxDirectory) -> None:
    """Start the servers of a sandbox that is there, and wait for them."""
    with sandbox.held("starting the sandbox's servers"):
        begin(sandbox)
        await_servers(sandbox)


def await_servers(sandbox: SandboxDirectory) -> None:
    """Wait until the API server answers, the node is ready and the simulated cloud's webhooks are up."""
    if all(server.state == "running" for server in servers.status(sandbox.path)):
        return
    with step("waiting for the Kubernetes control plane") as running:

        def note(text: str) -> None:
            running.note = text

        servers.wait_ready(sandbox.path, note)
