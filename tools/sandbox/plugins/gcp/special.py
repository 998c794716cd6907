"""Types that the gcp provider handles specially."""

import base64
from collections.abc import Collection, Mapping
from typing import Any

from sandbox.cloud.errors import ApiError
from sandbox.plugins.gcp.types import ResourceType, Session
from sandbox.plugins.protocol import Properties, secret

# Fields of a clone's context, whose names are the same in the provider and in the API.
_CLONE_CONTEXT = ("allocatedIpRange", "pointInTime", "preferredZone", "sourceInstanceDeletionTime")


class _ServiceType(ResourceType):
    """An API's enablement: it exists in every project and is enabled, never created."""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Enables the API, unless it is enabled already."""
        if not self._is_enabled(session, inputs):
            session.call("serviceusage.services.enable", self.rest_name(inputs))
        return self.pulumi_id(inputs), dict(inputs)

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the API if it is enabled."""
        del resource_id
        return (inputs, dict(inputs)) if self._is_enabled(session, inputs) else None

    def _is_enabled(self, session: Session, inputs: Properties) -> bool:
        """Returns whether the API is in the list of enabled APIs, which the provider requests."""
        name = self.rest_name(inputs)
        services = session.call("serviceusage.services.list", name)["items"]
        return any(item["name"] == name and item["state"] == "ENABLED" for item in services)

    def body_of(self, session: Session, resource_id: str, inputs: Properties) -> Properties | None:
        """Returns None: an API has no body beyond its enablement."""
        del session, resource_id, inputs

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Calls nothing: the inputs that may change concern the provider alone."""
        del session, state, old_inputs
        return dict(inputs)

    def delete(self, session: Session, state: Properties) -> None:
        """Disables the API, unless `disableOnDestroy` is off."""
        if state.get("disableOnDestroy", False):
            session.call("serviceusage.services.disable", self.rest_name(state))


class _AccountType(ResourceType):
    """A service account; the program declares the part of the email before the @."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns the variables with the email, which follows from account id and project."""
        return {**inputs, "email": _email(inputs)}

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns account id and project from `projects/p/serviceAccounts/email`."""
        parts = super().inputs_from_id(resource_id)
        return {"accountId": parts["email"].partition("@")[0], "project": parts["project"]}

    def predicted(self, inputs: Properties) -> Properties:
        """Returns the predicted outputs, with the email and the policy member."""
        email = _email(inputs)
        return {**inputs, "email": email, "member": f"serviceAccount:{email}"}

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the account as a policy member."""
        return {**super().to_outputs(inputs, body), "member": f"serviceAccount:{body['email']}"}


