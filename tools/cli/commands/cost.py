"""`make cost`."""

from cli import cost, target
from cli.layout import SANDBOX, stacks
from cli.options import App, Environment, Layer, Owner


def command(*, layer: Layer = None, app: App = None, owner: Owner = None, stack: Environment = SANDBOX) -> int:
    """Estimate what the stacks cost a month at list prices, and what a change would."""
    cloud = target.of(stack)
    cloud.sign_in(layer, app, owner)
    return cost.run(cloud, stacks(stack, layer, app, owner))
