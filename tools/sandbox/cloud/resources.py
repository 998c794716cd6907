"""Collections of resources, with the standard methods of Google's REST APIs.

A `Collection` declares a REST collection: the pattern of its names, the permissions that its methods require, and the
fields that never change. Services subclass it where Google does more than store a body.
"""

import hashlib
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from sandbox.cloud import amounts, labels, lengths, names, places, policies
from sandbox.cloud.errors import ApiError, already_exists, invalid, not_found
from sandbox.cloud.store import Json, StoredResource, merge

if TYPE_CHECKING:
    from sandbox.cloud.api import Cloud
    from sandbox.cloud.iam import Caller


# Returns the top-level fields that an update sets, from the declared fields of the resource; null removes a field.
Change = Callable[[Json], Json]

GUARDS = ("etag", "fingerprint", "labelFingerprint")  # fields that name the version that an update changes


@dataclass(frozen=True)
class Call:
    """An API call that is being carried out.

    Attributes:
        cloud: the cloud; a method may carry out other methods through it.
        caller: the principal that calls.
        name: the relative resource name, such as "projects/p/secrets/s".
        body: the request body; {} without a body.
        parameters: the path parameters of `name`, such as {"project": "p", "secret": "s"}.
    """

    cloud: "Cloud"
    caller: "Caller"
    name: str
    body: Json
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Method:
    """One API method.

    Attributes:
        id: Google's method id, such as "secretmanager.projects.secrets.create".
        collection: the collection whose names it takes.
        permissions: the permissions that the caller needs, all of them.
        handler: carries it out, after the permissions were checked; returns the response body.
        on_parent: the permissions are checked on the parent (creation, list), not on the resource itself.
        afterwards: carries out what would hold up other calls, after the handler's changes are stored; returns the
            response body in place of the handler's.
    """

    id: str
    collection: "Collection"
    permissions: tuple[str, ...]
    handler: Callable[[Call], Json]
    on_parent: bool = False
    afterwards: Callable[[Call], Json] | None = None


