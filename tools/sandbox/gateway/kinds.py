"""Installation of the kinds in a sandbox's cluster, as GKE installs them in a cluster with the Gateway API."""

import subprocess
from pathlib import Path

from sandbox.gateway import published
from toolchain.errors import ToolError
from toolchain.files import write_whole

_LONGEST = 60  # seconds until the API server serves a kind; two idle cores need one
_MANAGER = "gke"


def install(directory: Path, kubectl: Path) -> None:
    """Creates or updates the kinds, unless the cluster has them, and waits until the API server serves them.

    Args:
        directory: the sandbox's folder, with a running control plane.
        kubectl: the program.

    Raises:
        ToolError: the definitions are not to be had, or the API server refuses them.
    """
    installed, key = directory / "gateway.key", published.key()
    if installed.is_file() and installed.read_text() == key:
        return
    file = published.ensure()
    # Without a folder of its own for the cache, kubectl writes into the person's.
    sandbox = [f"--kubeconfig={directory / 'pki' / 'admin.kubeconfig'}", f"--cache-dir={directory / 'kubectl-cache'}"]
    target = [*sandbox, f"--filename={file}"]
    apply = ["apply", "--server-side", "--force-conflicts", "--validate=false", f"--field-manager={_MANAGER}"]
    for command in (apply, ["wait", "--for=condition=Established", f"--timeout={_LONGEST}s"]):
        ran = subprocess.run(  # noqa: S603  the sandbox's own program
            [str(kubectl), *command, *target], capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise ToolError(
                f"the kinds of the Gateway API could not be installed in the sandbox's cluster: {ran.stderr.strip()} "
                "Gateways and routes cannot be created there. Run `make up` again, or `make down` first."
            )
    write_whole(installed, key)
