"""The provider: Pulumi's operations on Kubernetes objects, as the kubeconfig's identity."""

import hashlib
import json
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from sandbox.plugins.kubernetes import ignored
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.errors import ApiError, NoSuchKindError, UnreachableError
from sandbox.plugins.kubernetes.inputs import imported, refreshed
from sandbox.plugins.kubernetes.kinds import CLUSTER_SCOPED, Kind, annotation, fixed_paths, kind_of, metadata
from sandbox.plugins.kubernetes.waiting import NotReadyError, Waiter
from sandbox.plugins.progress import Progress
from sandbox.plugins.protocol import (
    UNKNOWN,
    Difference,
    InitFailedError,
    Properties,
    Provider,
    ProviderError,
    Resource,
    contains_unknown,
    differences,
)

VERSION = "4.34.2"  # the SDK's version in the layers' requirements

MANAGER = "__fieldManager"
INITIAL_API_VERSION = "__initialApiVersion"
AUTONAMED = "pulumi.com/autonamed"
FORCE = "pulumi.com/patchForce"
PROPAGATION = "pulumi.com/deletionPropagationPolicy"

# clusterIdentifier keeps the vendor's plugin from replacing everything when the kubeconfig changes; this one never
# does, so that option has nothing left to do.
_OPTIONS = frozenset({
    "clusterIdentifier", "context", "enableConfigMapMutable", "enablePatchForce", "enableSecretMutable",
    "enableServerSideApply", "kubeconfig", "namespace", "upsertExistingObjects",
})  # fmt: skip
_FORBIDDEN, _NOT_FOUND = 403, 404
_UPSERT = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"
_EXISTS = (
    "The resource already exists in the cluster: another Pulumi resource or another tool made it, and nothing of it "
    "was changed. For a renamed resource use an alias, for one that is not Pulumi's yet `pulumi import`; "
    "`upsertExistingObjects` of the provider takes over whatever exists."
)


