"""`make shell`."""

from typing import Annotated

import typer

from cli.embedded import shell
from cli.layout import Choice
from cli.options import App, Layer, Owner, Team
from toolchain.errors import UsageError

_KINDS: dict[str, shell.As] = {"preview": "preview", "deploy": "deploy", "app": "app"}


def command(
    *,
    layer: Layer = None,
    app: App = None,
    owner: Owner = None,
    team: Team = None,
    kind: Annotated[
        str,
        typer.Option(
            "--as", metavar="preview|deploy|app", help="which of the identities; app: the account that the app runs as"
        ),
    ] = "deploy",
    cmd: Annotated[str | None, typer.Option(metavar="'…'", help="run this instead of a shell for you")] = None,
) -> int:
    """Open a shell in which plain `pulumi`, `kubectl` and `psql` work as the identity of a layer or an app."""
    if kind not in _KINDS:
        raise UsageError(f"there is no identity {kind!r}; AS is preview, deploy or app")
    return shell.run(Choice(layer, app, owner, team), _KINDS[kind], cmd)
