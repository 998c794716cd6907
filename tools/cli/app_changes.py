"""Changes of a checkout for a new app: its declaration in the identity layer, its public route, and its entry.

Reads a checkout and returns the new contents of files; writes nothing. The layers check the contents. This module
refuses only mistakes that a reviewer could not see in the diff, such as an unknown team. The stack files of a team that
has no app yet are in team_changes.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli import app_skeleton, catalog, rollout, team_changes, team_files, yaml_file
from cli.layout import SANDBOX
from cli.projects import FOUNDATION, NAMESPACES, TEAM, stack_path
from cli.yaml_lines import NotInsertableError, inserted
from toolchain.errors import ToolError, UsageError

# Account IDs have at most 30 characters, and the ID of an app's account is `app-<app>` (identity_layer/kit/scalars.py).
NAME = r"[a-z][a-z0-9-]{0,24}[a-z0-9]"
# A group's address as the identity layer takes it.
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
GROUP = rf"(?=.{{1,254}}$)(?!.*\.\.)[a-z0-9]([a-z0-9._-]{{0,62}}[a-z0-9])?@{_LABEL}(\.{_LABEL})+"
# Beginnings of names that the cluster keeps for itself, as the identity layer refuses them.
RESERVED = (
    "(anthos-|asm-|calico-|cnrm-|config-management-|default|gatekeeper-|gke|gmp-|goog|istio-|knative-|kube|"
    "platform-gateway|tigera-).*|.*-system"
)
# Words of YAML, which no stack file could name without quotes, as the identity layer refuses them.
YAML_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})
REVIEWERS = ".github/CODEOWNERS"
# Settings that get an item for the app: one of its team's stack in the identity layer, and one of its namespaces.
DECLARATIONS = "identity:apps"
ROUTES = "platform:namespaces"
DECLARED: Mapping[str, Any] = {}
PUBLIC: Mapping[str, Any] = {"public": True}
NEXT = (
    "For a real environment, let the repository with the app's source build the image: copy "
    "apps/template/source/.github/workflows/build.yml there, and enter the repository in identity:team.builds of "
    "identity/Pulumi.team-{team}-<environment>.yaml. It pushes {team}/{name}, and prints the line for "
    "apps/Pulumi.{name}-<environment>.yaml."
)


@dataclass(frozen=True)
class NewApp:
    """The app to prepare; `group` is the address of its team's group, for a team that does not exist yet."""

    name: str
    team: str
    kind: str
    public: bool = False
    group: str = ""

    def owners(self, organization: str, environments: Iterable[str]) -> list[str]:
        """The app's lines in CODEOWNERS, one for each file: a pattern would fit apps with longer names as well."""
        stacks = (f"/apps/Pulumi.{self.name}-{environment}.yaml" for environment in environments)
        paths = (f"/apps/entries/{self.name}.yaml", *stacks)
        return [f"{path} @{organization}/{self.team}\n" for path in paths]

    def branch(self, number: int, layer: str) -> str:
        """The name of the branch with the change of a layer."""
        return f"new-app/{self.name}/{number}-{layer}"


@dataclass(frozen=True)
class Message:
    """Title and body of a commit and of its pull request."""

    title: str
    body: str


@dataclass(frozen=True)
class LayerChange:
    """The change of one layer: the team that approves it, its message, and new contents by path in the checkout."""

    layer: str
    approver: str
    message: Message
    files: dict[str, str]


def messages(app: NewApp) -> dict[str, Message]:
    """The message of each layer's change."""
    return {
        "identity": Message(
            f"Declare the app {app.name} of team {app.team}",
            "The team reviews changes of the app. The next deployment of the platform makes the namespace: deploy "
            "identity, then platform.",
        ),
        "platform": Message(
            f"Let team {app.team} have what {app.name} needs of the cluster",
            "Namespaces for a team that had none, and a public route in each environment that has a gateway, where the "
            "app is to have one. A route takes effect with `apps:public: true` in the app's stack there.",
        ),
        "apps": Message(
            f"Add {app.name}, a {app.kind} of team {app.team}",
            "The app's entry, and its stack in the sandbox. Deploy it after identity and platform.",
        ),
    }


