"""`make audit`."""

from cli import audit, target
from cli.layout import SANDBOX
from cli.options import Environment, Report


def command(*, stack: Environment = SANDBOX, report: Report = None) -> int:
    """Check the states of all layers together: escalation, duties, datastores, undeclared grants."""
    cloud = target.of(stack)
    cloud.sign_in()
    return audit.run(cloud, report)
