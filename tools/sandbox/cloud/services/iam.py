"""IAM: service accounts, their keys, and custom roles."""

import time
from collections.abc import Callable
from typing import ClassVar

from sandbox.cloud import names, policies, principals
from sandbox.cloud.errors import ApiError, already_exists, invalid, not_found
from sandbox.cloud.resources import Call, Collection, Method, new_etag, new_number, now
from sandbox.cloud.services import orgpolicy
from sandbox.cloud.store import Json, StoredResource

_DAY = 24 * 3600.0  # seconds
_UNDELETABLE_FOR = 7 * _DAY  # https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role
_ACCOUNT_RECOVERABLE_FOR = 30 * _DAY  # https://cloud.google.com/iam/docs/service-accounts-delete-undelete
_DELETED_ACCOUNTS = "iam.deletedServiceAccounts"
_DELETED_ROLES = "iam.deletedRoles"
# Quota of a new project, which a request raises, and a limit: https://cloud.google.com/iam/quotas.
QUOTA = 100  # service accounts
QUOTA_METRIC = "iam.googleapis.com/quota/service-account-count"
QUOTA_SETTING = "iam.serviceAccountQuota"
MOST_ROLES = 300  # custom roles
_NO_KEYS = "iam.disableServiceAccountKeyCreation"

# Permissions that a project's custom role cannot have: they concern resources above a project.
_ABOVE_PROJECTS = ("resourcemanager.organizations.", "resourcemanager.folders.", "resourcemanager.projects.list")


