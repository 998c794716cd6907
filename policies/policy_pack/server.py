"""Serves the pack to the engine: the analyzer protocol over gRPC.

The SDK's own server decodes a resource once per policy, lets a configuration from outside switch a mandatory policy off
without a word, skips a policy that meets an unknown value, and has one level per policy, so that a waived finding could
not be shown as one (decisions/0002-a-server-of-our-own.md). The protocol is the SDK's.
"""

import ctypes
import signal
import sys
from collections.abc import Iterable, Iterator
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from engine.members import Member
from policy_pack import objects, wire
from policy_pack.acceptances import NONE, Acceptances
from policy_pack.remediation import NAME, VERSION, Remediation
from policy_pack.rule import Finding, Policy, Resource, Rule, Severity, Stack, StackRule, findings, violations
from policy_pack.waivers import Waivers

# A whole stack arrives in one message; this is the engine's own limit.
_LARGEST_MESSAGE = 400 * 1024 * 1024

# gRPC carries at most 8 KiB of an error's text.
_SHOWN = 80
_SET_DUMPABLE = 4  # https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html

_SEVERITIES = {
    Severity.CRITICAL: analyzer_pb2.POLICY_SEVERITY_CRITICAL,
    Severity.HIGH: analyzer_pb2.POLICY_SEVERITY_HIGH,
    Severity.MEDIUM: analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    Severity.LOW: analyzer_pb2.POLICY_SEVERITY_LOW,
}


def _level(policy: Policy) -> analyzer_pb2.EnforcementLevel.ValueType:
    return analyzer_pb2.ADVISORY if policy.advisory else analyzer_pb2.MANDATORY


