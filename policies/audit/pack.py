"""The audit's rules with security's own files, for the engine and for reports."""

from datetime import UTC, datetime

from audit import settings
from audit.case import Security
from audit.rules import Audit
from policy_pack.rule import StackRule
from policy_pack.rules import waiver


def rules() -> tuple[StackRule, ...]:
    """Return all rules of the audit, the rules on waivers included.

    Raises:
        engine.data.DataError: a file of security's cannot be used.
    """
    security = Security(settings.settings(), settings.inventory(), settings.principals())
    on_waivers = [value for value in vars(waiver).values() if isinstance(value, StackRule)]
    return (*Audit(security, lambda: datetime.now(UTC)).rules(), *on_waivers)
