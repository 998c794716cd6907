"""Installation of the kinds in a sandbox's cluster, as GKE installs them in a cluster with the Gateway API."""

import subprocess
from pathlib import Path

from sandbox import kubectl
from sandbox.gateway import published
from sandbox.processes import PATIENCE
from toolchain.errors import ToolError
from toolchain.files import write_whole

_MANAGER = "gke"


def install(directory: Path, program: Path) -> None:
    """Creates or updates the kinds, unless the cluster has them, and waits until the API server serves them.

    Args:
        directory: the sandbox's folder, with a running control plane.
        program: kubectl.

    Raises:
        ToolError: the definitions are not to be had, or the API server refuses them.
    """
    installed, key = directory / "gateway.key", published.key()
    if installed.is_file() and installed.read_text() == key:
        return
    target = [*kubectl.options(directory), f"--filename={published.ensure()}"]
    apply = ["apply", "--server-side", "--force-conflicts", "--validate=false", f"--field-manager={_MANAGER}"]
    for command in (apply, ["wait", "--for=condition=Established", f"--timeout={PATIENCE:.0f}s"]):
        ran = subprocess.run(  # noqa: S603  the sandbox's own program
            [str(program), *command, *target],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise ToolError(
                f"the kinds of the Gateway API could not be installed in the sandbox's cluster: {ran.stderr.strip()} "
                "Gateways and routes cannot be created there. Run `make up` again, or `make down` first."
            )
    write_whole(installed, key)
