"""`make up`."""

from cli.embedded import up
from cli.options import App, Layer, Owner


def command(*, layer: Layer = None, app: App = None, owner: Owner = None) -> int:
    """Bring up the sandbox and all layers in it, each as its own identity.

    A second run changes nothing.
    """
    try:
        return up.run(layer, app, owner)
    except KeyboardInterrupt:
        up.explain_interrupt()
        raise
