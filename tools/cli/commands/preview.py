"""`make preview`."""

from typing import Annotated

from cli import preview
from cli.ci.login import sign_in_to_look
from cli.layout import SANDBOX
from cli.options import NO, App, Environment, Layer, Report, Switch, switch


def command(
    *,
    layer: Layer = None,
    app: App = None,
    stack: Environment = SANDBOX,
    refresh: Annotated[Switch, switch("compare with the cloud as it is, not with the state")] = NO,
    report: Report = None,
) -> int:
    """Show what a change would do, as the read-only identity, and the plan gate's verdict."""
    sign_in_to_look(stack, layer, app)
    return preview.run(layer, app, stack, refresh=refresh, report=report)