class KubernetesProvider(Provider):
    """Provider of Kubernetes objects in one cluster."""

    version = VERSION

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._cancelled = threading.Event()
        self._options: Properties = {}
        self._cluster: Cluster | None = None

    def configure(self, config: Properties) -> None:
        """Take the configuration; the cluster is reached when a resource first needs it."""
        given = {key: value for key, value in config.items() if value is not None and key != "version"}
        for name in sorted(given.keys() - _OPTIONS):
            raise ProviderError(
                f"the sandbox's kubernetes plugin does not support the provider option {name!r}, so it would be "
                f"ignored; leave it out (supported: {', '.join(sorted(_OPTIONS))})"
            )
        self._options = {key: _decoded(value) for key, value in given.items()}
        if self._options.get("enableServerSideApply") is False:
            raise ProviderError(
                "the sandbox's kubernetes plugin works by server-side apply only; leave enableServerSideApply out, or "
                "set it to true"
            )
        # The kubeconfig's cluster may be about to be created: then the kubeconfig is unknown in a preview.
        if not contains_unknown(given):
            self._cluster = Cluster(self._options.get("kubeconfig"), self._options.get("context"))

    def cancel(self) -> None:
        """End all waits, because the user interrupted."""
        self._cancelled.set()

    def check(
        self, resource: Resource, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[str]]:
        """Fill in the kind, a name and the default namespace."""
        with _translated(f"checking {resource.name}"):
            kind = kind_of(resource.type, news)
            inputs = {**news, "apiVersion": kind.api_version, "kind": kind.kind}
            declared: Any = news.get("metadata", {})
            if not isinstance(declared, dict):
                return inputs, []
            declared_metadata = dict(cast("Properties", declared))
            if not declared_metadata.get("name") and not declared_metadata.get("generateName"):
                declared_metadata = _autonamed(resource.name, declared_metadata, olds, seed)
            if not declared_metadata.get("namespace") and self._namespaced(kind):
                declared_metadata["namespace"] = self._options.get("namespace") or "default"
            return {**inputs, "metadata": declared_metadata}, []

    def diff(self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties) -> Difference:
        """Compare the previous inputs with the present inputs."""
        kind = kind_of(resource.type, news)
        changes = {
            path: change
            for path, change in differences(old_inputs, news)
            if not path.startswith("__") and path != "apiVersion"  # the API server converts between versions
        }
        before, after = metadata(old_inputs), metadata(news)
        # A generated name is generated anew for a replacement, which can then exist beside the old object.
        collides = annotation(news, AUTONAMED) != "true" and all(
            before.get(key) == after.get(key) for key in ("name", "namespace")
        )
        return Difference(changes, fixed_paths(kind, changes, self._options), delete_first=collides)

    def create(self, resource: Resource, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """Create an object, and wait until it is ready.

        It is a POST, as the vendor's since 4.29, which RBAC cannot allow by name, and an object that exists is an
        error. With `upsertExistingObjects` it is an apply: an object that exists is taken over if no other manager
        owns the same fields with other values. So an update that was killed after the API server's response, and
        before the engine recorded it, can be repeated.
        """
        kind = kind_of(resource.type, inputs)
        manager = _manager(resource)
        if preview:
            return "", self._predicted(kind, inputs, manager)
        with _translated(f"creating {_description(kind, inputs)}"):
            try:
                live = self._sent(self._reached(), kind, inputs, manager, creates=True, dry_run=False)
            except ApiError as error:
                if error.reason == "AlreadyExists":
                    raise ProviderError(f"creating {_description(kind, inputs)}: {error}. {_EXISTS}") from error
                raise
            return self._awaited(
                kind, resource, inputs, {MANAGER: manager, INITIAL_API_VERSION: kind.api_version}, live
            )

    def update(
        self, resource: Resource, old_inputs: Properties, olds: Properties, news: Properties, *, preview: bool
    ) -> Properties:
        """Apply the changed object as the manager that created it, and wait until it is ready."""
        del old_inputs
        kind = kind_of(resource.type, news)
        manager = str(olds.get(MANAGER) or _manager(resource))
        if preview:
            return self._predicted(kind, news, manager, olds, resource.ignored)
        with _translated(f"updating {_description(kind, news)}"):
            bookkeeping = {MANAGER: manager, INITIAL_API_VERSION: olds.get(INITIAL_API_VERSION, kind.api_version)}
            cluster, content = self._reached(), metadata(news)
            cluster.hand_over(kind, str(content.get("namespace", "")), str(content["name"]), manager)
            sent = self._kept(cluster, kind, news, resource.ignored, manager)
            live = self._sent(cluster, kind, sent, manager, creates=False, dry_run=False)
            return self._awaited(kind, resource, news, bookkeeping, live)[1]

    def read(self, resource: Resource, inputs: Properties, state: Properties) -> tuple[str, Properties, Properties]:
        """Read the live object; without earlier inputs (an import) return all inputs that a program can declare.

        Raises `InitFailedError` for one that is not ready, so that the next update awaits it, as the vendor's does.
        """
        kind = kind_of(resource.type, inputs or state)
        namespace, _, name = resource.id.rpartition("/")
        with _translated(f"reading {kind.kind} {resource.id}"):
            if not namespace and self._namespaced(kind):
                namespace = "default"
            try:
                live = self._reached().get(kind, namespace, name)
            except NoSuchKindError:
                live = None
        if live is None:
            return "", {}, {}
        present_inputs = refreshed(inputs, live) if inputs else imported(live)
        bookkeeping = {
            MANAGER: state.get(MANAGER) or _manager(resource),
            INITIAL_API_VERSION: state.get(INITIAL_API_VERSION) or kind.api_version,
        }
        outputs = _outputs(live, bookkeeping)
        # Only a refresh looks at readiness; an import takes an object as it is.
        reasons = self._waiter(resource).unready(kind, live) if inputs else []
        if reasons:
            raise InitFailedError(resource.id, outputs, present_inputs, reasons)
        return resource.id, present_inputs, outputs

    def delete(self, resource: Resource, state: Properties) -> None:
        """Delete the object with all that it owns, and wait until it is gone."""
        kind = kind_of(resource.type, state)
        namespace, _, name = resource.id.rpartition("/")
        with _translated(f"deleting {kind.kind} {resource.id}"):
            cluster = self._reached()
            try:
                live = cluster.get(kind, namespace, name)
                if live is None:
                    return
                cluster.delete(kind, namespace, name, (annotation(state, PROPAGATION) or "Foreground").capitalize())
                self._waiter(resource).until_gone(kind, namespace, name, live)
            except NoSuchKindError:
                return  # its definition was deleted, and all objects with it
            except NotReadyError as error:
                raise ProviderError(f"deleting {kind.kind} {resource.id}: {error}") from error

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """Refuse: the provider has no functions."""
        del arguments
        raise ProviderError(f"the sandbox's kubernetes plugin has no functions, so {token} cannot be called")

    def _forces(self, inputs: Properties) -> bool:
        """Return whether to take over fields that another manager, such as a person with kubectl, changed."""
        return annotation(inputs, FORCE) == "true" or self._options.get("enablePatchForce") is True

    @property
    def _upserts(self) -> bool:
        """Whether a creation takes over what exists: the option, or the vendor's variable where it is not set."""
        return self._options.get("upsertExistingObjects", os.environ.get(_UPSERT) == "true") is True

    def _kept(
        self, cluster: Cluster, kind: Kind, inputs: Properties, paths: tuple[str, ...], manager: str
    ) -> Properties:
        """Return the inputs to send, with the fields that the program leaves to others as the cluster has them."""
        if not paths:
            return inputs
        content = metadata(inputs)
        live = cluster.get(kind, str(content.get("namespace", "")), str(content["name"]))
        return ignored.kept(inputs, live, paths, manager) if live else inputs

    def _sent(
        self, cluster: Cluster, kind: Kind, inputs: Properties, manager: str, *, creates: bool, dry_run: bool
    ) -> Properties:
        if creates and not self._upserts:
            return cluster.create(kind, _body(inputs), dry_run=dry_run)
        return cluster.apply(kind, _body(inputs), manager, force=self._forces(inputs), dry_run=dry_run)

    def _awaited(
        self, kind: Kind, resource: Resource, inputs: Properties, bookkeeping: Properties, live: Properties
    ) -> tuple[str, Properties]:
        """Wait until an object that was sent is ready; return its ID and its outputs."""
        identifier = _id(live)
        try:
            live = self._waiter(resource).until_ready(kind, live)
        except NotReadyError as error:
            raise InitFailedError(identifier, _outputs(error.live, bookkeeping), inputs, error.reasons) from error
        except (ApiError, UnreachableError) as error:
            reason = f"{_description(kind, inputs)} was applied, but cannot be observed: {error}"
            raise InitFailedError(identifier, _outputs(live, bookkeeping), inputs, [reason]) from error
        return identifier, _outputs(live, bookkeeping)

    def _predicted(
        self,
        kind: Kind,
        inputs: Properties,
        manager: str,
        olds: Properties | None = None,
        paths: tuple[str, ...] = (),
    ) -> Properties:
        """Return the API server's dry run of the object, or a prediction without it if it cannot run yet."""
        guess = {**(olds or {}), **inputs}
        if contains_unknown(inputs) or self._cluster is None:
            return guess
        with _translated(f"previewing {_description(kind, inputs)}"):
            try:
                sent = self._kept(self._cluster, kind, inputs, paths, manager)
                live = self._sent(self._cluster, kind, sent, manager, creates=olds is None, dry_run=True)
            except NoSuchKindError:
                return guess  # its definition may be created before the object
            except ApiError as error:
                # A preview's identity may only read, and the namespace may be created before the object.
                if error.status in (_FORBIDDEN, _NOT_FOUND) or (olds is None and self._exists(kind, inputs)):
                    return guess
                raise
        prediction = _outputs(live, {key: value for key, value in (olds or {}).items() if key.startswith("__")})
        if olds is None:  # a dry run generates values that the real call generates anew
            for made_up in ("uid", "creationTimestamp"):
                prediction["metadata"][made_up] = UNKNOWN
            prediction.pop("status", None)
        return prediction

    def _exists(self, kind: Kind, inputs: Properties) -> bool:
        """Return whether a new object's name is taken, as in a replacement that deletes the old object first."""
        content = metadata(inputs)
        return self._reached().get(kind, str(content.get("namespace", "")), str(content["name"])) is not None

    def _namespaced(self, kind: Kind) -> bool:
        if kind.kind in CLUSTER_SCOPED:
            return False
        if "." not in kind.api_version.partition("/")[0] or kind.api_version.partition("/")[0].endswith(".k8s.io"):
            return True  # Kubernetes' own kinds are known without a request
        try:
            return self._cluster is not None and self._cluster.endpoint(kind).namespaced
        except (NoSuchKindError, UnreachableError, ApiError):
            return False

    def _reached(self) -> Cluster:
        if self._cluster is None:
            raise ProviderError("the kubeconfig of the kubernetes provider is not known, so no cluster can be reached")
        return self._cluster

    def _waiter(self, resource: Resource) -> Waiter:
        return Waiter(self._reached(), lambda line: self._progress(resource.urn, line), self._cancelled)


@contextmanager
def _translated(action: str) -> Generator[None]:
    """Convert errors of the cluster to the line that the user reads."""
    try:
        yield
    except (ApiError, NoSuchKindError) as error:
        raise ProviderError(f"{action}: {error}") from error
    except UnreachableError as error:
        raise ProviderError(
            f"{action}: {error}; check that the cluster runs (`make status` in the sandbox) and that this identity may "
            "reach it"
        ) from error


def _decoded(value: Any) -> Any:
    """Return a provider option's value: options other than strings arrive as JSON in a string."""
    if value in ("true", "false"):
        return json.loads(value)
    return value


def _autonamed(logical: str, declared: Properties, olds: Properties, seed: bytes) -> Properties:
    """Name an object after its resource, with a suffix that allows a replacement beside it; keep the name later."""
    before = metadata(olds)
    previous_name = before.get("name") if annotation(olds, AUTONAMED) == "true" else None
    name = previous_name or f"{logical.lower()}-{hashlib.sha256(seed or logical.encode()).hexdigest()[:8]}"
    annotations: Any = declared.get("annotations") or {}
    if isinstance(annotations, dict):
        annotations = {**cast("Properties", annotations), AUTONAMED: "true"}
    return {**declared, "name": name, "annotations": annotations}


def _manager(resource: Resource) -> str:
    """Return the manager of the resource's fields: the same at every attempt to create it."""
    return f"pulumi-kubernetes-{hashlib.sha256(resource.urn.encode()).hexdigest()[:8]}"


def _body(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if not key.startswith("__") and key != "status"}


def _outputs(live: Properties, bookkeeping: Properties) -> Properties:
    """Return an object as the state keeps it: without the API server's record of field managers."""
    content = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    return {**live, "metadata": content, **bookkeeping}


def _id(live: Properties) -> str:
    content = metadata(live)
    return f"{content['namespace']}/{content['name']}" if content.get("namespace") else str(content["name"])


def _description(kind: Kind, inputs: Properties) -> str:
    content = metadata(inputs)
    where = f"{content['namespace']}/" if content.get("namespace") else ""
    return f"{kind.kind} {where}{content.get('name', '')}"
