"""`make cost`."""

from cli import cost, target
from cli.layout import SANDBOX, Choice, stacks
from cli.options import App, Environment, Layer, Owner, Team


def command(
    *, layer: Layer = None, app: App = None, owner: Owner = None, team: Team = None, stack: Environment = SANDBOX
) -> int:
    """Estimate what the stacks cost a month at list prices, and what a change would."""
    cloud = target.of(stack)
    choice = Choice(layer, app, owner, team)
    cloud.sign_in(choice)
    return cost.run(cloud, stacks(stack, choice))