class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    """Analyzer service of the engine's protocol.

    Args:
        rules: rules on resources.
        stack_rules: rules on stacks.
        waivers: accepted findings.
        acceptances: accepted drift.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        stack_rules: Iterable[StackRule],
        waivers: Waivers,
        acceptances: Acceptances = NONE,
    ) -> None:
        self._rules = tuple(rules)
        self._stack_rules = tuple(stack_rules)
        self._waivers = waivers
        self._remediation = Remediation(acceptances)
        self._policies: dict[str, Policy] = {rule.name: rule for rule in (*self._rules, *self._stack_rules)}
        # Inputs that rules on stacks need, by URN: few types, with few resources in a stack.
        self._looked_at = frozenset(one for rule in self._stack_rules for one in rule.looks_at)
        self._inputs: dict[str, dict[str, Any]] = {}
        # Changes that the program leaves out, by the URN of each resource that it has registered.
        self._ignored: dict[str, tuple[str, ...]] = {}
        # A type to the rules that apply to it, and to the response without a violation. It grows with types only.
        self._by_type: dict[str, tuple[tuple[Rule, ...], analyzer_pb2.AnalyzeResponse]] = {}

    def Analyze(self, request: analyzer_pb2.AnalyzeRequest, context: Any) -> analyzer_pb2.AnalyzeResponse:  # noqa: ARG002, N802 - the protocol's
        """Return the violations of a resource that is about to be registered."""
        rules, accepted = self._concerned(request.type)
        self._ignored[request.urn] = tuple(request.options.ignoreChanges)
        if not rules:
            return accepted
        resource = _resource(request)
        if request.type in self._looked_at:
            self._inputs[request.urn] = resource.inputs
        diagnostics = [
            self._diagnostic(rule, message, request.urn) for rule in rules for message in violations(rule, resource)
        ]
        if not diagnostics:
            return accepted
        return analyzer_pb2.AnalyzeResponse(diagnostics=diagnostics, not_applicable=accepted.not_applicable)

    def Remediate(self, request: analyzer_pb2.AnalyzeRequest, context: Any) -> analyzer_pb2.RemediateResponse:  # noqa: ARG002, N802 - the protocol's
        """Return a resource's inputs with the accepted values of what drifted, before the rules see them."""
        return self._remediation.of(request)

    def AnalyzeStack(self, request: analyzer_pb2.AnalyzeStackRequest, context: Any) -> analyzer_pb2.AnalyzeResponse:  # noqa: ARG002, N802 - the protocol's
        """Return the violations of a stack at the end of a preview or update."""
        remediation = self._remediation
        members = self._declared(map(self._member, request.resources))
        stack = Stack(members, self._waivers, remediation.acceptances, remediation.problem)
        return analyzer_pb2.AnalyzeResponse(
            diagnostics=[
                self._diagnostic(rule, finding.message, finding.urn) for rule, finding in self._stack_findings(stack)
            ]
        )

    def _declared(self, members: Iterable[Member]) -> list[Member]:
        """Return the resources that the program declares; all of them where states are analysed without a program.

        After a refresh the engine reports what the state has as well: resources that are about to be deleted, and those
        that an alias renames under their old URNs.
        """
        found = list(members)
        if all(member.urn not in self._ignored for member in found):
            return found
        return [member for member in found if member.urn in self._ignored or member.type not in objects.NAMED]

    def _member(self, resource: analyzer_pb2.AnalyzerResource) -> Member:
        inputs = self._inputs.get(resource.urn)

        def read() -> dict[str, Any]:
            return wire.properties(resource.properties) if inputs is None else inputs

        # After a refresh the engine's options are those of the state.
        ignored = self._ignored.get(resource.urn, tuple(resource.options.ignoreChanges))
        return Member(resource.urn, resource.type, resource.name, read, ignored)

    def _stack_findings(self, stack: Stack) -> Iterator[tuple[StackRule, Finding]]:
        for rule in self._stack_rules:
            for finding in findings(rule, stack):
                yield rule, finding

    def _concerned(self, type_token: str) -> tuple[tuple[Rule, ...], analyzer_pb2.AnalyzeResponse]:
        entry = self._by_type.get(type_token)
        if entry is None:
            rules = tuple(rule for rule in self._rules if rule.concerns(type_token))
            others = [
                analyzer_pb2.PolicyNotApplicable(policy_name=rule.name) for rule in self._rules if rule not in rules
            ]
            entry = self._by_type[type_token] = (rules, analyzer_pb2.AnalyzeResponse(not_applicable=others))
        return entry

    def _diagnostic(self, policy: Policy, message: str, urn: str) -> analyzer_pb2.AnalyzeDiagnostic:
        level = _level(policy)
        waiver = self._waivers.covering(policy.name, urn)
        if waiver:
            level = analyzer_pb2.ADVISORY
            message = f"waived until {waiver.expires} by {waiver.owner}: {waiver.reason}\n{message}"
        return analyzer_pb2.AnalyzeDiagnostic(
            policyName=policy.name,
            policyPackName=NAME,
            policyPackVersion=VERSION,
            description=policy.description,
            message=message,
            urn=urn,
            enforcementLevel=level,
            severity=_SEVERITIES[policy.severity],
        )

    def GetAnalyzerInfo(self, request: empty_pb2.Empty, context: Any) -> analyzer_pb2.AnalyzerInfo:  # noqa: ARG002, N802 - the protocol's
        """Return the rules, for the engine and for Pulumi Cloud."""
        return analyzer_pb2.AnalyzerInfo(
            name=NAME,
            displayName="Guard rails of all layers",
            version=VERSION,
            # Without it the engine would not send a configuration, so that none could be refused.
            supportsConfig=True,
            policies=[_information(policy) for policy in self._policies.values()],
        )

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Any) -> plugin_pb2.PluginInfo:  # noqa: ARG002, N802 - the protocol's
        """Return the version of the plugin."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def Configure(self, request: analyzer_pb2.ConfigureAnalyzerRequest, context: Any) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        """Accept a configuration that leaves every rule at least as strict as it is, and refuse any other."""
        problems = [
            problem for name, given in sorted(request.policyConfig.items()) for problem in self._problems(name, given)
        ]
        if problems:
            shown = problems[:_SHOWN]
            more = f"\n  - … and {len(problems) - _SHOWN} more" * (len(problems) > _SHOWN)
            listed = "\n".join(f"  - {problem}" for problem in shown) + more
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"The policy pack {NAME} refuses its configuration, so nothing runs. Its levels are fixed in the "
                f"repository; a single finding is accepted by a waiver (policies/waivers.yaml):\n{listed}",
            )
        return empty_pb2.Empty()

    def _problems(self, name: str, given: analyzer_pb2.PolicyConfig) -> Iterator[str]:
        policy = self._policies.get(name)
        if policy is None and name != "all":
            yield f"{name}: is no policy of this pack"
            return
        stricter = given.enforcementLevel == analyzer_pb2.MANDATORY
        if not stricter and (policy is None or given.enforcementLevel != _level(policy)):
            level = analyzer_pb2.EnforcementLevel.Name(given.enforcementLevel).lower()
            yield f"{name}: cannot be set to {level}"
        if given.properties.fields:
            yield f"{name}: has no settings"

    def Handshake(  # noqa: N802 - the protocol's name
        self,
        request: analyzer_pb2.AnalyzerHandshakeRequest,  # noqa: ARG002 - the protocol's
        context: Any,  # noqa: ARG002 - the protocol's
    ) -> analyzer_pb2.AnalyzerHandshakeResponse:
        """Answer the engine's handshake, of which the pack needs nothing."""
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def ConfigureStack(  # noqa: N802 - the protocol's name
        self,
        request: analyzer_pb2.AnalyzerStackConfigureRequest,  # noqa: ARG002 - the protocol's
        context: Any,  # noqa: ARG002 - the protocol's
    ) -> analyzer_pb2.AnalyzerStackConfigureResponse:
        """Ignore the stack's configuration and tags, which must not change a verdict."""
        return analyzer_pb2.AnalyzerStackConfigureResponse()


