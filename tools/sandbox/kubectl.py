"""kubectl as the administrator of a sandbox's cluster, which neither reads nor writes the person's own files."""

from pathlib import Path

CACHE = "kubectl-cache"  # folder in the sandbox's


def options(directory: Path) -> list[str]:
    """Returns the options of every command, for a sandbox's folder."""
    return [f"--kubeconfig={directory / 'pki' / 'admin.kubeconfig'}", f"--cache-dir={directory / CACHE}"]
