"""Findings of policies in a run of the engine, as findings of a report."""

import re
from collections.abc import Mapping

from engine.events import PolicyEvent
from policy_pack.rule import Policy, Severity
from reports.finding import Finding, Level
from reports.locations import Locations

# How a message begins whose finding somebody has accepted: a waiver of the pack, a decision in the audit.
_ACCEPTED = ("waived until ", "accepted by ")
_HOP = re.compile(r"^  [0-9]+\. (?P<text>.+)$")


def finding(event: PolicyEvent, policies: Mapping[str, Policy], places: Locations) -> Finding:
    """A policy's event as a finding; the steps of a way become its hops."""
    level = Level.VIOLATION if event.is_violation else Level.ADVISORY
    lines, hops = list[str](), list[str]()
    for line in event.message.strip().splitlines():
        match = _HOP.match(line)
        hops.append(match["text"]) if match else lines.append(line.strip())
    accepted = ""
    if level is Level.ADVISORY and lines and lines[0].startswith(_ACCEPTED):
        level, accepted, lines = Level.ACCEPTED, lines[0], lines[1:] or lines
    policy = policies.get(event.policy_name) or _foreign(event)
    where = places.of(event.resource_urn)
    return Finding(policy, level, " ".join(lines), event.resource_urn, accepted, where, tuple(hops))


def applied(events: list[PolicyEvent], policies: Mapping[str, Policy]) -> tuple[Policy, ...]:
    """Every rule of a run: the known ones, and those of other packs that said something."""
    foreign = {event.policy_name: _foreign(event) for event in events if event.policy_name not in policies}
    return (*policies.values(), *foreign.values())


def _foreign(event: PolicyEvent) -> Policy:
    """A rule of another pack than ours, such as one that an organisation adds."""
    return Policy(
        name=event.policy_name,
        description=f"A rule of the pack {event.policy_pack_name or 'without a name'}.",
        severity=Severity.HIGH,
        references=(),
        remediation="See the message.",
        url="https://www.pulumi.com/docs/iac/crossguard/",
    )
