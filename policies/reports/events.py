"""Converts policy events of the engine to findings of a report."""

import re
from collections.abc import Mapping

from engine.events import PolicyEvent
from policy_pack.rule import Policy, Severity
from reports.finding import Finding, Level
from reports.locations import Locations

# Prefixes of messages of accepted findings: by a waiver of the pack, by a decision in the audit.
_ACCEPTED = ("waived until ", "accepted by ")
_STEP = re.compile(r"^  [0-9]+\. (?P<text>.+)$")


def finding(event: PolicyEvent, policies: Mapping[str, Policy], locations: Locations) -> Finding:
    """Convert a policy event to a finding, with the numbered lines of an escalation path as its steps."""
    level = Level.VIOLATION if event.is_violation else Level.ADVISORY
    lines, steps = list[str](), list[str]()
    for line in event.message.strip().splitlines():
        match = _STEP.match(line)
        steps.append(match["text"]) if match else lines.append(line.strip())
    accepted = ""
    if level is Level.ADVISORY and lines and lines[0].startswith(_ACCEPTED):
        level, accepted, lines = Level.ACCEPTED, lines[0], lines[1:] or lines
    policy = policies.get(event.policy_name) or _foreign(event)
    location = locations.of(event.resource_urn)
    return Finding(policy, level, " ".join(lines), event.resource_urn, accepted, location, tuple(steps))


def applied(events: list[PolicyEvent], policies: Mapping[str, Policy]) -> tuple[Policy, ...]:
    """Return all rules of a run: the known ones, and rules of other packs with findings."""
    foreign = {event.policy_name: _foreign(event) for event in events if event.policy_name not in policies}
    return (*policies.values(), *foreign.values())


def _foreign(event: PolicyEvent) -> Policy:
    """Return a rule of another pack, such as a pack that an organisation adds."""
    return Policy(
        name=event.policy_name,
        description=f"A rule of the pack {event.policy_pack_name or 'without a name'}.",
        severity=Severity.HIGH,
        references=(),
        remediation="See the message.",
        url="https://www.pulumi.com/docs/iac/crossguard/",
    )
