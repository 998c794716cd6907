"""The pack as a whole: what it tells of its rules, and that no configuration weakens it."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from pack.analyzer import Analyzer, serving
from policy_pack import catalog
from policy_pack.rule import Finding, Resource, Severity, Stack, findings, of, rule, stack_rule, violations
from policy_pack.waivers import Waivers, today

BASIC = "iam-no-basic-roles"


def test_every_rule_tells_what_it_is(analyzer: Analyzer) -> None:
    served = {policy.name: policy for policy in analyzer.stub.GetAnalyzerInfo(empty_pb2.Empty()).policies}
    assert set(served) == {policy.name for policy in catalog.POLICIES}
    for policy in catalog.POLICIES:
        told = served[policy.name]
        assert told.enforcementLevel == (analyzer_pb2.ADVISORY if policy.advisory else analyzer_pb2.MANDATORY)
        assert told.description == policy.description
        assert told.remediation_steps == policy.remediation
        assert told.url.startswith("https://")
        assert told.tags == [policy.domain]
        assert told.severity != analyzer_pb2.POLICY_SEVERITY_UNSPECIFIED


def test_rules_have_names_of_their_own_and_complete_descriptions() -> None:
    names = [policy.name for policy in catalog.POLICIES]
    assert len(names) == len(set(names))
    for policy in catalog.POLICIES:
        assert policy.description.endswith("."), policy.name
        assert policy.remediation.endswith("."), policy.name
        assert not policy.advisory or policy.advisory.endswith("."), policy.name


def test_an_answer_names_the_rules_that_a_type_does_not_concern(analyzer: Analyzer) -> None:
    request = analyzer_pb2.AnalyzeRequest(
        type="gcp:kms/keyRing:KeyRing",
        urn="urn:pulumi:foundation-sandbox::identity::gcp:kms/keyRing:KeyRing::data",
        name="data",
        options=analyzer_pb2.AnalyzerResourceOptions(protect=True),
    )
    answer = analyzer.stub.Analyze(request)
    assert list(answer.diagnostics) == []
    others = {item.policy_name for item in answer.not_applicable}
    concerned = {rule.name for rule in catalog.RULES if rule.concerns(request.type)}
    assert others == {rule.name for rule in catalog.RULES} - concerned
    assert "datastore-protected" in concerned
    assert BASIC in others


Levels = Mapping[str, analyzer_pb2.EnforcementLevel.ValueType]


def configure(analyzer: Analyzer, levels: Levels, settings: dict[str, Any] | None = None) -> None:
    properties = struct_pb2.Struct()
    properties.update(settings or {})
    config = {
        name: analyzer_pb2.PolicyConfig(enforcementLevel=level, properties=properties) for name, level in levels.items()
    }
    analyzer.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))


DISABLED, ADVISORY, MANDATORY = analyzer_pb2.DISABLED, analyzer_pb2.ADVISORY, analyzer_pb2.MANDATORY


def test_the_levels_that_the_engine_reads_from_the_pack_are_accepted(analyzer: Analyzer) -> None:
    configure(analyzer, {policy.name: MANDATORY for policy in catalog.POLICIES} | {"all": MANDATORY})


@pytest.mark.parametrize(
    ("levels", "settings", "words"),
    [
        ({"all": DISABLED}, None, "all: cannot be set to disabled"),
        ({policy.name: DISABLED for policy in catalog.POLICIES}, None, f"{BASIC}: cannot be set to disabled"),
        ({BASIC: ADVISORY}, None, f"{BASIC}: cannot be set to advisory"),
        ({BASIC: analyzer_pb2.REMEDIATE}, None, f"{BASIC}: cannot be set to remediate"),
        ({BASIC: MANDATORY}, {"allowed": ["roles/owner"]}, f"{BASIC}: has no settings"),
        ({"iam-no-basic-rolls": MANDATORY}, None, "iam-no-basic-rolls: is no policy of this pack"),
    ],
)
def test_a_configuration_that_would_weaken_the_pack_is_refused(
    analyzer: Analyzer, levels: Levels, settings: dict[str, Any] | None, words: str
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        configure(analyzer, levels, settings)
    error: Any = refused.value
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert words in error.details()
    assert "so nothing runs" in error.details()
    inputs = {"project": "prodfirst-sandbox", "role": "roles/owner", "member": "group:shop-team@example.com"}
    found = analyzer.check("gcp:projects/iAMMember:IAMMember", inputs)
    assert BASIC in {finding.policy for finding in found if finding.mandatory}


def test_the_first_client_alone_is_answered() -> None:
    request = analyzer_pb2.AnalyzeRequest(
        type="gcp:projects/iAMMember:IAMMember", urn="urn:pulumi:s::identity::t::other"
    )
    with serving() as analyzer:
        with grpc.insecure_channel(analyzer.address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
            other = cast("Any", analyzer_pb2_grpc.AnalyzerStub(channel))
            for call in (lambda: other.Analyze(request), lambda: other.GetAnalyzerInfo(empty_pb2.Empty())):
                with pytest.raises(grpc.RpcError) as refused:
                    call()
                assert cast("Any", refused.value).code() is grpc.StatusCode.PERMISSION_DENIED
        analyzer.stub.Analyze(request)


def test_a_rule_that_breaks_refuses_the_resource() -> None:
    @rule("broken-rule", of("a"), Severity.LOW, remediation="", url="")
    def broken(_: Resource) -> Iterator[str]:
        """Breaks."""
        raise KeyError("hunter2")

    [message] = violations(broken, Resource("urn", "gcp:sql/user:User", "app", {}))
    assert "could not be checked (KeyError in the rule), so it is refused" in message
    assert "hunter2" not in message


def test_a_stack_rule_that_breaks_refuses_the_stack() -> None:
    @stack_rule("broken-rule", Severity.LOW, remediation="", url="")
    def broken(_: Stack) -> Iterator[Finding]:
        """Breaks."""
        raise KeyError("hunter2")

    [finding] = findings(broken, Stack([], Waivers([], today())))
    assert "could not be checked" in finding.message
    assert "hunter2" not in finding.message
