"""Security Token Service: exchange of another identity provider's token for a principal of a pool.

https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token. The simulation takes the claims of the token as
true, without a signature. So a sandbox shows which tokens the mapping and the condition admit, never that a token is
genuine.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.cloud.errors import ApiError
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.services import federation
from sandbox.cloud.store import Json, StoredResource

LONGEST_SUBJECT = 127  # bytes: https://cloud.google.com/iam/quotas


class Tokens(Collection):
    """The exchange; its name is the provider's name, with the project's number as in audiences."""

    service = "sts.googleapis.com"
    kind = "sts"
    path = "projects/{project}/locations/{location}/workloadIdentityPools/{pool}/providers/{provider}"

    def methods(self) -> list[Method]:
        """Returns the exchange alone; it requires no permission, because the caller has no identity yet."""
        return [Method("sts.token", self, (), self.on_exchange)]

    def full(self, name: str) -> str:
        """Returns the provider's name in the IAM API, to which providers belong."""
        return f"//iam.googleapis.com/{name}"

    def on_exchange(self, call: Call) -> Json:
        """Checks the claims in the body and answers {"principal": …, "sets": […]}."""
        store = call.cloud.store
        provider = store.get(self.full(call.name))
        pool = store.get(self.full(call.name.partition("/providers/")[0]))
        if provider is None or not federation.is_usable(provider) or not federation.is_usable(pool):
            raise _refused(
                "invalid_target",
                'The target service indicated by the "audience" parameters is invalid. This might either be because'
                " the pool or provider is disabled or deleted or because it doesn't exist.",
            )
        claims: Json = call.body["claims"]
        _check_token(provider, claims, call.cloud.iam.now())
        pool_name = str(provider.generated["name"]).partition("/providers/")[0]
        return _principal(pool_name, mapped(provider.body, claims))


def _refused(error: str, description: str) -> ApiError:
    status = "UNAUTHENTICATED" if error == "unauthorized_client" else "INVALID_ARGUMENT"
    return ApiError(status, description, error)


def _check_token(provider: StoredResource, claims: Json, now: float) -> None:
    """Checks issuer, audience and times, as for any OIDC token."""
    oidc: Json = provider.body["oidc"]
    issuer = str(claims.get("iss", ""))
    if issuer != oidc["issuerUri"]:
        expected = oidc["issuerUri"]
        raise _refused(
            "invalid_grant", f"The issuer in ID Token {issuer} does not match the expected ones: {expected}."
        )
    name = str(provider.generated["name"])
    own = [f"{prefix}//iam.googleapis.com/{name}" for prefix in ("https:", "")]
    accepted = list(oidc.get("allowedAudiences") or own)
    audiences = claims.get("aud", "")
    if not set(audiences if isinstance(audiences, list) else [audiences]).intersection(accepted):  # pyright: ignore[reportUnknownArgumentType]
        message = f"The audience in ID Token [{audiences}] does not match the expected audience {accepted[0]}."
        raise _refused("invalid_grant", message)
    if float(claims.get("exp", 0)) <= now:
        raise _refused("invalid_grant", f"ID Token issued at {claims.get('iat', 0)} is stale to sign-in.")


def mapped(provider: Json, claims: Json) -> dict[str, Any]:
    """Returns the attributes of a token under a provider's mapping, if its condition admits the token.

    Raises:
        ApiError: UNAUTHENTICATED (`unauthorized_client`) when the condition does not hold, or the subject is not a
            string; INVALID_ARGUMENT (`invalid_request`) when the subject is too long.
    """
    from celpy.evaluation import CELEvalError  # noqa: PLC0415 - CEL takes 0.3 s to load

    from sandbox.cloud import conditions  # noqa: PLC0415 - CEL takes 0.3 s to load

    attributes: dict[str, Any] = {}
    for key, expression in sorted(provider["attributeMapping"].items()):
        try:
            attributes[key] = conditions.evaluate(expression, {"assertion": claims})
        except CELEvalError:
            continue  # a claim that the token does not have maps to nothing
    if not isinstance(attributes.get("google.subject"), str):
        raise _refused("unauthorized_client", "The mapped attribute 'google.subject' must be of type STRING.")
    if len(attributes["google.subject"].encode()) > LONGEST_SUBJECT:
        raise _refused(
            "invalid_request", f"The size of mapped attribute google.subject exceeds the {LONGEST_SUBJECT} bytes limit."
        )
    condition = str(provider.get("attributeCondition") or "")
    variables = {
        "assertion": claims,
        "google": _group(attributes, "google."),
        "attribute": _group(attributes, "attribute."),
    }
    try:
        admitted = not condition or bool(conditions.evaluate(condition, variables))
    except CELEvalError:
        admitted = False
    if not admitted:
        raise _refused("unauthorized_client", "The given credential is rejected by the attribute condition.")
    return attributes


def _group(attributes: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in attributes.items() if key.startswith(prefix)}


def _principal(pool: str, attributes: Mapping[str, Any]) -> Json:
    base = f"//iam.googleapis.com/{pool}"
    groups = attributes.get("google.groups", [])
    sets = [
        f"principalSet:{base}/*",
        *(f"principalSet:{base}/group/{group}" for group in (groups if isinstance(groups, list) else [])),  # pyright: ignore[reportUnknownVariableType]
        *(
            f"principalSet:{base}/{key}/{value}"
            for key, value in attributes.items()
            if key.startswith("attribute.") and isinstance(value, str)
        ),
    ]
    return {"principal": f"principal:{base}/subject/{attributes['google.subject']}", "sets": sets}
