"""`make preview`."""

from typing import Annotated

from cli import preview, target
from cli.layout import SANDBOX, stacks
from cli.options import NO, App, Environment, Layer, Owner, Report, Switch, switch


def command(
    *,
    layer: Layer = None,
    app: App = None,
    owner: Owner = None,
    stack: Environment = SANDBOX,
    refresh: Annotated[Switch, switch("compare with the cloud as it is, not with the state")] = NO,
    report: Report = None,
) -> int:
    """Show what a change would do, as the read-only identity, and the plan gate's verdict."""
    cloud = target.of(stack)
    cloud.sign_in(layer, app, owner)
    return preview.run(cloud, stacks(stack, layer, app, owner), refresh=refresh, report=report)
