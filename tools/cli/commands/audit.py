"""`make audit`."""

from cli import audit
from cli.ci.login import sign_in_to_look
from cli.layout import SANDBOX
from cli.options import Environment, Report


def command(*, stack: Environment = SANDBOX, report: Report = None) -> int:
    """Check the states of all layers together: escalation, duties, datastores, undeclared grants."""
    sign_in_to_look(stack)
    return audit.run(stack, report)
