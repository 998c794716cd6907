"""Errors of a first apply that pass by themselves: Google answers before what it has just made is effective everywhere.

Only these messages are listed, and a failure with any other error is final: a missing right or a wrong name does not
pass, and to repeat it would hide it for minutes.
"""

import re

from cli.pulumi.engine import Result, causes

# Message to what is not effective yet; each is known from reports about the provider.
_PASSING: dict[str, str] = {
    # The identity of a service in the project, right after it was generated (terraform-provider-google#21931, #15572).
    r"Error 400: Service account service-\d+@[a-z0-9.-]+ does not exist": "an agent of Google",
    # A bucket with a default key, right after its agent was granted the key (terraform-provider-google#10310).
    r"Error 403: Permission denied on Cloud KMS key": "a grant on a key",
    # Any call, right after its API was enabled (terraform-provider-google#1393).
    r"Error 403: .*has not been used in project \S+ before or it is disabled": "an API",
}


def passing(result: Result) -> str:
    """Name of the thing that is not effective yet, when all errors of a failed command pass by themselves; or empty."""
    found: set[str] = set()
    for text in causes(result):
        kinds = {kind for pattern, kind in _PASSING.items() if re.search(pattern, text, re.DOTALL)}
        if not kinds:
            return ""
        found |= kinds
    return "" if result.outcome.violations else " and ".join(sorted(found))
