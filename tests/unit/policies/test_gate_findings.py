"""Findings of the gate for the reports: refusals with their place in the code, and what exceptions accept."""

from plan_gate.findings import run
from reports.finding import Level
from unit.policies.plans import FIREWALL, INSTANCE, Preview, urn

ORDERS = urn(INSTANCE, "orders")


def test_refusals_and_accepted_exceptions_are_findings(preview: Preview) -> None:
    position = "project:///platform_layer/network/network.py#31"
    web = preview.held(FIREWALL, "web", protect=True, sourcePosition=position)
    preview.planned(web, "delete")
    preview.planned(ORDERS, "delete")
    preview.accept(ORDERS, "delete", "2026-03-09")

    refused, accepted = run(preview.judged(), "platform", {}).findings

    assert (refused.level, refused.policy.name, refused.urn) == (Level.VIOLATION, "plan-datastore-kept", web)
    assert refused.location is not None
    assert (refused.location.file, refused.location.line) == ("platform/platform_layer/network/network.py", 31)
    assert "would be deleted" in refused.message
    assert (accepted.level, accepted.policy.name, accepted.urn) == (Level.ACCEPTED, "plan-datastore-kept", ORDERS)
    assert accepted.accepted == "until 2026-03-09 by platform: The data were moved to the new instance."