class Collection:
    """A REST collection with the standard methods; a subclass sets the attributes and overrides what differs.

    Attributes:
        service: the API's host, such as "secretmanager.googleapis.com".
        kind: prefix of its method ids, such as "secretmanager.projects.secrets".
        path: the pattern of its relative names, such as "projects/{project}/secrets/{secret}".
        permission: prefix of its permissions, such as "secretmanager.secrets".
        create: the creating method's verb in ids ("create" or "insert").
        update: the changing method's verb in ids ("patch", "update" or "").
        permissions: method verb -> permissions, where they are not `<permission>.<verb>`.
        immutable: top-level fields that no update changes.
        also: permissions that its methods require on other resources, such as the permission to use a network.
        options: fields of a body that a call uses and the resource does not keep: parameters, passwords.
        labelled: fields with labels of the user's own.
        has_policy: true if its resources have allow policies of their own.
        reserved_for: seconds for which a deleted resource's name stays taken.
    """

    service: ClassVar[str]
    kind: ClassVar[str]
    path: ClassVar[str]
    permission: ClassVar[str]
    create: ClassVar[str] = "create"
    update: ClassVar[str] = "patch"
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    immutable: ClassVar[frozenset[str]] = frozenset()
    also: ClassVar[frozenset[str]] = frozenset()
    options: ClassVar[frozenset[str]] = frozenset()
    labelled: ClassVar[tuple[str, ...]] = labels.FIELDS
    has_policy: ClassVar[bool] = False
    reserved_for: ClassVar[float] = 0.0

    def __init__(self) -> None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        self._pattern = re.compile(f"^{pattern}$")

    def methods(self) -> list[Method]:
        """Returns the collection's methods."""
        offered = [
            self._method(self.create, self.on_create, f"{self.permission}.create", on_parent=True),
            self._method("get", self.on_get, f"{self.permission}.get"),
            self._method("list", self.on_list, f"{self.permission}.list", on_parent=True),
            self._method("delete", self.on_delete, f"{self.permission}.delete"),
        ]
        if self.update:
            offered.append(self._method(self.update, self.on_update, f"{self.permission}.update"))
        if self.has_policy:
            offered += [
                self._method("getIamPolicy", self.on_get_policy, f"{self.permission}.getIamPolicy"),
                self._method("setIamPolicy", self.on_set_policy, f"{self.permission}.setIamPolicy"),
            ]
        return offered

    def _method(
        self, verb: str, handler: Callable[[Call], Json], permission: str, *, on_parent: bool = False
    ) -> Method:
        return Method(
            f"{self.kind}.{verb}", self, self.permissions.get(verb, (permission,)), handler, on_parent=on_parent
        )

    # Names

    def full(self, name: str) -> str:
        """Returns the full name of a relative name."""
        return f"//{self.service}/{name}"

    def parameters(self, name: str) -> dict[str, str]:
        """Returns the path parameters in a relative name.

        Raises:
            ApiError: INVALID_ARGUMENT when the name does not follow the collection's pattern.
        """
        match = self._pattern.match(name)
        if match is None:
            raise invalid(f"Invalid resource name: '{name}' does not match '{self.path}'.")
        return match.groupdict()

    def takes(self, name: str) -> bool:
        """Returns whether a relative name is one of the collection's."""
        return self._pattern.match(name) is not None

    def policy_target(self, method: Method, name: str) -> str:
        """Returns the full name of the resource on which a method's permissions are checked."""
        if not method.on_parent:
            return self.full(name)
        parent, _, _ = name.rpartition("/")
        parent, _, _ = parent.rpartition("/")
        return self.full(parent) if parent.count("/") > 1 else names.project(names.project_of(name))

    # What a subclass adds

    def generate(self, call: Call) -> Json:
        """Returns the fields that the API generates for a new resource."""
        del call
        return {}

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns the fields that the API generates for a change; `stored` is the resource before the change."""
        del call
        return stored.generated

    def check(self, call: Call, body: Json) -> None:
        """Raises ApiError when a body that is about to be stored is refused."""

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Raises ApiError when a resource refuses to be deleted."""

    # The standard methods

    def stored(self, call: Call) -> StoredResource:
        """Returns the resource that a call names.

        Raises:
            ApiError: NOT_FOUND.
        """
        resource = call.cloud.store.get(self.full(call.name))
        if resource is None:
            raise not_found(call.name)
        return resource

    def on_create(self, call: Call) -> Json:
        """Creates a resource; 409 when it exists or its name is still reserved. A name that ends in `-` is numbered."""
        if call.name.endswith("/-"):
            name = call.name[:-1] + self.number()
            call = replace(call, name=name, parameters=self.parameters(name))
        full = self.full(call.name)
        if call.cloud.store.get(full) is not None:
            raise already_exists(call.name)
        reserved_until = call.cloud.store.reserved_until(full)
        if reserved_until and reserved_until > time.time():
            raise self.name_reserved(call, reserved_until)
        labels.require_valid(call.body, self.labelled)
        lengths.require_valid(self.kind, {**call.body, "name": call.name})
        amounts.require_valid(self.kind, call.body)
        places.require_existing(call.parameters, call.body)
        self.check(call, call.body)
        created = StoredResource(full, self.kind, self._kept(call.body), self.generate(call))
        call.cloud.store.put(created)
        return created.body

    def number(self) -> str:
        """Returns a new id, for an API that numbers its resources itself."""
        return new_number()[:18]  # fits 64 bits

    def name_reserved(self, call: Call, until: float) -> ApiError:
        """Returns the error for a name that is still reserved for a deleted resource."""
        when = time.strftime("%Y-%m-%d", time.gmtime(until))
        return ApiError(
            "ALREADY_EXISTS",
            f"The name of the deleted resource '{call.name}' is reserved until {when}.",
            "nameReserved",
        )

    def on_get(self, call: Call) -> Json:
        """Returns the resource's body."""
        return self.stored(call).body

    def on_list(self, call: Call) -> Json:
        """Returns the collection's bodies below the parent, as {"items": [...]}; the name's last part is ignored.

        A parent of `-` stands for all, as in "projects/p/locations/-".
        """
        parent = self.full(call.name.rpartition("/")[0]) + "/"
        pattern = re.compile(re.escape(parent).replace("/\\-/", "/[^/]+/"))
        stored = call.cloud.store.find(self.kind, parent.partition("/-/")[0])
        return {"items": [resource.body for resource in stored if pattern.match(resource.name)]}

    def on_update(self, call: Call) -> Json:
        """Replaces the top-level fields of the body (null removes a field); other fields stay."""
        before = self.stored(call)
        call = replace(call, body=self._guarded(call.body, before))
        for field in self.immutable & call.body.keys():
            if call.body[field] != before.body.get(field):
                raise invalid(f"Invalid value for field '{field}': it cannot be changed after creation.")
        declared = {**before.declared, **call.body}
        declared = {field: value for field, value in declared.items() if value is not None}
        labels.require_valid(declared, self.labelled)
        lengths.require_valid(self.kind, declared)
        amounts.require_valid(self.kind, declared)
        self.check(call, merge(before.generated, declared))
        after = StoredResource(before.name, before.collection, self._kept(declared), self.regenerate(call, before))
        call.cloud.store.put(after)
        return after.body

    def _kept(self, body: Json) -> Json:
        return {field: value for field, value in body.items() if field not in self.options}

    def _guarded(self, body: Json, before: StoredResource) -> Json:
        """Returns a body without etag and fingerprints; 409 or 412 when one is not the resource's present one."""
        for field in GUARDS:
            if body.get(field) and body[field] != before.body.get(field):
                raise self.outdated()
        return {field: value for field, value in body.items() if field not in GUARDS}

    def outdated(self) -> ApiError:
        """Returns the error of a change of a version that is no longer the present one."""
        message = "There were concurrent changes. Please retry the whole read-modify-write."
        return ApiError("ABORTED", message, "aborted")

    def on_delete(self, call: Call) -> Json:
        """Deletes the resource."""
        stored = self.stored(call)
        self.before_delete(call, stored)
        until = time.time() + self.reserved_for if self.reserved_for else None
        call.cloud.store.remove(stored.name, reserved_until=until)
        return {}

    def on_get_policy(self, call: Call) -> Json:
        """Returns the resource's allow policy."""
        self.stored(call)
        return call.cloud.store.policy(self.full(call.name))

    def on_set_policy(self, call: Call) -> Json:
        """Replaces the resource's allow policy; 409 when its etag is not the current one."""
        self.stored(call)
        return set_policy(call, self.full(call.name))


