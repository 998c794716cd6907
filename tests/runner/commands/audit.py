"""`make audit`."""

from runner import audit
from runner.ci.login import sign_in_to_look
from runner.layout import SANDBOX
from runner.options import Environment, Report


def command(*, stack: Environment = SANDBOX, report: Report = None) -> int:
    """Check the states of all layers together: escalation, duties, datastores, undeclared grants."""
    sign_in_to_look(stack)
    return audit.run(stack, report)
