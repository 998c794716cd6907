"""The one door to the simulated cloud: every API call is authenticated, checked, carried out and logged here."""

import hashlib
import secrets
import time
from pathlib import Path

from sandbox.cloud import kubernetes, names
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller, Iam
from sandbox.cloud.resources import Call, Collection, Method
from sandbox.cloud.services import COLLECTIONS
from sandbox.cloud.store import CallEntry, Json, Store

# What workloads need of services whose data planes do not exist here; roles are told apart by them all the same.
DATA_PLANE = frozenset({"cloudsql.instances.connect", "cloudsql.instances.login", "iam.serviceAccounts.getOpenIdToken"})

TOKEN_LIFETIME = 3600.0  # seconds, as iamcredentials' default


class Cloud:
    """A simulated Google Cloud over one store.

    Args:
        path: the SQLite file.
    """

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.iam = Iam(self.store)
        self._collections: dict[str, Collection] = {}
        self._methods: dict[str, Method] = {}
        for collection in (kind() for kind in COLLECTIONS):
            self._collections[collection.kind] = collection
            self._methods.update({method.id: method for method in collection.methods()})

    @property
    def methods(self) -> dict[str, Method]:
        """Every method by its id."""
        return dict(self._methods)

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every permission that the simulation knows: what its methods and GKE's authorisation may ask for."""
        asked = {permission for method in self._methods.values() for permission in method.permissions}
        also = {permission for collection in self._collections.values() for permission in collection.also}
        return frozenset(asked | also | DATA_PLANE | kubernetes.permissions())

    def collection(self, kind: str) -> Collection:
        """The collection whose method ids begin with `kind`."""
        return self._collections[kind]

    def call(self, method_id: str, name: str, caller: Caller, body: Json | None = None) -> Json:
        """Carries out one API method.

        Args:
            method_id: Google's id of it, such as "sqladmin.instances.insert".
            name: the relative resource name, such as "projects/p/instances/orders".
            caller: who calls.
            body: the request body.

        Returns:
            The response body.

        Raises:
            ApiError: whatever the API answers; nothing was changed then.
        """
        method = self._methods.get(method_id)
        if method is None:
            raise ApiError("UNIMPLEMENTED", f"Method not found: {method_id} is not simulated.", "unimplemented")
        try:
            with self.store.transaction():
                parameters = method.collection.parameters(name)
                self._authorise(method, name, caller)
                response = method.handler(Call(self, caller, name, body or {}, parameters))
        except ApiError as error:
            self._log(method, name, caller, error.status)
            raise
        self._log(method, name, caller, "OK")
        return response

    def impersonate(self, caller: Caller, email: str) -> Caller:
        """The service account `email` as used by a caller who may obtain its tokens.

        Raises:
            ApiError: PERMISSION_DENIED when the caller lacks iam.serviceAccounts.getAccessToken on it, as for an
            account
                that does not exist.
        """
        name = names.service_account(email).partition("googleapis.com/")[2]
        self.call("iamcredentials.projects.serviceAccounts.generateAccessToken", name, caller)
        return Caller(f"serviceAccount:{email}", (caller.member, *caller.delegation))

    def issue_token(self, caller: Caller) -> tuple[str, float]:
        """An opaque access token for a caller, and when it expires (seconds since the epoch)."""
        token, expires = f"ya29.{secrets.token_urlsafe(48)}", time.time() + TOKEN_LIFETIME
        with self.store.transaction():
            self.store.add_token(_digest(token), {"member": caller.member, "delegation": caller.delegation}, expires)
        return token, expires

    def caller_of_token(self, token: str) -> Caller | None:
        """The caller that a token was issued to; None when it is unknown or expired."""
        found = self.store.token(_digest(token), time.time())
        return Caller(found["member"], tuple(found["delegation"])) if found else None

    def service_enabled(self, project_id: str, service: str) -> bool:
        """Whether an API is enabled in a project."""
        stored = self.store.get(f"//serviceusage.googleapis.com/projects/{project_id}/services/{service}")
        return stored is not None and stored.body.get("state") == "ENABLED"

    def _authorise(self, method: Method, name: str, caller: Caller) -> None:
        project_id, service = names.project_of(name), method.collection.service
        if not self.service_enabled(project_id, service):
            raise ApiError(
                "PERMISSION_DENIED",
                f"{service} has not been used in project {project_id} before or it is disabled. Enable it, then retry.",
                "SERVICE_DISABLED",
                {"service": service, "consumer": f"projects/{project_id}"},
            )
        target = method.collection.policy_target(method, name)
        for permission in method.permissions:
            self.iam.require(caller.member, permission, target)

    def _log(self, method: Method, name: str, caller: Caller, status: str) -> None:
        entry = CallEntry(
            time.time(),
            caller.member,
            list(caller.delegation),
            method.id,
            method.collection.full(name),
            list(method.permissions),
            status,
        )
        with self.store.transaction():
            self.store.log(entry)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
