"""Checks that an app's entry and settings fit the platform's offer, before anything is planned, all at once.

The platform refuses the same later, by IAM, RBAC, quota or admission; here the message names the place to correct.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pulumi

from apps_layer import autopilot
from apps_layer.containers import PROXY_RESOURCES
from apps_layer.entry import Common, Job, LongRunning, Resources, WebService
from apps_layer.settings import Settings
from apps_layer.upstream import App, NamespacesContract
from apps_layer.values import amount


class FitError(pulumi.RunError):
    """An app asks for what the platform does not offer it; the message lists every difference."""


@dataclass(frozen=True)
class Demand:
    """An app's demand, its settings and its entry, and the platform's offer.

    Attributes:
        stack: the settings.
        entry: of the app.
        offer: the platform's to this app.
        platform: the contract of the team's namespaces.
        deployed: this contract without the plans before a preview, for an app whose run cannot wait for them.
        apps: all apps that have an entry, of whatever team; an app's namespace has its name.
    """

    stack: Settings
    entry: Common
    offer: App
    platform: NamespacesContract
    deployed: NamespacesContract
    apps: frozenset[str]


def check(demand: Demand) -> None:
    """Compares an app's entry and settings with what the platform offers.

    Raises:
        FitError: they do not fit.
    """
    if problems := list(_problems(demand)):
        app = demand.stack.app
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise FitError(
            f"entries/{app}.yaml and the settings of its stack ask for what the platform does not offer to the app "
            f"{app!r}; nothing was planned or changed:\n{listed}"
        )


def _problems(demand: Demand) -> Iterator[str]:
    yield from _image(demand)
    yield from _data(demand)
    yield from _traffic(demand)
    yield from autopilot.problems(demand.entry.resources, _beside(demand))
    yield from _quota(demand)


def _image(demand: Demand) -> Iterator[str]:
    repository = f"{demand.platform.registry}/{demand.platform.team}/"
    if not demand.stack.image.startswith(repository):
        yield (
            f"apps:image: {demand.stack.image.partition('@')[0]} is not in {repository}, the repository of the app's "
            "team; the cluster would run it for nobody. Push the image there."
        )


def _data(demand: Demand) -> Iterator[str]:
    entry, databases = demand.entry, demand.offer.databases
    remedy = "Add it to the app in identity:apps and deploy the layers below, or correct the entry"
    if entry.database and entry.database not in databases:
        yield (
            f"database: {entry.database!r} is not offered ({_known(entry.database, databases)}). Add it to the "
            "app in identity:apps, deploy identity and its team's namespaces, then have the database team "
            "run `make databases`, all before the entry is merged; or correct the entry."
        )
    elif isinstance(entry, Job) and entry.database and not _logs_in(demand.deployed, demand.stack.app, entry.database):
        yield (
            f"database: the login to {entry.database!r} comes with the plans before this one, and its rights after "
            "them, so the run would fail with `permission denied for database`. Deploy identity and the team's "
            "namespaces, have the database team run `make databases`, and merge the entry then."
        )
    elif entry.database and (version := entry.database_version) and version not in databases[entry.database].versions:
        yield (
            f"databaseVersion: {version!r} is no read-only datastore with {entry.database!r} in this environment "
            f"({_known(version, databases[entry.database].versions)}). Have the database team restore one with "
            "readOnly in platform:datastores and adopt it, or correct the entry."
        )
    secrets = demand.offer.named_secrets(demand.stack.app)
    for name in entry.secrets:
        if name not in secrets:
            yield f"secrets: {name!r} is not offered ({_known(name, secrets)}). {remedy}."


def _logs_in(platform: NamespacesContract, app: str, database: str) -> bool:
    offer = platform.apps.get(app)
    return offer is not None and database in offer.databases


def _traffic(demand: Demand) -> Iterator[str]:
    entry, platform = demand.entry, demand.platform
    namespaces = demand.apps | {app.namespace for app in platform.apps.values()}
    references = {f"allowTo.{index}.namespace": called.namespace for index, called in enumerate(entry.allow_to)}
    if isinstance(entry, WebService):
        references |= {f"allowFrom.{index}": caller for index, caller in enumerate(entry.allow_from)}
    for path, namespace in references.items():
        if namespace not in namespaces:
            yield f"{path}: {namespace!r} is no app's namespace ({_known(namespace, namespaces)}). Correct it."
    for index, name in enumerate(entry.destinations):
        if name not in platform.destinations:
            yield (
                f"destinations.{index}: the network lets nobody call {name!r} ({_known(name, platform.destinations)}). "
                "Have the platform team add it to platform:network.destinations, or correct it."
            )
    if not demand.stack.public:
        return
    if not isinstance(entry, WebService):
        yield "apps:public: the app answers no requests, so there is nothing to reach from outside. Remove it."
    elif not (platform.gateway and demand.offer.host):
        yield (
            "apps:public: the platform gives the app no host name in this environment. Have it made public in "
            "platform:namespaces, or remove it."
        )


def _quota(demand: Demand) -> Iterator[str]:
    """All pods that may exist at once: as many as allowed, and one more while a new version comes."""
    quota = demand.offer.quota
    runs_all_the_time = isinstance(demand.entry, LongRunning)
    pods = demand.stack.max_replicas + 1 if runs_all_the_time else 1
    each_of = f"each of up to {pods} pods in a rollout" if runs_all_the_time else "its pod"
    if pods > quota.pods:
        yield f"apps:maxReplicas: up to {pods} pods in a rollout, and the quota has room for {quota.pods}. {_LESS}"
    beside = _beside(demand)
    for key, room in (("cpu", quota.cpu), ("memory", quota.memory)):
        demanded = [str(getattr(resources, key)) for resources in (demand.entry.resources, *beside)]
        if pods * sum(map(amount, demanded)) > amount(room):
            proxy = f", and {demanded[1]} for the database proxy," if beside else ""
            yield (f"resources.{key}: {demanded[0]}{proxy} for {each_of} is more than the quota, {room}. {_LESS}")


def _beside(demand: Demand) -> list[Resources]:
    """Resources of the containers beside the app's own."""
    return [PROXY_RESOURCES] if demand.entry.database else []


_LESS = "Ask for less, or have platform:namespaces give the app more."


def _known(name: str, known: Iterable[str]) -> str:
    """Names that exist instead: those that are alike, or a few."""
    listed = sorted(known)
    close = difflib.get_close_matches(name, listed, n=3)
    shown = close or listed[:5]
    more = ", …" if len(listed) > len(shown) else ""
    return f"there is {', '.join(shown)}{more}" if listed else "there is none"
