"""Binary Authorization: the one policy of a project, and attestors; no image is ever evaluated."""

from typing import cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now
from sandbox.cloud.store import Json, StoredResource

_SERVICE = "binaryauthorization.googleapis.com"
_ATTESTED = "REQUIRE_ATTESTATION"

DEFAULT: Json = {
    "admissionWhitelistPatterns": [{"namePattern": "gcr.io/google_containers/*"}],
    "defaultAdmissionRule": {
        "evaluationMode": "ALWAYS_ALLOW",
        "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
    },
}


class Policies(Collection):
    """https://cloud.google.com/binary-authorization/docs/reference/rest/v1/projects, its methods on the policy.

    Every project has a policy that admits all images, until another one replaces it.
    """

    service = _SERVICE
    kind = "binaryauthorization.projects"
    path = "projects/{project}/policy"
    permission = "binaryauthorization.policy"
    also = frozenset({"binaryauthorization.policy.evaluatePolicy"})

    def methods(self) -> list[Method]:
        """Returns the methods that read and replace the policy."""
        return [
            self._method("getPolicy", self.on_get, f"{self.permission}.get"),
            self._method("updatePolicy", self.on_put, f"{self.permission}.update"),
        ]

    def stored(self, call: Call) -> StoredResource:
        """Returns the policy, or the default policy if none was set."""
        policy = call.cloud.store.get(self.full(call.name))
        return policy or StoredResource(self.full(call.name), self.kind, DEFAULT, {"name": call.name})

    def on_put(self, call: Call) -> Json:
        """Replaces the whole policy."""
        self.check(call, call.body)
        generated = {"name": call.name, "updateTime": now(), "etag": new_etag()}
        after = StoredResource(self.full(call.name), self.kind, call.body, generated)
        call.cloud.store.put(after)
        return after.body

    def check(self, call: Call, body: Json) -> None:
        """Checks that there is a default rule, and that exactly the rules that require attestations name attestors."""
        if not body.get("defaultAdmissionRule"):
            raise invalid("default_admission_rule is required.")
        for rule in [body["defaultAdmissionRule"], *cast("Json", body.get("clusterAdmissionRules") or {}).values()]:
            attestors = cast("list[str]", rule.get("requireAttestationsBy") or [])
            if bool(attestors) != (rule.get("evaluationMode") == _ATTESTED):
                raise invalid(f"require_attestations_by must be set if and only if evaluation_mode is {_ATTESTED}.")
            for attestor in attestors:
                if call.cloud.store.get(f"//{_SERVICE}/{attestor}") is None:
                    raise invalid(f"Attestor '{attestor}' does not exist.")


class Attestors(Collection):
    """https://cloud.google.com/binary-authorization/docs/reference/rest/v1/projects.attestors.

    An attestor's note belongs to Artifact Analysis, which is not simulated.
    """

    service = _SERVICE
    kind = "binaryauthorization.projects.attestors"
    path = "projects/{project}/attestors/{attestor}"
    permission = "binaryauthorization.attestors"
    update = "update"
    has_policy = True
    also = frozenset({"binaryauthorization.attestors.verifyImageAttested"})

    def generate(self, call: Call) -> Json:
        """Returns the full name."""
        return {"name": call.name, "updateTime": now()}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the time of the change."""
        return {**stored.generated, **self.generate(call)}
