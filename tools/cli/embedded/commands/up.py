"""`make up`."""

from cli.embedded import up
from cli.layout import Choice
from cli.options import App, Layer, Owner, Team


def command(*, layer: Layer = None, app: App = None, owner: Owner = None, team: Team = None) -> int:
    """Bring up the sandbox and all layers in it, each as its own identity.

    A second run changes nothing.
    """
    try:
        return up.run(Choice(layer, app, owner, team))
    except KeyboardInterrupt:
        up.explain_interrupt()
        raise
