"""Gives resources the accepted values of what drifted: the engine's remediations.

The engine asks for them after the provider has checked the inputs, and before the rules; it plans and carries out what
it gets. The program, its outputs and its other resources stay as they are.
"""

from collections.abc import Callable
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from engine import paths
from engine.urns import Urn
from policy_pack.acceptances import Acceptance, Acceptances

NAME: Final = "prodfirst-guardrails"
# The engine replaces this version by the one in PulumiPolicy.yaml.
VERSION: Final = "0.0.0"
_POLICY: Final = "drift-accepted"


class Remediation:
    """Answers to the engine's requests for remediations in one run, and what they show of the acceptances.

    Args:
        acceptances: accepted drift.
    """

    def __init__(self, acceptances: Acceptances) -> None:
        self.acceptances = acceptances
        self._asked = False
        # What is wrong with each acceptance of a resource that the program has declared; empty for a needed one.
        self._problems: dict[tuple[Urn, str], str] = {}

    def of(self, request: analyzer_pb2.AnalyzeRequest) -> analyzer_pb2.RemediateResponse:
        """Return the remediation of a resource, none for most."""
        self._asked = True
        valid = self.acceptances.valid(request.urn)
        if not valid:
            return analyzer_pb2.RemediateResponse()
        # Secrets and values that are not known yet stay what they are on the wire.
        declared: dict[str, Any] = json_format.MessageToDict(request.properties)
        inputs = declared
        for acceptance in valid:
            self._problems[acceptance.key] = ""
            try:
                if acceptance.is_in(declared):
                    self._problems[acceptance.key] = "changes nothing: the program declares what it accepts"
                inputs = acceptance.applied(inputs)
            except paths.PathError as error:
                self._problems[acceptance.key] = f"does not fit the resource: {error}"
        if inputs == declared:
            return analyzer_pb2.RemediateResponse()
        properties = Struct()
        properties.update(inputs)
        described = "; ".join(f"{one.path} until {one.expires}, by {one.owner}" for one in valid)
        return analyzer_pb2.RemediateResponse(
            remediations=[
                analyzer_pb2.Remediation(
                    policyName=_POLICY,
                    policyPackName=NAME,
                    policyPackVersion=VERSION,
                    description=f"Drift that is accepted stays as the cloud has it: {described}.",
                    properties=properties,
                )
            ]
        )

    @property
    def problem(self) -> Callable[[Acceptance], str] | None:
        """Function that returns what is wrong with an acceptance; None where no program has run."""
        return self._problem if self._asked else None

    def _problem(self, acceptance: Acceptance) -> str:
        missing = f"is for a resource that the program does not declare: {acceptance.resource.name}"
        return self._problems.get(acceptance.key, missing)
