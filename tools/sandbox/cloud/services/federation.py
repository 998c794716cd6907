"""IAM: workload identity pools and their providers, which are kept for 30 days after their deletion."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, cast

from sandbox.cloud.errors import ApiError, already_exists, invalid, not_found
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.store import Json, StoredResource

_KEPT_FOR = 30 * 24 * 3600.0  # seconds; https://cloud.google.com/iam/docs/manage-workload-identity-pools-providers
_GITHUB = "https://token.actions.githubusercontent.com"
_ID = re.compile(r"^(?!gcp-)[a-z0-9-]{4,32}$")
_KEY = re.compile(
    r"^(google\.(subject|groups|display_name|profile_photo|posix_username|email)|attribute\.[a-z0-9_]{1,100})$"
)


class _SoftDeleted(Collection):
    """Base of pools and providers: the project's number in names, and a deletion that can be undone."""

    service = "iam.googleapis.com"
    id_parameter: ClassVar[str]

    def methods(self) -> list[Method]:
        """Returns the standard methods and undelete."""
        return [*super().methods(), self._method("undelete", self.on_undelete, f"{self.permission}.undelete")]

    def generate(self, call: Call) -> Json:
        """Returns the name as Google writes it."""
        return {"name": call.cloud.iam.hierarchy.with_number(call.name), "state": "ACTIVE"}

    def check(self, call: Call, body: Json) -> None:
        """Checks the form of the id."""
        del body
        if not _ID.match(call.parameters[self.id_parameter]):
            raise invalid(f"Invalid id '{call.parameters[self.id_parameter]}': 4 to 32 of [a-z0-9-], not 'gcp-…'.")

    def on_create(self, call: Call) -> Json:
        """Creates a pool or provider; 409 also while a deleted one with its name is kept."""
        full = self.full(call.name)
        existing = call.cloud.store.get(full)
        if existing and _is_deleted(existing) and _expires(existing) < time.time():
            call.cloud.store.remove(full)
        elif existing:
            raise already_exists(call.name)
        return super().on_create(call)

    def active(self, call: Call) -> StoredResource:
        """Returns the pool or provider of a call, which must not be deleted.

        Raises:
            ApiError: NOT_FOUND, or FAILED_PRECONDITION if it is deleted.
        """
        stored = self.stored(call)
        if _is_deleted(stored):
            raise ApiError("FAILED_PRECONDITION", f"Resource '{call.name}' is deleted.", "failedPrecondition")
        return stored

    def on_list(self, call: Call) -> Json:
        """Lists the active pools or providers; with `showDeleted` in the body also deleted ones."""
        items = super().on_list(call)["items"]
        return {"items": [item for item in items if item["state"] != "DELETED" or call.body.get("showDeleted")]}

    def on_update(self, call: Call) -> Json:
        """Changes a pool or provider that is not deleted."""
        self.active(call)
        return super().on_update(call)

    def on_delete(self, call: Call) -> Json:
        """Marks a pool or provider as deleted; its name stays taken until it expires."""
        stored = self.active(call)
        expires = datetime.fromtimestamp(time.time() + _KEPT_FOR, UTC)
        when = expires.isoformat(timespec="seconds").replace("+00:00", "Z")
        generated = {**stored.generated, "state": "DELETED", "expireTime": when}
        call.cloud.store.put(StoredResource(stored.name, stored.collection, stored.declared, generated))
        return {}

    def on_undelete(self, call: Call) -> Json:
        """Restores a deleted pool or provider."""
        stored = self.stored(call)
        if not _is_deleted(stored):
            raise ApiError("FAILED_PRECONDITION", f"Resource '{call.name}' is not deleted.", "failedPrecondition")
        generated = {key: value for key, value in stored.generated.items() if key != "expireTime"}
        restored = StoredResource(stored.name, stored.collection, stored.declared, {**generated, "state": "ACTIVE"})
        call.cloud.store.put(restored)
        return restored.body


def _expires(stored: StoredResource) -> float:
    return datetime.fromisoformat(stored.generated["expireTime"]).timestamp()


def _is_deleted(stored: StoredResource) -> bool:
    return stored.generated.get("state") == "DELETED"


class Pools(_SoftDeleted):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools."""

    kind = "iam.projects.locations.workloadIdentityPools"
    path = "projects/{project}/locations/{location}/workloadIdentityPools/{pool}"
    permission = "iam.googleapis.com/workloadIdentityPools"
    id_parameter = "pool"

    def methods(self) -> list[Method]:
        """Returns the standard methods, and the list of rules for attestations, of which a pool has none."""
        permission = f"{self.permission}.getAttestationRules"
        return [*super().methods(), self._method("listAttestationRules", self.on_list_rules, permission)]

    def on_list_rules(self, call: Call) -> Json:
        """Returns no rules: methods that add some are not simulated.

        The provider asks for them before it looks at the state of the pool, so a deleted pool has an answer too.
        """
        self.stored(call)
        return {"items": []}


class Providers(_SoftDeleted):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers."""

    kind = "iam.projects.locations.workloadIdentityPools.providers"
    path = "projects/{project}/locations/{location}/workloadIdentityPools/{pool}/providers/{provider}"
    permission = "iam.googleapis.com/workloadIdentityPoolProviders"
    id_parameter = "provider"

    def check(self, call: Call, body: Json) -> None:
        """Checks that the pool exists, and that issuer, mapping and condition are valid."""
        super().check(call, body)
        pool = call.name.partition("/providers/")[0]
        stored_pool = call.cloud.store.get(self.full(pool))
        if stored_pool is None or _is_deleted(stored_pool):
            raise not_found(pool)
        issuer = str(cast("Json", body.get("oidc") or {}).get("issuerUri", ""))
        if not issuer.startswith("https://"):
            raise invalid("Only OIDC providers are simulated; oidc.issuerUri must be an https URL.")
        check_mapping(body.get("attributeMapping") or {}, str(body.get("attributeCondition") or ""), issuer)


def check_mapping(mapping: Mapping[str, str], condition: str, issuer: str) -> None:
    """Raises INVALID_ARGUMENT for a mapping or a condition that a provider cannot have."""
    from sandbox.cloud import conditions  # noqa: PLC0415 - CEL takes 0.3 s to load

    if "google.subject" not in mapping:
        raise invalid("The attribute mapping must map google.subject.")
    for key, expression in mapping.items():
        if not _KEY.match(key):
            raise invalid(f"Invalid mapped attribute key: {key}.")
        conditions.check(expression, conditions.FEDERATION)
    if condition:
        conditions.check(condition, conditions.FEDERATION)
    # One issuer serves all of GitHub: without a condition it would admit every repository.
    if issuer == _GITHUB and not re.search(r"\b(assertion|attribute|google)[.\[]", condition):
        raise invalid("The attribute condition must reference one of the provider's claims.")


def pool_of(principal: str) -> str:
    """Returns the full name of the pool in a federated principal; "" for anything else."""
    _, marker, rest = principal.partition("://iam.googleapis.com/")
    pool = re.match(r"projects/[^/]+/locations/[^/]+/workloadIdentityPools/[^/]+", rest) if marker else None
    return f"//iam.googleapis.com/{pool[0]}" if pool else ""


def is_usable(stored: StoredResource | None) -> bool:
    """Returns whether a pool or provider is active: it exists, and is neither deleted nor disabled."""
    return stored is not None and not _is_deleted(stored) and not stored.body.get("disabled")
