"""States that no stack file is of: what they hold runs on, and nobody can deploy or remove it.

A stack is declared by its stack file, and an app by its team's file in the identity layer as well, whose folder has the
app's state. States are found by the names of their files in the backends, and read only where they are not declared: an
empty state holds nothing that could be lost.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

from cli import deployed, layout, rollout, team_files
from cli.github.login import signed_in
from cli.google.errors import GoogleError
from cli.history import backends
from cli.history.bucket import Bucket
from cli.history.file_store import FileStore, Folder
from cli.layout import LAYERS, SANDBOX, Stack
from cli.projects import PROJECTS, Kind, Owner, split
from engine import states
from engine.document import FormatError
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

_ELSEWHERE = "PULUMI_BACKEND_URL"
_STATES = ".pulumi/stacks/"
_ENDING = ".json"
# Types of the engine's own resources: the stack and its providers.
_OWN = "pulumi:"
_WAY = "apps/README.md, identity/README.md and platform/README.md say how to remove an app, a team and a datastore"


@dataclass(frozen=True)
class Place:
    """States of a project in a backend.

    Attributes:
        store: the backend's files.
        project: whose states.
        folder: of a team, in a backend that is divided by teams.
        account: reads the content of a team's states, where it is not the account that lists them.
    """

    store: FileStore
    project: str
    folder: str = ""
    account: str = ""

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        if self.account and isinstance(self.store, Bucket):
            return replace(self.store, client=backends.client(self.account)).read(name)
        return self.store.read(name)


@dataclass(frozen=True)
class Abandoned:
    """A state with resources, and why no stack is of it.

    Attributes:
        title: of the stack, with its name.
        why: what is not declared.
        count: number of its resources; None for a state that cannot be read.
        stack: of which the state would be; None for a name that no stack can have.
    """

    title: str
    why: str
    count: int | None
    stack: Stack | None

    @property
    def line(self) -> str:
        """The state for a message."""
        held = "its state cannot be read" if self.count is None else f"its state holds {self.count} resources"
        return f"{self.title}: {held}, and {self.why}"


def require_none(environment: str, places: Iterable[Place]) -> None:
    """Check that every state with resources is of a declared stack.

    Raises `ToolError` with the states that are not, and the way to go on.
    """
    if found := list(search(environment, places)):
        raise ToolError(message(environment, found))


def message(environment: str, found: Sequence[Abandoned]) -> str:
    """Message about states that no stack is of."""
    listed = "\n".join(f"  - {state.line}" for state in found)
    return (
        f"what runs in {environment} is no longer declared:\n{listed}\nIt would run on, and nobody could deploy or "
        "remove it. Nothing was started. Restore the files (`git revert`, or `git checkout <commit> -- <file>`); then "
        f"destroy the stack, remove its empty state with `pulumi stack rm`, and remove the files last: {_WAY}."
    )


def search(environment: str, places: Iterable[Place]) -> Iterator[Abandoned]:
    """Find states with resources that are of no declared stack.

    Raises `ToolError` when a backend cannot be read.
    """
    environments = {environment, SANDBOX, *(listed.name for listed in rollout.listed(CHECKOUT))}
    for place in places:
        start = f"{place.folder}/" if place.folder else ""
        prefix = f"{start}{_STATES}{place.project}/"
        for file in sorted(place.store.names(prefix)):
            name = file.removeprefix(prefix)
            if "/" in name or not name.endswith(_ENDING):
                continue
            name = name.removesuffix(_ENDING)
            of = split(place.project, name, environments)
            if of and of[0] != environment:
                continue
            stack = Stack(place.project, *of) if of else None
            why = undeclared(stack, place.folder) if stack else f"{place.project}/Pulumi.{name}.yaml does not exist"
            if why and (count := _held(place, file)) != 0:
                yield Abandoned(f"{stack.title if stack else place.project} ({name})", why, count, stack)


def undeclared(stack: Stack, folder: str = "") -> str:
    """Return the reason why a stack is not declared; an empty text when it is.

    Args:
        stack: of a state.
        folder: of the team among whose states it is; empty where states have no such folder.

    Raises `ToolError` when the teams' files cannot be read.
    """
    if not stack.file.is_file():
        return f"{stack.project}/{stack.file.name} does not exist"
    if not stack.is_app:
        return ""
    team = team_files.apps(Stack("identity", stack.environment).file).get(stack.part or "")
    if team is None:
        return "no team's file in identity/ declares the app, whose account, login and namespace would go before it"
    if folder not in ("", team):
        return (
            f"it is among the states of the team {folder}, while the team {team} declares the app: export it there, "
            "and import it here (.github/guides/leave.md)"
        )
    return ""


def _held(place: Place, file: str) -> int | None:
    """Number of resources in a state; None when it cannot be read."""
    try:
        state = states.parse(place.read(file), file)
    except (ToolError, FormatError):
        return None
    return sum(not resource.type.startswith(_OWN) for resource in state.resources)


def of_folders(folder: Callable[[str], Path]) -> Iterator[Place]:
    """Places in folders, by the names of their buckets."""
    for project, rule in PROJECTS.items():
        for name in rule.stores:
            yield Place(Folder(folder(name)), project)


def of_stacks(stacks: Sequence[Stack], reader: Kind) -> Iterator[Place]:
    """Places on Google Cloud in which the states of stacks are, each read as the stack's account."""
    seen: set[tuple[str, str]] = set()
    for stack in stacks:
        address, account = deployed.backend(stack), stack.account(reader)
        if (address, stack.project) in seen or not account:
            continue
        seen.add((address, stack.project))
        folder = "" if address == os.environ.get(_ELSEWHERE) else stack.of_team()
        if store := deployed.store(address.removesuffix(f"/{folder}"), account):
            yield Place(store, stack.project, folder)


