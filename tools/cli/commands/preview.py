"""`make preview`."""

from typing import Annotated

from cli import preview, target
from cli.layout import SANDBOX, Choice, stacks
from cli.options import NO, App, Contracts, Environment, Layer, Owner, Report, Switch, Team, switch


def command(
    *,
    layer: Layer = None,
    app: App = None,
    owner: Owner = None,
    team: Team = None,
    stack: Environment = SANDBOX,
    refresh: Annotated[Switch, switch("compare with the cloud as it is, not with the state")] = NO,
    full: Annotated[Switch, switch("show the engine's own text of every property as well")] = NO,
    report: Report = None,
    contracts: Contracts = None,
) -> int:
    """Show what a change would do, as the read-only identity, and the plan gate's verdict."""
    cloud = target.of(stack)
    choice = Choice(layer, app, owner, team)
    cloud.sign_in(choice)
    return preview.run(cloud, stacks(stack, choice), refresh=refresh, full=full, report=report, contracts=contracts)
