"""`make cost`."""

from cli import cost
from cli.ci.login import sign_in_to_look
from cli.layout import SANDBOX
from cli.options import App, Environment, Layer


def command(*, layer: Layer = None, app: App = None, stack: Environment = SANDBOX) -> int:
    """Estimate what the stacks cost a month at list prices, and what a change would."""
    sign_in_to_look(stack, layer, app)
    return cost.run(layer, app, stack)