def of_owner(stack: Stack, owner: Owner, project: str) -> Place:
    """Place of the state of a stack that an owner has, read as the owner's preview account.

    Raises `ToolError` when the backend has no files.
    """
    address = os.environ.get(_ELSEWHERE) or replace(owner, folder="").backend(project)
    store = deployed.store(address, owner.account("preview", project))
    if store is None:
        raise ToolError(
            f"{address} has no files, so nobody knows what {stack.title} holds. Look there before removing it."
        )
    return Place(store, stack.project, "" if os.environ.get(_ELSEWHERE) else owner.folder)


def of_environment(environment: str, unread: list[str]) -> Iterator[Place]:
    """All places of an environment on Google Cloud, teams without files included.

    Each is read as the preview account of its owner. A team's account can list the names of all teams' states, and read
    its own.

    Args:
        environment: dev, prod, …
        unread: gets a line for each backend that no account of its owners can list, such as before their first
            deployment, which makes the accounts.
    """
    identity = Stack("identity", environment)
    project = identity.gcp_project()
    if elsewhere := os.environ.get(_ELSEWHERE):
        if store := deployed.store(elsewhere, identity.account("preview")):
            yield from (Place(store, layer) for layer in LAYERS)
        return
    teams = dict.fromkeys(layout.teams(environment))
    for layer, rule in PROJECTS.items():
        if rule.of_apps:
            owners = [owner for team in teams for owner in rule.folders(team)]
        else:
            owners = layout.owners(environment, layer)
        by_store: defaultdict[str, list[Owner]] = defaultdict(list)
        for owner in owners:
            by_store[owner.store].append(owner)
        for of_store in by_store.values():
            listed = _listed(of_store, project)
            if listed is None:
                continue
            if isinstance(listed, str):
                unread.append(f"what the states of {layer} in {environment} hold cannot be read: {listed}")
                continue
            bucket, folders = listed
            teams |= dict.fromkeys(folders)
            yield Place(bucket, layer)
            for folder in folders:
                own = next((own for own in rule.folders(folder) if own.store == of_store[0].store), of_store[0])
                yield Place(bucket, layer, folder, own.account("preview", project))


def _listed(owners: Sequence[Owner], project: str) -> tuple[Bucket, list[str]] | str | None:
    """The bucket of some owners and its folders, listed by the first of them that can, or why none can.

    None where the foundation has not made it yet.
    """
    refused = ""
    for owner in owners:
        try:
            bucket = backends.bucket_at(replace(owner, folder="").backend(project), owner.account("preview", project))
            return bucket, list(bucket.folders())
        except ToolError as error:
            if isinstance(error, GoogleError) and error.code == HTTPStatus.NOT_FOUND:
                return None
            refused = refused or str(error)
    return refused


def in_environment(environment: str) -> tuple[list[Abandoned], list[str]]:
    """Find what is abandoned in a whole environment on Google Cloud, signed in as the job itself where this is one.

    Returns:
        The states, and a line for each backend that cannot be read.
    """
    unread: list[str] = []
    foundation = layout.foundation(environment)
    if not foundation.is_ready and not os.environ.get(_ELSEWHERE):
        return [], unread
    with signed_in(foundation):
        return list(search(environment, of_environment(environment, unread))), unread
