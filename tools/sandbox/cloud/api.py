"""Entry point of the simulated cloud: it authenticates, authorises, carries out and logs every API call."""

import hashlib
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Protocol

from sandbox.cloud import kubernetes, names, policies, principals, propagation
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import MODIFIED_GRANTS, Caller, Decision, Iam
from sandbox.cloud.resources import Call, Change, Collection, Method
from sandbox.cloud.services import COLLECTIONS, federation, serviceusage
from sandbox.cloud.store import CallEntry, Json, Store

# Permissions of workloads on services whose data planes are not simulated. Roles differ by them, so they are known.
DATA_PLANE = frozenset({"cloudsql.instances.connect", "cloudsql.instances.login", "iam.serviceAccounts.getOpenIdToken"})

TOKEN_LIFETIME = 3600.0  # seconds, as iamcredentials' default

_NO_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
    " authentication credential."
)

PERMISSIVE_VARIABLE = "SANDBOX_PERMISSIVE"  # "1": IAM logs what it would deny, and lets it pass


class Contents(Protocol):
    """Content of the objects of Cloud Storage, which the cloud itself does not keep; no method of it decides access."""

    def read(self, bucket: str, name: str) -> bytes:
        """Returns the content of an object.

        Raises:
            ApiError: NOT_FOUND.
        """
        ...

    def write(self, bucket: str, name: str, content: bytes) -> None:
        """Keeps the content of an object."""
        ...


@cache
def _collections() -> Mapping[str, Collection]:
    """Collections by kind. They hold nothing of a cloud, so one table, which takes a millisecond, serves all."""
    return {kind.kind: kind() for kind in COLLECTIONS}


@cache
def _methods() -> Mapping[str, Method]:
    """Methods by id."""
    return {method.id: method for collection in _collections().values() for method in collection.methods()}


