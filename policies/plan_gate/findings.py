"""Run of a preview for reports: the gate's verdict, and findings of policies."""

from collections.abc import Iterator, Mapping

from plan_gate import rules, summary
from plan_gate.verdict import Verdict
from policy_pack.rule import Policy
from reports.events import applied, finding
from reports.finding import Finding, Level, Run
from reports.locations import ROOT, Locations


def run(verdict: Verdict, subject: str, pack: Mapping[str, Policy]) -> Run:
    """Return the run of a preview.

    Args:
        verdict: the gate's verdict.
        subject: title of the stack.
        pack: the rules of the policy pack by name.
    """
    state = verdict.plan.state
    locations = Locations(ROOT, {resource.urn: resource.source_position for resource in state.resources})
    events = verdict.plan.events.policies
    findings = [*_of_gate(verdict, locations), *(finding(event, pack, locations) for event in events)]
    return Run("plan gate", subject, (*applied(events, pack), *rules.RULES), findings, summary.markdown(verdict))


def _of_gate(verdict: Verdict, locations: Locations) -> Iterator[Finding]:
    for refusal in verdict.refusals:
        yield Finding(refusal.policy, Level.VIOLATION, refusal.message, refusal.urn, location=locations.of(refusal.urn))
    for accepted in verdict.accepted:
        refusal, granted = accepted.refusal, accepted.exception
        reason = f"until {granted.expires} by {granted.owner}: {granted.reason}"
        location = locations.of(refusal.urn)
        yield Finding(refusal.policy, Level.ACCEPTED, refusal.message, refusal.urn, accepted=reason, location=location)
