"""Merges the resources of all layers' states into one list for `pulumi policy analyze`, without secrets."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from audit.evidence import Evidence
from engine import states as engine
from engine.document import FormatError
from iam.fetched import LivePolicy

Item = TypeVar("Item")
_POLICIES = "gcloud asset search-all-iam-policies --format=json"
_RBAC = "kubectl get clusterroles,clusterrolebindings,roles,rolebindings --all-namespaces --output=json | jq .items"


class StateError(Exception):
    """Unreadable state, or unreadable list of the cloud's policies."""


def merged(
    states: Iterable[Path],
    environment: str,
    live: Path | None,
    *,
    missing_roles: Iterable[str] = (),
    rbac: Path | None = None,
    abandoned: Iterable[str] = (),
) -> list[dict[str, Any]]:
    """Return all resources of the states, and the evidence, without secrets.

    Args:
        states: exports of stacks, or files of a self-managed backend.
        environment: the environment of the states.
        live: the cloud's policies, in the form of `gcloud asset search-all-iam-policies --format=json`.
        missing_roles: custom roles that these policies name, and that are not there.
        rbac: Roles and bindings of the cluster, in the form of the items of `kubectl get --output=json`.
        abandoned: states with resources that no stack file is of, in words.

    Raises:
        StateError: a file is not a state, or not a list of policies or of Roles and bindings.
    """
    resources: list[dict[str, Any]] = []
    for file in states:
        resources += resources_of(file)
    evidence = Evidence(
        environment=environment,
        protected=frozenset(
            str(resource["urn"]) for resource in resources if resource.get("protect") and not resource.get("delete")
        ),
        live=_listed(live, TypeAdapter(tuple[LivePolicy, ...]), "policies", _POLICIES) if live else None,
        rbac=_listed(rbac, TypeAdapter(tuple[dict[str, Any], ...]), "Roles and bindings", _RBAC) if rbac else None,
        missing_roles=tuple(missing_roles),
        abandoned=tuple(abandoned),
    )
    return [*resources, evidence.as_resource()]


def resources_of(file: Path) -> list[dict[str, Any]]:
    """Return the resources of a state, without secrets.

    Raises:
        StateError: the file cannot be read as a state.
    """
    try:
        return engine.displayable(file.read_bytes(), file.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except FormatError as error:
        reason = error.why
    raise StateError(f"{file.name} cannot be read as a state ({reason}), so nothing was judged. Export it again.")


def _listed(file: Path, adapter: TypeAdapter[tuple[Item, ...]], what: str, command: str) -> tuple[Item, ...]:
    try:
        return adapter.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateError(
            f"{file.name} cannot be read as a list of {what} ({type(error).__name__}), so nothing was judged. Write it "
            f"with `{command}`."
        ) from None