class Cloud:
    """A simulated Google Cloud over one store.

    Args:
        path: the SQLite file.
        clock: the present time for IAM's decisions, in seconds since the epoch.

    Attributes:
        contents: keeps the content of objects; None while the endpoints, which have it, are not this process.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.directory = path.parent
        self.store = Store(path)
        self.contents: Contents | None = None
        self.iam = Iam(self.store, clock, permissive=os.environ.get(PERMISSIVE_VARIABLE) == "1")

    @property
    def methods(self) -> dict[str, Method]:
        """Methods by id."""
        return dict(_methods())

    @property
    def vocabulary(self) -> frozenset[str]:
        """Permissions that the simulation knows: those its methods and GKE's authorisation may require."""
        required = {permission for method in _methods().values() for permission in method.permissions}
        also = {permission for collection in _collections().values() for permission in collection.also}
        return frozenset(required | also | DATA_PLANE | kubernetes.permissions())

    def collection(self, kind: str) -> Collection:
        """Returns the collection whose method ids begin with `kind`."""
        return _collections()[kind]

    def call(
        self, method_id: str, name: str, caller: Caller, body: Json | None = None, change: Change | None = None
    ) -> Json:
        """Carries out one API method.

        Args:
            method_id: Google's id of the method, such as "sqladmin.instances.insert".
            name: the relative resource name, such as "projects/p/instances/orders".
            caller: the principal that calls.
            body: the request body.
            change: makes the body from the fields that the resource was declared with, for a patch.

        Returns:
            The response body.

        Raises:
            ApiError: the error that the API returns; nothing was changed.
        """
        method = _methods().get(method_id)
        if method is None:
            raise ApiError("UNIMPLEMENTED", f"Method not found: {method_id} is not simulated.", "unimplemented")
        name = self.iam.hierarchy.with_ids(name)
        target = method.collection.policy_target(method, name)
        with self.iam.recording(caller, target) as recording:
            try:
                with self.store.transaction():
                    recording.api = self._api_attributes(method, target, body or {})
                    parameters = method.collection.parameters(name)
                    self._authorise(method, name, caller, target)
                    call = Call(self, caller, name, body or {}, parameters)
                    if change:
                        call = replace(call, body=change(method.collection.stored(call).declared))
                    response = method.handler(call)
                if method.afterwards:
                    response = method.afterwards(call)
            except ApiError as error:
                self._log(method, name, caller, recording.decisions, error)
                raise
            self._log(method, name, caller, recording.decisions)
        return response

    def _api_attributes(self, method: Method, target: str, body: Json) -> dict[str, tuple[str, ...] | str]:
        if not method.id.endswith(".setIamPolicy") or "policy" not in body:
            return {}
        return {MODIFIED_GRANTS: policies.modified_roles(self.store.policy(target), body["policy"])}

    def impersonate(self, caller: Caller, email: str) -> Caller:
        """Returns the caller that impersonates the service account `email`.

        Raises:
            ApiError: PERMISSION_DENIED when the caller lacks iam.serviceAccounts.getAccessToken on the account, or no
                such account exists.
        """
        name = names.split(names.service_account(email))[1]
        self.call("iamcredentials.projects.serviceAccounts.generateAccessToken", name, caller)
        return Caller(f"serviceAccount:{email}", (caller.member, *caller.delegation))

    def federate(self, audience: str, claims: Json) -> Caller:
        """Returns the principal that a token of another identity provider maps to.

        Args:
            audience: the provider's full name, `//iam.googleapis.com/projects/<number>/locations/global/…`.
            claims: the token's claims; nothing proves that its issuer made them.

        Raises:
            ApiError: the provider does not exist, or its condition rejects the token.
        """
        token = self.call("sts.token", names.split(audience)[1], Caller("allUsers"), {"claims": claims})
        return Caller(token["principal"], (), tuple(token["sets"]))

    def workload(self, namespace: str, account: str) -> Caller:
        """Returns a GKE workload of the simulation's project, by its namespace and Kubernetes service account."""
        project = self.iam.hierarchy.project_of("")
        pool = f"//iam.googleapis.com/projects/{self.iam.hierarchy.number_of(project)}/locations/global"
        base = f"{pool}/workloadIdentityPools/{project}.svc.id.goog"
        sets = (
            f"principal:{base}/subject/ns/{namespace}/sa/{account}",
            f"principalSet:{base}/namespace/{namespace}",
            f"principalSet:{base}/*",
        )
        return Caller(principals.workload_member(project, namespace, account), (), sets)

    def issue_token(self, caller: Caller, lifetime: float = TOKEN_LIFETIME) -> tuple[str, float]:
        """Issues an opaque access token, valid for `lifetime` seconds; returns it and its expiry (since the epoch)."""
        token, expires = f"ya29.{secrets.token_urlsafe(48)}", time.time() + lifetime
        with self.store.transaction():
            content = {"member": caller.member, "delegation": caller.delegation, "sets": caller.sets}
            self.store.add_token(_digest(token), content, expires)
        return token, expires

    def caller_of_token(self, token: str) -> Caller | None:
        """Returns the caller that a token was issued to; None when it is unknown or expired."""
        content = self.store.token(_digest(token), time.time())
        if content is None:
            return None
        caller = Caller(content["member"], tuple(content["delegation"]), tuple(content.get("sets", ())))
        return caller if self._is_active(caller) else None

    def _is_active(self, caller: Caller) -> bool:
        """Returns whether a caller's credentials are valid: its account or pool is neither deleted nor disabled."""
        if pool := federation.pool_of(caller.member):
            return federation.is_usable(self.store.get(self.iam.hierarchy.with_ids(pool)))
        if caller.member.startswith("serviceAccount:") and names.is_user_managed(caller.email):
            account = self.store.get(names.service_account(caller.email))
            return account is not None and not account.body.get("disabled")
        return True

    def service_enabled(self, project_id: str, service: str) -> bool:
        """Returns whether an API is enabled in a project."""
        if service == serviceusage.Services.service and self.store.setting(serviceusage.SETTING) == "false":
            return False
        stored = self.store.get(_service(project_id, service))
        return stored is not None and stored.body.get("state") == "ENABLED"

    def log_decision(self, method_id: str, resource: str, caller: Caller, decision: Decision) -> None:
        """Logs a decision of IAM that another server requested.

        Args:
            method_id: the method that the other server was about to carry out.
            resource: the full name of its target.
            caller: the principal that called it.
            decision: IAM's decision.
        """
        status = "OK" if decision.allowed else "PERMISSION_DENIED"
        entry = CallEntry(time.time(), caller.member, [], method_id, resource, [decision.permission], status)
        with self.store.transaction():
            self.store.log(replace(entry, decisions=[decision.as_json()]))

    def _authorise(self, method: Method, name: str, caller: Caller, target: str) -> None:
        if not self._is_active(caller):
            raise ApiError("UNAUTHENTICATED", _NO_CREDENTIALS, "unauthenticated")
        project_id, service = self.iam.hierarchy.project_of(name), method.collection.service
        is_known = propagation.is_effective(self.store, _service(project_id, service))
        is_enabled = is_known and self.service_enabled(project_id, service)
        if not is_enabled and not _uses_own_quota(caller, service):
            raise ApiError(
                "PERMISSION_DENIED",
                f"{service} has not been used in project {project_id} before or it is disabled. Enable it by visiting"
                f" https://console.developers.google.com/apis/api/{service}/overview?project={project_id} then retry."
                " If you enabled this API recently, wait a few minutes for the action to propagate to our systems and"
                " retry.",
                "SERVICE_DISABLED",
                {"service": service, "consumer": f"projects/{project_id}"},
            )
        for permission in method.permissions:
            self.iam.require(caller.member, permission, target)

    def _log(
        self, method: Method, name: str, caller: Caller, decisions: list[Decision], error: ApiError | None = None
    ) -> None:
        entry = CallEntry(
            time.time(),
            caller.member,
            list(caller.delegation),
            method.id,
            method.collection.full(name),
            list(method.permissions),
            error.status if error else "OK",
            error.message if error else "",
            [decision.as_json() for decision in decisions],
        )
        with self.store.transaction():
            self.store.log(entry)


def _uses_own_quota(caller: Caller, service: str) -> bool:
    """Returns whether a person manages APIs on the quota of the client's own project, where Service Usage is on.

    https://cloud.google.com/service-usage/docs/enabled-service: a project made by an API has it off.
    """
    return service == serviceusage.Services.service and caller.quota_project == "" and caller.member.startswith("user:")


def _service(project_id: str, service: str) -> str:
    return f"//serviceusage.googleapis.com/projects/{project_id}/services/{service}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
