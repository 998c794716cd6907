"""Security Token Service: a token of another identity provider becomes a principal of a pool.

https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token. The simulation takes the claims of the token as
they are. They are not signed: whoever can write them is believed, so a sandbox proves what the mapping and the
condition let in, never that a token is genuine.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.cloud.errors import ApiError
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.services import federation
from sandbox.cloud.store import Json, Stored


class Tokens(Collection):
    """The exchange; its name is that of the provider, with the project's number as in audiences."""

    service = "sts.googleapis.com"
    kind = "sts"
    path = "projects/{project}/locations/{location}/workloadIdentityPools/{pool}/providers/{provider}"

    def methods(self) -> list[Method]:
        """The exchange alone; it needs no permission, for the caller is nobody yet."""
        return [Method("sts.token", self, (), self.on_exchange)]

    def full(self, name: str) -> str:
        """Providers belong to the IAM API."""
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


def _check_token(provider: Stored, claims: Json, now: float) -> None:
    """Issuer, audience and times, as any OIDC token is checked."""
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
    """The attributes of a token under a provider's mapping, once its condition let it in.

    Raises:
        ApiError: UNAUTHENTICATED (`unauthorized_client`) when the condition does not hold or the subject is no text.
    """
    from celpy.evaluation import CELEvalError  # noqa: PLC0415 - CEL takes 0.3 s to load

    from sandbox.cloud import conditions  # noqa: PLC0415 - as above

    found: dict[str, Any] = {}
    for key, expression in sorted(provider["attributeMapping"].items()):
        try:
            found[key] = conditions.evaluate(expression, {"assertion": claims})
        except CELEvalError:
            continue  # a claim that the token does not have maps to nothing
    if not isinstance(found.get("google.subject"), str):
        raise _refused("unauthorized_client", "The mapped attribute 'google.subject' must be of type STRING.")
    condition = str(provider.get("attributeCondition") or "")
    variables = {"assertion": claims, "google": _group(found, "google."), "attribute": _group(found, "attribute.")}
    try:
        admitted = not condition or bool(conditions.evaluate(condition, variables))
    except CELEvalError:
        admitted = False
    if not admitted:
        raise _refused("unauthorized_client", "The given credential is rejected by the attribute condition.")
    return found


def _group(found: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in found.items() if key.startswith(prefix)}


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
