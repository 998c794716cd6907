"""Whether the table of cases holds, without pytest: what test_rules.py asks, stopping at the first surprise."""

from pack.analyzer import UNKNOWN_STRING, Analyzer, secret
from pack.cases import Broken, table


def holds(analyzer: Analyzer) -> bool:
    """Whether every case ends as the table says."""
    return all(
        not analyzer.check(kind, valid.inputs, protect=valid.protect, stack=valid.stack)
        for kind, valid in table.VALID.items()
    ) and all(
        is_refused(analyzer, case) and (not case.policy or hidden_is_refused(analyzer, case))
        for case in (*table.ACCEPTED, *table.BROKEN)
    )


def is_refused(analyzer: Analyzer, case: Broken) -> bool:
    """Whether exactly its rules object to a broken thing, in its words; nobody, where no rule is named."""
    found = analyzer.check(case.type, table.inputs(case), stack=table.start(case).stack, **table.options(case))
    return {finding.policy for finding in found} == case.policies and (
        not case.policy or any(case.words in finding.message for finding in found)
    )


def hidden_is_refused(analyzer: Analyzer, case: Broken) -> bool:
    """Whether something objects when the broken thing is unknown or secret instead."""
    for unreadable in (UNKNOWN_STRING, secret("hunter2")):
        inputs = table.with_value(case, unreadable)
        if inputs is None:
            return True
        found = analyzer.check(case.type, inputs, stack=table.start(case).stack, **table.options(case))
        if not found or any("hunter2" in finding.message for finding in found):
            return False
    return True