class ServiceAccounts(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts."""

    service = "iam.googleapis.com"
    kind = "iam.projects.serviceAccounts"
    path = "projects/{project}/serviceAccounts/{email}"
    permission = "iam.serviceAccounts"
    has_policy = True

    def methods(self) -> list[Method]:
        """Returns the standard methods, and the methods that disable, enable and restore an account."""
        return [
            *super().methods(),
            self._method("disable", self._setter(disabled=True), "iam.serviceAccounts.disable"),
            self._method("enable", self._setter(disabled=False), "iam.serviceAccounts.enable"),
            self._method("undelete", self.on_undelete, "iam.serviceAccounts.undelete"),
        ]

    def on_create(self, call: Call) -> Json:
        """Creates an account within the project's quota."""
        own = call.cloud.store.find(self.kind, self.full(f"projects/{call.parameters['project']}/serviceAccounts/"))
        used = sum(names.is_user_managed(account.name.rpartition("/")[2]) for account in own)
        if used >= int(call.cloud.store.setting(QUOTA_SETTING) or QUOTA):
            message = "Maximum number of service accounts on project reached."
            raise ApiError("RESOURCE_EXHAUSTED", message, "quotaExceeded")
        return super().on_create(call)

    def check(self, call: Call, body: Json) -> None:
        """Refuses an email that does not belong to the project."""
        del body
        email, project = call.parameters["email"], call.parameters["project"]
        if names.service_account(email) != self.full(call.name):
            raise invalid(f"Service account '{email}' is not a valid account of project {project}.")

    def generate(self, call: Call) -> Json:
        """Returns name, email and the unique numeric id."""
        number = new_number()
        return {
            "name": call.name,
            "projectId": call.parameters["project"],
            "email": call.parameters["email"],
            "uniqueId": number,
            "oauth2ClientId": number,
            "etag": new_etag(),
        }

    def _setter(self, *, disabled: bool) -> Callable[[Call], Json]:
        def handler(call: Call) -> Json:
            before = self.stored(call)
            after = StoredResource(
                before.name, before.collection, before.declared, {**before.generated, "disabled": disabled}
            )
            call.cloud.store.put(after)
            return {}

        return handler

    def on_delete(self, call: Call) -> Json:
        """Deletes the account and its keys; its members stay in policies as `deleted:` and grant nothing."""
        account, store = self.stored(call), call.cloud.store
        recovery = {"policy": store.policy(account.name), "until": time.time() + _ACCOUNT_RECOVERABLE_FOR}
        for key in store.find(ServiceAccountKeys.kind, f"{account.name}/keys/"):
            store.remove(key.name)
        super().on_delete(call)
        number, email = account.generated["uniqueId"], account.generated["email"]
        store.put(
            StoredResource(
                _deleted(call, number), _DELETED_ACCOUNTS, account.declared, {**account.generated, **recovery}
            )
        )
        policies.rename_member(store, f"serviceAccount:{email}", principals.deleted_account(email, number))
        return {}

    def on_undelete(self, call: Call) -> Json:
        """Restores an account by its unique id, with its grants; refuses if a new account has its email."""
        store, number = call.cloud.store, call.parameters["email"]
        deleted = store.get(_deleted(call, number))
        if deleted is None or deleted.generated["until"] < time.time():
            raise not_found(call.name)
        generated = {key: value for key, value in deleted.generated.items() if key not in ("policy", "until")}
        full = self.full(generated["name"])
        if store.get(full) is not None:
            raise already_exists(generated["name"])
        store.remove(deleted.name)
        restored = StoredResource(full, self.kind, deleted.declared, generated)
        store.put(restored)
        store.set_policy(full, deleted.generated["policy"])
        email = generated["email"]
        policies.rename_member(store, principals.deleted_account(email, number), f"serviceAccount:{email}")
        return {"restoredAccount": restored.body}


def _deleted(call: Call, number: str) -> str:
    return f"//iam.googleapis.com/projects/{call.parameters['project']}/deletedServiceAccounts/{number}"


class ServiceAccountKeys(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys."""

    service = "iam.googleapis.com"
    kind = "iam.projects.serviceAccounts.keys"
    path = "projects/{project}/serviceAccounts/{email}/keys/{key}"
    permission = "iam.serviceAccountKeys"
    update = ""

    def check(self, call: Call, body: Json) -> None:
        """Checks that the account exists and the project allows keys."""
        del body
        account = f"projects/{call.parameters['project']}/serviceAccounts/{call.parameters['email']}"
        if call.cloud.store.get(self.full(account)) is None:
            raise not_found(account)
        if orgpolicy.enforced(call, _NO_KEYS):
            message = "Key creation is not allowed on this service account."
            violation = {"subject": account, "type": f"constraints/{_NO_KEYS}"}
            raise ApiError("FAILED_PRECONDITION", message, "failedPrecondition", violation)

    def generate(self, call: Call) -> Json:
        """Returns the public part of a new key; the private part is not simulated."""
        return {"name": call.name, "keyAlgorithm": "KEY_ALG_RSA_2048", "validAfterTime": now()}


class Permissions(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v1/permissions/queryTestablePermissions."""

    service = "iam.googleapis.com"
    kind = "iam.permissions"
    path = "permissions"

    def methods(self) -> list[Method]:
        """Returns the query, which requires no permission."""
        return [Method(f"{self.kind}.queryTestablePermissions", self, (), self.on_query)]

    def on_query(self, call: Call) -> Json:
        """Returns the permissions that the simulation knows, whatever the resource, in a single page."""
        return {"permissions": [{"name": name, "stage": "GA"} for name in sorted(call.cloud.vocabulary)]}


class Roles(Collection):
    """https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles.

    A deleted role grants nothing, and is kept for a week.
    """

    service = "iam.googleapis.com"
    kind = "iam.projects.roles"
    path = "projects/{project}/roles/{role}"
    permission = "iam.roles"
    reserved_for = _UNDELETABLE_FOR
    immutable: ClassVar[frozenset[str]] = frozenset({"name"})

    def methods(self) -> list[Method]:
        """Returns the standard methods and undelete."""
        return [*super().methods(), self._method("undelete", self.on_undelete, f"{self.permission}.undelete")]

    def on_get(self, call: Call) -> Json:
        """Returns the role, also a deleted one that can be restored."""
        deleted = self._deleted(call)
        return deleted.body if deleted else super().on_get(call)

    def on_list(self, call: Call) -> Json:
        """Lists the roles; with `showDeleted` in the body also deleted ones."""
        listed = super().on_list(call)["items"]
        if call.body.get("showDeleted"):
            holder = self.full(call.name.rpartition("/roles/")[0])
            listed += [role.body for role in call.cloud.store.find(_DELETED_ROLES, f"{holder}/deletedRoles/")]
        return {"items": listed}

    def on_delete(self, call: Call) -> Json:
        """Deletes the role; its bindings stay, and grant again once it is restored."""
        stored = self.stored(call)
        super().on_delete(call)
        kept = StoredResource(
            self._kept_name(call), _DELETED_ROLES, stored.declared, {**stored.generated, "deleted": True}
        )
        call.cloud.store.put(kept)
        return kept.body

    def on_undelete(self, call: Call) -> Json:
        """Restores a deleted role."""
        deleted = self._deleted(call)
        if deleted is None:
            raise not_found(call.name)
        call.cloud.store.remove(deleted.name)
        generated = {key: value for key, value in deleted.generated.items() if key != "deleted"}
        restored = StoredResource(self.full(call.name), self.kind, deleted.declared, generated)
        call.cloud.store.put(restored)
        return restored.body

    def _deleted(self, call: Call) -> StoredResource | None:
        """Returns the deleted role of a name while it can be restored; None while there is a role."""
        until = call.cloud.store.reserved_until(self.full(call.name)) or 0
        present = call.cloud.store.get(self.full(call.name))
        return None if present or until < time.time() else call.cloud.store.get(self._kept_name(call))

    def _kept_name(self, call: Call) -> str:
        return self.full(call.name.replace("/roles/", "/deletedRoles/"))

    def on_create(self, call: Call) -> Json:
        """Creates a role, unless the project or organisation has as many as it may."""
        holder = self.full(f"{call.name.rpartition('/roles/')[0]}/roles/")
        if len(call.cloud.store.find(self.kind, holder)) >= MOST_ROLES:
            message = f"Maximum number of roles reached. Maximum is: {MOST_ROLES}."
            raise ApiError("RESOURCE_EXHAUSTED", message, "quotaExceeded")
        return super().on_create(call)

    def check(self, call: Call, body: Json) -> None:
        """Refuses permissions that a custom role cannot have."""
        if "project" in call.parameters:
            for permission in body.get("includedPermissions", []):
                if str(permission).startswith(_ABOVE_PROJECTS):
                    raise invalid(f"Permission {permission} is not valid.")

    def generate(self, call: Call) -> Json:
        """Returns name and etag."""
        return {"name": call.name, "etag": new_etag()}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns a new etag."""
        del call
        return {**stored.generated, "etag": new_etag()}


class OrganizationRoles(Roles):
    """https://cloud.google.com/iam/docs/reference/rest/v1/organizations.roles."""

    kind = "iam.organizations.roles"
    path = "organizations/{organization}/roles/{role}"

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the organisation."""
        del method
        return f"{names.PROJECTS}{'/'.join(name.split('/')[:2])}"