class _ConnectionType(ResourceType):
    """A private services access; its name contains the network's name, which the program declares as a link."""

    def variables(self, inputs: Properties) -> Mapping[str, Any]:
        """Returns project and short name of the network."""
        parts = str(inputs["network"]).split("/")
        project = parts[parts.index("projects") + 1] if "projects" in parts else inputs.get("project", "")
        return {**inputs, "project": project, "network_name": parts[-1]}

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns network and service from `<network>:<service>`."""
        network, _, service = resource_id.rpartition(":")
        return {"network": network, "service": service}


class InstanceType(ResourceType):
    """A Cloud SQL instance; it may be created as a clone, and its outputs have the addresses by kind as well."""

    def to_body(self, inputs: Properties) -> Properties:
        """Returns the body; the API takes a list of periods without maintenance, the provider a single one."""
        body = super().to_body(inputs)
        settings: Properties = body.get("settings") or {}
        if "denyMaintenancePeriod" in settings:
            settings["denyMaintenancePeriods"] = [settings.pop("denyMaintenancePeriod")]
        return body

    def from_body(self, body: Properties) -> Properties:
        """Returns the inputs, with the first period without maintenance."""
        properties = super().from_body(body)
        settings: Properties = properties.get("settings") or {}
        if settings.get("denyMaintenancePeriods"):
            settings["denyMaintenancePeriod"] = settings.pop("denyMaintenancePeriods")[0]
        return properties

    def adopt(
        self, session: Session, resource_id: str, inputs: Properties, names: Collection[str]
    ) -> tuple[Properties, Properties] | None:
        """Reads an instance for an import, without the version of its settings, which is no declared input."""
        adopted = super().adopt(session, resource_id, inputs, names)
        if adopted is not None:
            settings: Properties = adopted[0].get("settings") or {}
            settings.pop("settingsVersion", None)
        return adopted

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Creates an instance; a clone is made with its source's settings, then gets the declared settings."""
        clone: Properties | None = inputs.get("clone")
        if clone is None:
            return super().create(session, inputs)
        source = {**inputs, "project": clone.get("sourceProject", inputs["project"])}
        context = {key: clone[key] for key in _CLONE_CONTEXT if key in clone}
        name = self.rest_name({**source, "name": clone["sourceInstanceName"]})
        session.call(
            f"{self.kind}.clone", name, {"cloneContext": {**context, "destinationInstanceName": inputs["name"]}}
        )
        session.call(f"{self.kind}.update", self.rest_name(inputs), {"settings": self.to_body(inputs)["settings"]})
        return self.pulumi_id(inputs), self.to_outputs(inputs, self.get(session, inputs))

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Updates an instance; a new database version is a separate call before, as the API requires."""
        version = inputs["databaseVersion"]
        if version != old_inputs.get("databaseVersion"):
            session.call(f"{self.kind}.patch", self.rest_name(inputs), {"databaseVersion": version})
            old_inputs = {**old_inputs, "databaseVersion": version}
        return super().update(session, state, old_inputs, inputs)

    def to_outputs(self, inputs: Properties, body: Properties) -> Properties:
        """Returns the outputs, with the first address of each kind."""
        outputs = super().to_outputs(inputs, body)
        for address in body["ipAddresses"]:
            key = {"PRIVATE": "privateIpAddress", "PRIMARY": "publicIpAddress"}[address["type"]]
            outputs.setdefault(key, address["ipAddress"])
            outputs.setdefault("firstIpAddress", address["ipAddress"])
        return outputs


class _UserType(ResourceType):
    """A database user; the provider reads it from the instance's list, and imports it by another form of id."""

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns project, instance and name from `<project>/<instance>/<name>`, or from a created user's id."""
        parts = resource_id.split("/")
        if len(parts) == 3 and all(parts):
            return dict(zip(("project", "instance", "name"), parts, strict=True))
        return super().inputs_from_id(resource_id)

    def canonical_id(self, resource_id: str, inputs: Properties) -> str:
        """Returns the id of a created user."""
        del resource_id
        return self.pulumi_id(inputs)

    def get(self, session: Session, inputs: Properties) -> Properties:
        """Returns the user's entry in the list.

        Raises:
            ApiError: NOT_FOUND if the list does not have it.
        """
        name = self.rest_name(inputs)
        for user in session.call("sql.users.list", name)["items"]:
            if user["name"] == inputs["name"]:
                return {field: value for field, value in user.items() if field != "databaseRoles"}  # never returned
        raise ApiError("NOT_FOUND", f"Resource '{name}' was not found.", "notFound")