def _resource(request: analyzer_pb2.AnalyzeRequest) -> Resource:
    options = request.options
    return Resource(
        urn=request.urn,
        type=request.type,
        name=request.name,
        inputs=wire.properties(request.properties),
        protect=options.protect,
        delete_before_replace=options.deleteBeforeReplaceDefined and options.deleteBeforeReplace,
        ignored=tuple(options.ignoreChanges),
        provider=wire.properties(request.provider.properties) if request.HasField("provider") else None,
    )


def _information(policy: Policy) -> analyzer_pb2.PolicyInfo:
    on_resource = isinstance(policy, Rule)
    return analyzer_pb2.PolicyInfo(
        name=policy.name,
        description=policy.description,
        enforcementLevel=_level(policy),
        policy_type=analyzer_pb2.POLICY_TYPE_RESOURCE if on_resource else analyzer_pb2.POLICY_TYPE_STACK,
        severity=_SEVERITIES[policy.severity],
        framework=analyzer_pb2.PolicyComplianceFramework(
            name="prodfirst guard rails", reference=", ".join(policy.references)
        ),
        tags=[policy.domain],
        remediation_steps=policy.remediation,
        url=policy.url,
    )


class OneClient(grpc.ServerInterceptor):
    """Answers the first client alone, which is the engine: a program that is judged knows the port, or finds it.

    By a call of its own it could leave inputs here under another resource's URN, by which rules on stacks then judge.
    """

    def __init__(self) -> None:
        self._engine = ""

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Return the method's handler, which looks at who calls."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler

        def answer(request: Any, context: Any) -> Any:
            self._engine = self._engine or context.peer()
            if context.peer() != self._engine:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, f"The policy pack {NAME} answers the engine alone.")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)


def _keep_others_out() -> None:
    """Close this process's memory to other processes of the same user, the judged program among them (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0)


def serve(pack: Pack) -> None:
    """Serve the pack until the engine ends this process; the port is the first line of the output."""
    _keep_others_out()
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        interceptors=[OneClient()],
        options=[("grpc.max_receive_message_length", _LARGEST_MESSAGE)],
    )
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(pack, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # The server has no state to save, so a signal may end it at once.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_DFL)
    server.wait_for_termination()
