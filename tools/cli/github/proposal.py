"""The proposed layers under the commands, policies and gate of the base branch.

A preview of a pull request runs the proposed program and checks it by reviewed rules: the checkout is the base branch,
and only its three layers are replaced by the proposed layers. Digests of plugins come with them: a plugin runs as the
read-only identity, as the proposed program and its packages do. The engine, which runs the policies, stays.
"""

import shutil
from pathlib import Path

from cli.layout import LAYERS
from toolchain import recorded, vendor
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

HEAD = ".head"
# The virtual environment of a layer belongs to the checkout; it is made anew when the proposal locks other packages.
_KEPT = ".venv"


def take_over(checkout: Path = CHECKOUT) -> None:
    """Replace the layers of the checkout by the layers of the proposal beside it.

    Raises `ToolError` when there is no proposal.
    """
    for layer in LAYERS:
        source, target = checkout / HEAD / layer, checkout / layer
        if source.is_symlink() or not source.is_dir():
            raise ToolError(
                f"{HEAD}/{layer} is not a folder, so there is no proposal to preview. Nothing was started. The "
                f"workflow checks it out into {HEAD} first."
            )
        _empty(target)
        # Links stay links: their targets are not read here.
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(_KEPT))
    _add_plugins(checkout / HEAD / recorded.NAME, checkout / recorded.NAME)


def _add_plugins(proposed: Path, record: Path) -> None:
    """Add the digests of plugins that the proposal records; no line of the base branch changes."""
    if proposed.is_symlink() or not proposed.is_file():
        return
    plugins = {
        file: digest for file, digest in recorded.digests(proposed).items() if file.startswith(vendor.PLUGIN_STEM)
    }
    recorded.write({**plugins, **recorded.digests(record)}, record)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name == _KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
