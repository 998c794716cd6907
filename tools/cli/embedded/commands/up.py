"""`make up`."""

from cli.embedded import up
from cli.layout import Choice
from cli.options import YES, App, Layer, Owner, Refresh, Team


def command(
    *, layer: Layer = None, app: App = None, owner: Owner = None, team: Team = None, refresh: Refresh = YES
) -> int:
    """Bring up the sandbox and all layers in it, each as its own identity.

    A second run changes nothing, unless something was changed out of band.
    """
    try:
        return up.run(Choice(layer, app, owner, team), refresh=refresh)
    except KeyboardInterrupt:
        up.explain_interrupt()
        raise