class _SecretVersionType(ResourceType):
    """A version of a secret; Google assigns its number."""

    def create(self, session: Session, inputs: Properties) -> tuple[str, Properties]:
        """Adds the version and reads it back, payload included, as the provider does."""
        data = str(inputs.get("secretData", inputs.get("secretDataWo")))
        encoded = data if inputs.get("isSecretDataBase64") else base64.b64encode(data.encode()).decode()
        version = session.call(
            "secretmanager.projects.secrets.addVersion", inputs["secret"], {"payload": {"data": encoded}}
        )
        # The provider always sets the state afterwards, so it requires the permission to enable even a new version.
        verb = "enable" if inputs.get("enabled", True) else "disable"
        session.call(f"{self.kind}.{verb}", version["name"])
        return version["name"], self._read(session, version["name"], inputs)

    def inputs_from_id(self, resource_id: str) -> Properties:
        """Returns the secret in the version's name."""
        return {"secret": resource_id.rpartition("/versions/")[0]}

    def read(self, session: Session, resource_id: str, inputs: Properties) -> tuple[Properties, Properties] | None:
        """Returns the version with its payload; None if it is destroyed or gone."""
        try:
            outputs = self._read(session, resource_id, inputs)
        except ApiError as error:
            if error.status in ("NOT_FOUND", "FAILED_PRECONDITION"):
                return None
            raise
        read_back = {"secretData": outputs["secretData"]} if "secretData" in outputs else {}
        return {**inputs, **read_back}, outputs

    def update(self, session: Session, state: Properties, old_inputs: Properties, inputs: Properties) -> Properties:
        """Enables or disables the version; other inputs concern the provider alone."""
        if old_inputs.get("enabled", True) != inputs.get("enabled", True):
            session.call(f"{self.kind}.{'enable' if inputs.get('enabled', True) else 'disable'}", state["name"])
        return {**state, **inputs}

    def delete(self, session: Session, state: Properties) -> None:
        """Destroys, disables or keeps the version, by its deletion policy."""
        self.refuse_if_protected(state)
        policy = state.get("deletionPolicy")
        if policy != "ABANDON":
            session.call(f"{self.kind}.{'disable' if policy == 'DISABLE' else 'destroy'}", state["name"])

    def body_of(self, session: Session, resource_id: str, inputs: Properties) -> Properties | None:
        """Returns None: reading the version gives all inputs."""
        del session, resource_id, inputs

    def _read(self, session: Session, name: str, inputs: Properties) -> Properties:
        version = session.call(f"{self.kind}.get", name)
        outputs = {
            **inputs,
            "name": name,
            "version": name.rpartition("/")[2],
            "createTime": version["createTime"],
            "enabled": version["state"] == "ENABLED",
        }
        if "secretDataWo" in inputs:  # the provider writes it and never reads it
            return outputs
        if not inputs.get("enabled", True):  # the payload of a disabled version cannot be read
            return {**outputs, "secretData": secret(inputs.get("secretData", ""))}
        payload = session.call(f"{self.kind}.access", name)["payload"]["data"]
        data = payload if inputs.get("isSecretDataBase64") else base64.b64decode(payload).decode()
        return {**outputs, "secretData": secret(data)}


def _email(inputs: Properties) -> str:
    return f"{inputs['accountId']}@{inputs['project']}.iam.gserviceaccount.com"


SERVICE = _ServiceType(
    type="gcp:projects/service:Service",
    kind="serviceusage.services",
    name="projects/{project}/services/{service}",
    id="{project}/{service}",
    required=("service",),
    replace_on=frozenset({"project", "service"}),
    autoname="",
)
ACCOUNT = _AccountType(
    type="gcp:serviceaccount/account:Account",
    kind="iam.projects.serviceAccounts",
    name="projects/{project}/serviceAccounts/{email}",
    replace_on=frozenset({"accountId", "project"}),
    provider_only=frozenset({"accountId", "createIgnoreAlreadyExists"}),
    computed={"name": "name", "email": "email", "uniqueId": "uniqueId"},
    autoname="accountId",
)
CONNECTION = _ConnectionType(
    type="gcp:servicenetworking/connection:Connection",
    kind="servicenetworking.services.connections",
    name="projects/{project}/networks/{network_name}/connections/{service}",
    id="{network}:{service}",
    inherits=(),
    required=("network", "reservedPeeringRanges", "service"),
    replace_on=frozenset({"network", "service"}),
    # Google has the service in the path of its method, and its response calls it services/….
    provider_only=frozenset({"deletionPolicy", "service", "updateOnCreationFail"}),
    computed={"peering": "peering"},
    autoname="",
)
USER = _UserType(
    type="gcp:sql/user:User",
    kind="sql.users",
    name="projects/{project}/instances/{instance}/users/{name}",
    id="{name}//{instance}",
    required=("instance",),
    replace_on=frozenset({"host", "instance", "name", "project", "type"}),
    provider_only=frozenset({"deletionPolicy"}),
)
SECRET_VERSION = _SecretVersionType(
    type="gcp:secretmanager/secretVersion:SecretVersion",
    kind="secretmanager.projects.secrets.versions",
    name="{name}",
    inherits=(),
    required=("secret",),
    replace_on=frozenset({"isSecretDataBase64", "project", "secret", "secretData", "secretDataWoVersion"}),
    autoname="",
)