def changes(root: Path, app: NewApp) -> list[LayerChange]:
    """Changes that the app still requires, in the order of their deployment.

    Raises:
        UsageError: another team owns the name, or the team does not exist.
        ToolError: a file cannot be changed.
    """
    known = environments(root)
    _check(root, app, known)
    files = {
        "identity": _declarations(root, app, known) | _reviewers(root, app),
        "platform": _namespaces(root, app, known),
        "apps": _app(root, app),
    }
    owning = {**owners(root), "apps": app.team}
    return [
        LayerChange(layer, owning.get(layer, layer), message, files[layer])
        for layer, message in messages(app).items()
        if files[layer]
    ]


def environments(root: Path) -> list[str]:
    """Environments that have a stack of the identity layer, the sandbox first.

    Raises `ToolError` when the sandbox has none.
    """
    names = [SANDBOX, *(environment.name for environment in rollout.listed(root))]
    found = [name for name in names if stack_path(root, "identity", name).is_file()]
    if SANDBOX not in found:
        raise ToolError("identity/Pulumi.sandbox.yaml is not in the last commit, so nothing was prepared; commit it.")
    return found


def owners(root: Path) -> dict[str, str]:
    """Teams by what they own, in the sandbox."""
    return team_files.owners(stack_path(root, "identity", SANDBOX, FOUNDATION), stack_path(root, "identity", SANDBOX))


def repository(root: Path) -> str:
    """Name of the repository whose workflows deploy."""
    return str(config(stack_path(root, "identity", SANDBOX, FOUNDATION))["identity:github"]["repository"])


def teams(root: Path, environment: str) -> list[str]:
    """Teams that have a stack of their own in an environment."""
    return sorted(team_files.teams(stack_path(root, "identity", environment)))


def with_gateway(root: Path) -> Iterator[str]:
    """Environments whose platform has a gateway."""
    for environment in environments(root):
        file = stack_path(root, "platform", environment)
        if file.is_file() and config(file).get("platform:gateway"):
            yield environment


def config(file: Path) -> dict[str, Any]:
    """Configuration of a stack file.

    Raises `ToolError` when it has none.
    """
    return yaml_file.mapping(file, "nothing was prepared", part="config")


def _check(root: Path, app: NewApp, known: list[str]) -> None:
    named: set[str] = set()
    for environment in known:
        file = stack_path(root, "identity", environment)
        own = team_files.teams(file)
        shared: dict[str, Any] = config(file).get("identity:teams", {})
        named |= own.keys() | shared.keys()
        owner = team_files.apps(file).get(app.name, app.team)
        if owner != app.team:
            raise UsageError(
                f"the name {app.name!r} is taken: identity/{own[owner].file.name} has it as an app of the team "
                f"{owner!r}. Nothing was prepared. Choose another NAME."
            )
        if app.team not in own and "cluster-user" in shared.get(app.team, {}).get("capabilities", []):
            raise UsageError(
                f"the team {app.team!r} has the capability cluster-user in identity/{file.name}, which the stack of a "
                "team with an app grants as well, so taking one away would take both. Nothing was prepared. Remove it "
                "there first."
            )
    if app.team not in named and not app.group:
        raise UsageError(
            f"there is no team {app.team!r} in identity/ (there are: {', '.join(sorted(named))}), so nobody would "
            "answer for the app. Nothing was prepared. Correct TEAM, or for a new team give the address of its group: "
            "GROUP=…"
        )
    if app.group and (groups := team_changes.groups(root, app.team, known) - {app.group}):
        raise UsageError(
            f"the team {app.team!r} is there with the group {min(groups)}, so {app.group} would be a second one of the "
            "same name. Nothing was prepared. Leave GROUP out."
        )