def set_policy(call: Call, resource: str) -> Json:
    """Carries out a setIamPolicy on a full resource name, with Google's read-modify-write protection."""
    policy: Json = call.body["policy"]
    current = call.cloud.store.policy(resource)
    if policy.get("etag", current["etag"]) != current["etag"]:
        message = (
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff."
        )
        raise ApiError("ABORTED", message, "aborted")
    call.cloud.iam.check_policy(policy)
    policies.check_overwrite(current, policy)
    bindings = [binding for binding in policy.get("bindings", []) if binding["members"]]
    updated: Json = {"bindings": bindings, "etag": new_etag()}
    updated["version"] = 3 if policies.has_conditions(updated) else 1
    # Without a mask, Google changes bindings and etag alone.
    audited = policy if "auditConfigs" in call.body.get("updateMask", "") else current
    if audited.get("auditConfigs"):
        updated["auditConfigs"] = audited["auditConfigs"]
    call.cloud.store.set_policy(resource, updated)
    return updated


def new_etag() -> str:
    """Returns a new entity tag."""
    return uuid.uuid4().hex[:16]


def new_number() -> str:
    """Returns a new unique decimal id of 21 digits, as for accounts and projects' resources."""
    return str(10**20 + uuid.uuid4().int % (9 * 10**20))


def stable_number(text: str, digits: int = 18) -> str:
    """Returns a decimal id derived from a text, for ids that must stay the same at every read.

    One of 18 digits fits the signed 64 bits in which the vendor's provider keeps ids.
    """
    return str(int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10**digits).zfill(digits)


def now() -> str:
    """Returns the present time in RFC 3339, the format of times in bodies."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
