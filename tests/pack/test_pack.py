"""The pack as a whole."""

from collections.abc import Iterator

from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2

from pack.analyzer import Analyzer
from policy_pack.rule import Resource, Rule, violations
from policy_pack.rules import RULES


def test_every_rule_is_served_as_mandatory(analyzer: Analyzer) -> None:
    served = analyzer.stub.GetAnalyzerInfo(empty_pb2.Empty()).policies
    assert {policy.name: policy.enforcementLevel for policy in served} == {
        rule.name: analyzer_pb2.MANDATORY for rule in RULES
    }


def test_a_rule_that_breaks_refuses_the_resource() -> None:
    def broken(_: Resource) -> Iterator[str]:
        raise KeyError("hunter2")

    rule = Rule("broken", "Breaks.", broken)
    [message] = violations(rule, Resource("gcp:sql/user:User", "app", {}, protect=True))
    assert "could not be checked (KeyError in the rule), so it is refused" in message
    assert "hunter2" not in message