def _reached(root: Path, app: NewApp, known: list[str]) -> list[str]:
    """Environments in which the app is declared.

    An environment that the team has not reached yet is left out: a change goes to the first environment first. The
    sandbox gets the team as well, because the app is tried there.
    """
    reached = [name for name in known if app.team in team_changes.named(root, name)]
    first = [name for name in known if name != SANDBOX][:1]
    return [SANDBOX, *(name for name in reached or first if name != SANDBOX)]


def _declarations(root: Path, app: NewApp, known: list[str]) -> dict[str, str]:
    """Stack files of the app's team in the identity layer that do not declare the app yet, with its declaration."""
    files: dict[str, str] = {}
    for environment in _reached(root, app, known):
        file = stack_path(root, "identity", environment, f"{TEAM}-{app.team}")
        path = f"identity/{file.name}"
        if not file.is_file():
            group = app.group or min(team_changes.groups(root, app.team, known))
            text = team_changes.identity(root, environment, app.team, group)
        elif app.name in config(file).get(DECLARATIONS, {}):
            continue
        else:
            text = file.read_text(encoding="utf-8")
        files[path] = _inserted(text, path, DECLARATIONS, app.name, DECLARED)
    return files


def _namespaces(root: Path, app: NewApp, known: list[str]) -> dict[str, str]:
    """Stack files with the team's namespaces: those that it lacks, and the others with a route to a public app."""
    files: dict[str, str] = {}
    gateways = set(with_gateway(root)) if app.public else set[str]()
    for environment in _reached(root, app, known):
        file = stack_path(root, "platform", environment, f"{NAMESPACES}-{app.team}")
        path = f"platform/{file.name}"
        is_new = not file.is_file()
        text = team_changes.platform(root, environment, app.team) if is_new else file.read_text(encoding="utf-8")
        if environment in gateways and (is_new or app.name not in config(file).get(ROUTES, {})):
            files[path] = _inserted(text, path, ROUTES, app.name, PUBLIC)
        elif is_new:
            files[path] = text
    return files


def _reviewers(root: Path, app: NewApp) -> dict[str, str]:
    """CODEOWNERS with the app's lines, by which GitHub requires a review by the app's team."""
    file = root / REVIEWERS
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    owned = {line.split()[0] for line in lines if line.strip()}
    wanted = app.owners(repository(root).partition("/")[0], environments(root))
    added = [line for line in wanted if line.split()[0] not in owned]
    if not added:
        return {}
    position = next((number for number, line in enumerate(lines, 1) if line.startswith("/apps/ ")), 0)
    if not position:
        raise ToolError(f"{REVIEWERS} has no line for /apps/, below which an app's lines go; add it.")
    return {REVIEWERS: "".join([*lines[:position], *added, *lines[position:]])}


def _inserted(text: str, path: str, mapping: str, key: str, value: Mapping[str, Any]) -> str:
    shown = yaml.safe_dump(dict(value), default_flow_style=True, sort_keys=False, width=1000).strip()
    try:
        return inserted(text, ["config", mapping], key, shown)
    except NotInsertableError as error:
        raise ToolError(f"{path} cannot be changed, so nothing was prepared: {error}.") from error


def _app(root: Path, app: NewApp) -> dict[str, str]:
    """The app's files that do not exist yet, and the catalog with the app in it."""
    written = app_skeleton.files(root, app.name, app.team, app.kind)
    missing = {path: text for path, text in written.items() if not (root / path).exists()}
    if not missing:
        return {}
    entries = {file.stem: file.read_text(encoding="utf-8") for file in (root / "apps" / "entries").glob("*.yaml")}
    groups = {app.team: app.group} if app.group else {}
    text = catalog.text(root, {app.name: next(iter(written.values())), **entries}, groups)
    return {**missing, catalog.FILE: text}
